"""A band without a radio: the firmware's own log, sync and transfer, for a companion in the same process."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import cast

from device.link.log_reader import LogReader  # type: ignore[import-not-found]
from device.link.sync import Sync  # type: ignore[import-not-found]
from device.link.transfer import Transfer  # type: ignore[import-not-found]
from device.store.log import Log  # type: ignore[import-not-found]
from device.store.settings import Settings  # type: ignore[import-not-found]
from device.store.slots import PlanSlot  # type: ignore[import-not-found]
from repbeat_protocol import frames, gatt, records, transfer
from repbeat_tools.faults.nor import Dice, Nor

LOG_SECTORS = 32
CFG_SECTORS = 6
DEVICE_ID = 0xFA17
MOST_PAYLOAD = 509


def kept_in(file: Path, blank: bytearray) -> bytearray:
    """The cells of a flash that lives in a file: what is written is there, whatever ends the process."""
    if not file.exists():
        file.write_bytes(blank)
    with file.open("r+b") as opened:
        return cast(bytearray, mmap.mmap(opened.fileno(), 0))


class Place:
    """The firmware's view of one connection."""

    index = 0

    def __init__(self, payload: int) -> None:
        self.payload = payload


class Band:
    """A device; `flash` is a folder that keeps its flash over the end of the process, None: in RAM."""

    def __init__(self, dice: Dice, flash: Path | None = None) -> None:
        partition, cfg = Nor(LOG_SECTORS, dice), Nor(CFG_SECTORS, dice)
        if flash is not None:
            partition.cells = kept_in(flash / "log.bin", partition.cells)
            cfg.cells = kept_in(flash / "cfg.bin", cfg.cells)
        self.log = Log(partition)
        self.log.mount()
        self.plans = PlanSlot(cfg, Settings(cfg), lambda: 0)
        self.sync = Sync(self.log, [LogReader(self.log)], MOST_PAYLOAD, self._set_time, self._fault)
        self.transfer = Transfer({transfer.PLAN: self.plans}, 1, self, lambda *refused: None)
        self.sync.wake = self.transfer.wake = lambda: self.wake()
        self.wake: Callable[[], None] = lambda: None
        self.place: Place | None = None
        self._dice = dice
        self._now_ms = 0

    def append(self, count: int) -> None:
        """Record something: a type that no companion expands, so that nothing but bytes counts."""
        for _ in range(count):
            payload = self._dice.octets(self._dice.below(120))
            self.log.append(200, 1, payload, self.uptime_ms())

    def contents(self) -> dict[int, bytes]:
        """All records by sequence."""
        buf = bytearray(records.MAX_RECORD)
        held = {}
        seq = self.log.oldest
        while seq < self.log.next_seq:
            size = self.log.read_into(seq, buf)
            held[seq] = bytes(buf[:size])
            seq = self.log.next_present(seq + 1)
        return held

    def uptime_ms(self) -> int:
        """The clock that the firmware asks; it goes on by itself."""
        self._now_ms += 7
        return self._now_ms

    def connect(self, payload: int) -> None:
        """A central comes, with room for `payload` bytes in a notification."""
        self.place = Place(payload)
        self.sync.opened(self.place)
        self.transfer.opened(self.place)

    def disconnect(self) -> None:
        """It is gone."""
        if self.place is not None:
            self.sync.closed(self.place)
            self.transfer.closed(self.place)
            self.place = None

    def written(self, uuid: str, data: bytes) -> None:
        """The central has written CONTROL or TRANSFER."""
        take = self.sync.control if uuid == gatt.CONTROL else self.transfer.message
        take(self.place, memoryview(data))

    def next_frame(self) -> tuple[str, bytes] | None:
        """What the band sends next, answers to a transfer first; None when nothing is due."""
        if self.place is None:
            return None
        for uuid, source in ((gatt.TRANSFER, self.transfer), (gatt.DATA, self.sync)):
            frame = source.next(self.place)
            if frame is not None:
                sent = bytes(frame)
                source.sent(self.place)
                return uuid, sent
        return None

    def info(self) -> bytes:
        """The INFO characteristic."""
        revision = self.plans.current.revision if self.plans.current is not None else 0
        log = self.log
        return frames.pack_info(
            gatt.LAYOUT, log.log_id, log.oldest, log.next_seq, log.boot, self._now_ms, revision, DEVICE_ID
        )

    def _set_time(self, unix_ms: int, uncertainty_ms: int, utc_offset_min: int, source: int) -> None:
        payload = struct.pack("<qHhB", unix_ms, uncertainty_ms, utc_offset_min, source)
        self.log.append(records.TIME, 1, payload, self.uptime_ms())

    def _fault(self, error: Exception) -> None:
        raise error
