"""Bring a board's file system up to date: only what differs is written, and what is no longer ours goes."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from repbeat_tools.device.board_port import BoardPort
from repbeat_tools.device.errors import PartitionMissing, WrongVersion

MICROPYTHON = (1, 29)  # what firmware/ is written and tested for
PARTITIONS = ("log", "cfg")
OWN = ("/device/", "/lib/repbeat_protocol/")

# One listing for all: path and sha256 of each file under the folders that are ours.
_HELD = """
import os
from binascii import hexlify
from hashlib import sha256
held = {}
buf = bytearray(512)
def digest(path):
    total = sha256()
    with open(path, 'rb') as file:
        n = file.readinto(buf)
        while n:
            total.update(memoryview(buf)[:n])
            n = file.readinto(buf)
    held[path] = hexlify(total.digest()).decode()
def walk(folder):
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        path = folder + '/' + name
        if os.stat(path)[0] & 0x4000:
            walk(path)
        else:
            digest(path)
for name in ('/boot.py', '/main.py', '/board.json'):
    try:
        digest(name)
    except OSError:
        pass
for folder in ('/device', '/lib/repbeat_protocol'):
    walk(folder)
print(repr(held))
"""


# An application that came over the air goes before the one in the file system: what is flashed counts now.
_FORGET = """
from esp32 import Partition
for label in ('app0', 'app1'):
    for slot in Partition.find(1, label=label):
        slot.ioctl(6, 0)
"""


@dataclass(frozen=True)
class Flashed:
    """What was done: numbers of files, and bytes written."""

    written: int
    unchanged: int
    removed: int
    bytes: int


def check(board: BoardPort) -> None:
    """WrongVersion, PartitionMissing: before anything is changed."""
    version = tuple(board.ask("tuple(__import__('sys').implementation[1][:2])"))
    if version != MICROPYTHON:
        raise WrongVersion(
            f"the board runs MicroPython {'.'.join(map(str, version))}; RepBeat needs "
            f"{'.'.join(map(str, MICROPYTHON))}: write that image first (hardware/README.md)"
        )
    for label in PARTITIONS:
        if not board.ask(f"bool(__import__('esp32').Partition.find(1, label={label!r}))"):
            raise PartitionMissing(
                f"the flash has no partition {label!r}: write RepBeat's partition table first "
                "(`repbeat device partitions BOARD -o table.bin`, then hardware/README.md)"
            )


def flash(
    board: BoardPort, files: dict[str, bytes], progress: Callable[[int, int], object] | None = None
) -> Flashed:
    """Make the board's files be `files`. The log and the settings lie elsewhere and are not touched.

    progress(bytes done, bytes in all). board.json comes last: cut off before it, a new board stays idle.
    """
    held: dict[str, str] = ast.literal_eval(board.run(_HELD).strip())
    differing = {
        path: content
        for path, content in files.items()
        if held.get(path) != hashlib.sha256(content).hexdigest()
    }
    stale = [path for path in held if path not in files and path.startswith(OWN)]
    for path in stale:
        board.run(f"import os\nos.remove({path!r})")
    folders = sorted({folder for path in differing for folder in _above(path)})
    board.run(_FORGET)
    board.run(
        "import os\n"
        f"for folder in {folders!r}:\n"
        "    try:\n        os.mkdir(folder)\n    except OSError:\n        pass\n"
    )
    total = sum(map(len, differing.values()))
    done = 0
    for path in sorted(differing, key=lambda name: name == "/board.json"):
        board.write(path, differing[path])
        done += len(differing[path])
        if progress:
            progress(done, total)
    return Flashed(len(differing), len(files) - len(differing), len(stale), total)


def _above(path: str) -> list[str]:
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts))]
