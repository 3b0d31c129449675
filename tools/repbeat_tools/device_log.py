"""A simulated device's log, read from its flash file by the firmware's own log code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repbeat_protocol import records
from repbeat_protocol.plan import Plan
from repbeat_tools.simulator.air import firmware_folders

LOG_PARTITION, SETTINGS_PARTITION = "log", "cfg"  # as the firmware looks them up
SECTOR = 4096


class LogEmpty(LookupError):
    """The flash file holds no record: the device has never booted with it, or it is another board's."""


class FlashImage:
    """One partition of a flash file, in memory: what reading changes (a boot is counted) stays here."""

    def __init__(self, cells: bytes, board: dict[str, Any], label: str) -> None:
        """`cells`: the flash file's bytes. KeyError when the board has no such partition."""
        self._file = bytearray(cells)
        self._start, size = _place(board, label)
        self._cells = memoryview(self._file)[self._start : self._start + size]
        self.programmed = 0  # bytes written so far

    @classmethod
    def blank(cls, board: dict[str, Any], label: str) -> FlashImage:
        """A flash as the factory delivers it."""
        ends = [_place(board, one["label"]) for one in board["flash"]["partitions"]]
        return cls(b"\xff" * max(start + size for start, size in ends), board, label)

    def cells(self) -> bytes:
        """All partitions, as `save` writes them."""
        return bytes(self._file)

    def save(self, file: Path) -> None:
        """Write all partitions as a device's flash file."""
        file.write_bytes(self._file)

    def readblocks(self, block: int, buf: memoryview, offset: int = 0) -> None:
        start = block * SECTOR + offset
        buf[:] = self._cells[start : start + len(buf)]

    def writeblocks(self, block: int, buf: memoryview, offset: int = 0) -> None:
        start = block * SECTOR + offset
        self.programmed += len(buf)
        for at, byte in enumerate(bytes(buf)):
            self._cells[start + at] &= byte

    def ioctl(self, operation: int, argument: int) -> int:
        if operation == 4:
            return len(self._cells) // SECTOR
        if operation == 5:
            return SECTOR
        if operation == 6:
            self._cells[argument * SECTOR : (argument + 1) * SECTOR] = b"\xff" * SECTOR
        return 0


def _place(board: dict[str, Any], label: str) -> tuple[int, int]:
    """(first byte in the flash file, size) of a partition: the file begins with the lowest one."""
    partitions = {one["label"]: one for one in board["flash"]["partitions"]}
    found = partitions[label]
    return found["offset"] - min(one["offset"] for one in partitions.values()), found["size"]


@contextmanager
def firmware_importable() -> Iterator[None]:
    """`import device.…` finds the firmware's own files while inside."""
    folder = str(firmware_folders()[0])
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def plan_in_force(file: Path, board: dict[str, Any]) -> Plan | None:
    """The plan that a device goes by, read from its flash by the firmware's own code."""
    with firmware_importable():
        from device.store.slots import PlanSlot  # type: ignore[import-not-found]

    slots = PlanSlot(FlashImage(file.read_bytes(), board, SETTINGS_PARTITION), None, lambda: 0)
    found: Plan | None = slots.current
    return found


def read(file: Path, board: dict[str, Any]) -> tuple[int, list[tuple[int, bytes]]]:
    """(log id, [(sequence, raw record), …]) of everything a device's flash holds, in order; or LogEmpty."""
    with firmware_importable():
        from device.store.log import Log  # type: ignore[import-not-found]

    log = Log(FlashImage(file.read_bytes(), board, LOG_PARTITION))
    log.mount()
    buf = bytearray(records.MAX_RECORD)
    out = []
    seq = log.oldest
    while seq < log.next_seq:
        size = log.read_into(seq, buf)
        out.append((seq, bytes(buf[:size])))
        seq = log.next_present(seq + 1)
    if not out:
        raise LogEmpty(f"{file} holds no record: was the device ever switched on?")
    return log.log_id, out
