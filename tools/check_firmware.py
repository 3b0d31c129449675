"""The firmware against the MicroPython stubs of each board's chip, and its compiled sizes: `make firmware`.

The stubs of the chips name the same modules, so each gets a folder of its own under build/stubs. What is
asked: does every import, name, attribute and call exist on that chip? Attributes that the firmware sets later
than it names them are left to the tests, which run all of it under MicroPython.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from repbeat_tools import boards
from repbeat_tools.board_rules import NO_PULSE_COUNTER
from repbeat_tools.device import bundle

ROOT = Path(__file__).resolve().parent.parent
STUBS = ROOT / "build/stubs"
VERSION = "1.29.0.post1"  # of https://github.com/Josverl/micropython-stubs, as the interpreter of the tests
CHIPS = {"esp32": "esp32-generic", "esp32s3": "esp32-generic-s3", "esp32c3": "esp32-generic-c3"}
# A driver that board files of a chip are refused with (repbeat_tools.boards) is not asked for there.
NOT_ON = dict.fromkeys(NO_PULSE_COUNTER, ("drivers/quadrature.py",))
ASKED = ("import-not-found", "attr-defined", "name-defined", "call-arg")
INI = """[mypy]
python_version = 3.11
mypy_path = {path}
custom_typeshed_dir = {typeshed}
explicit_package_bases = True
namespace_packages = True
cache_dir = {cache}
exclude = manifest.py
"""


def board_chips() -> dict[str, str]:
    """Board → its chip, of every board file."""
    files = sorted((ROOT / "hardware/boards").glob("*.toml"))
    return {path.stem: boards.read(path).mcu for path in files}


def fetch(chip: str) -> Path:
    """The folder with a chip's stubs, installed there if need be. CalledProcessError without a registry."""
    folder = STUBS / f"{chip}-{VERSION}"
    if not (folder / "machine.pyi").exists():
        name = f"micropython-esp32-{CHIPS[chip]}-stubs=={VERSION}"
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), name]
        subprocess.run(command, check=True, capture_output=True)
    return folder


def problems(stubs: Path, folder: Path = ROOT / "firmware") -> list[str]:
    """What the firmware names and a chip does not have: lines of mypy."""
    typeshed = sysconfig.get_path("purelib")  # MicroPython's standard library, beside its generic stubs
    path = ":".join(str(one) for one in (stubs, folder, ROOT / "protocol"))
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as ini:
        # What is kept of a file names its folder: of one that is gone it would be another's.
        cache = ROOT / "build/mypy" / stubs.name if folder.is_relative_to(ROOT) else os.devnull
        ini.write(INI.format(path=path, typeshed=typeshed, cache=cache))
        ini.flush()
        command = [sys.executable, "-m", "mypy", "--config-file", ini.name, "--no-site-packages", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"mypy did not run: {done.stdout}{done.stderr}")
    own = str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)
    absent = NOT_ON.get(stubs.name.partition("-")[0], ())
    return [
        line
        for line in done.stdout.splitlines()
        if line.startswith(own) and _asked(line) and not any(name in line for name in absent)
    ]


def _asked(line: str) -> bool:
    found = re.search(r"\[([a-z-]+)\]$", line)
    return bool(found and found[1] in ASKED and 'error: "None" has no attribute' not in line)


def sizes() -> dict[str, int]:
    """Bytes of .mpy by part of the firmware. CompileFailed."""
    out: dict[str, int] = {}
    for name, path in bundle.sources().items():
        part = "/".join(name.strip("/").split("/")[:2]) if name.count("/") > 1 else name.strip("/")
        out[part] = out.get(part, 0) + len(bundle.compile_file(path, name))
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    chips = board_chips()
    found = {chip: problems(fetch(chip)) for chip in sorted(set(chips.values()))}
    compiled = sizes()
    if asked.json:
        told = {name: found[chip] for name, chip in chips.items()}
        print(json.dumps({"boards": told, "mpy_bytes": compiled, "total": sum(compiled.values())}))  # noqa: T201
    else:
        for name, chip in chips.items():
            print(f"{'FAIL' if found[chip] else 'ok  '} {name}: stubs of {CHIPS[chip]} {VERSION}")  # noqa: T201
        for line in sorted({line for lines in found.values() for line in lines}):
            print(f"     {line}")  # noqa: T201
        for part, size in compiled.items():
            print(f"{size:8} bytes {part}")  # noqa: T201
        print(f"{sum(compiled.values()):8} bytes of .mpy in all")  # noqa: T201
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
