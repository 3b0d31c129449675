"""Prepare everything the other commands need, from the package registries alone.

Run by `make setup` with any Python >= 3.11. Standard library only: nothing is installed yet.
A stamp over the lock files makes a second run instant.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "tools" / "runtime"
INPUTS = (
    ROOT / "pyproject.toml",
    ROOT / "requirements.lock",
    RUNTIME / "package-lock.json",
    RUNTIME / "patch_runtime.py",
    Path(__file__),
)
STEPS = 5


class SetupFailed(Exception):
    """A step failed; the message says what to do next."""


def say(step: int, text: str) -> None:
    bar = "#" * step + "." * (STEPS - step)
    print(f"[{bar}] {step}/{STEPS} {text}", file=sys.stderr, flush=True)  # noqa: T201


def run(command: list[str], cwd: Path, advice: str) -> None:
    result = subprocess.run(command, cwd=cwd, check=False, stdout=sys.stderr)
    if result.returncode:
        raise SetupFailed(f"{' '.join(command[:4])} … ended with {result.returncode}. {advice}")


def stamp_of_inputs() -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def create_environment(target: Path) -> None:
    """Keep an environment of the same Python, so that a changed lock file costs seconds."""
    library = target / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        venv.create(target, with_pip=True, clear=not library.is_dir(), symlinks=os.name != "nt")
    except (subprocess.CalledProcessError, SystemExit) as error:
        raise SetupFailed(
            "Python cannot make a virtual environment with pip. On Debian or Ubuntu: apt install python3-venv"
        ) from error


def main(target: Path) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever Python there is
        raise SetupFailed(
            f"Python {sys.version.split()[0]} is too old: RepBeat needs 3.11 or newer. "
            "Name one with: make setup PYTHON=python3.12"
        )
    stamp = target / "repbeat-setup.stamp"
    wanted = stamp_of_inputs()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    python = target / "bin" / "python"
    online = "Check the network or the package registry's settings, then run the command again."

    say(1, "virtual environment")
    create_environment(target)
    say(2, "Python packages (requirements.lock, hashes checked)")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "-r", "requirements.lock"], ROOT, online)
    say(3, "RepBeat itself, editable")
    run([*pip, "--no-deps", "--no-build-isolation", "-e", "."], ROOT, online)
    say(4, "node packages (package-lock.json)")
    run([str(target / "bin" / "npm"), "ci", "--loglevel=error"], RUNTIME, online)
    say(5, "MicroPython runtime and chart library")
    share = target / "share" / "repbeat"
    package = RUNTIME / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
    run([str(python), "patch_runtime.py", str(package), str(share / "micropython")], RUNTIME, online)
    charts = ROOT / "companion" / "repbeat" / "web" / "static" / "vendor"  # served by ourselves
    charts.mkdir(parents=True, exist_ok=True)
    for name in ("uPlot.iife.min.js", "uPlot.min.css"):
        shutil.copyfile(RUNTIME / "node_modules" / "uplot" / "dist" / name, charts / name)
    stamp.write_text(wanted)
    print(f"ready in {time.monotonic() - started:.0f} s", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else ".venv").resolve())
    except SetupFailed as failure:
        sys.exit(f"setup: {failure}")
