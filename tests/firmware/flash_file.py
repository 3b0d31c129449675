"""The device's own store code over a simulated board's flash file: reads what is there, or prepares it."""

from collections.abc import Sequence
from pathlib import Path

from device.store.log import Log
from device.store.settings import Settings
from device.store.slots import PlanSlot
from repbeat_protocol import heart, records, transfer
from repbeat_tools import trusted

SECTOR = 4096
LOG_SIZE = 0x100000  # of the band's board; the "cfg" partition follows in the file
SETTINGS_SIZE = 0x10000


class FilePartition:
    """An esp32.Partition over bytes: NOR flash, programming only clears bits."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def readblocks(self, sector: int, buf: memoryview, offset: int = 0) -> None:
        at = sector * SECTOR + offset
        buf[:] = self._data[at : at + len(buf)]

    def writeblocks(self, sector: int, buf: memoryview, offset: int = 0) -> None:
        at = sector * SECTOR + offset
        for i, byte in enumerate(bytes(buf)):
            self._data[at + i] &= byte

    def ioctl(self, op: int, arg: int = 0) -> int | None:
        if op == 6:
            self._data[arg * SECTOR : (arg + 1) * SECTOR] = b"\xff" * SECTOR
            return 0
        return {4: len(self._data) // SECTOR, 5: SECTOR}[op]


class Stored:
    """One record as it lies in the log."""

    def __init__(self, seq: int, raw: bytes) -> None:
        self.seq = seq
        self.raw = raw
        self.kind, self.version, self.boot, self.uptime_ms, self.payload = records.decode(raw, seq)
        self.name = records.NAMES[self.kind]
        self.fields = records.unpack(self.kind, self.version, self.payload)

    def __repr__(self) -> str:
        return f"{self.seq} {self.name} @{self.uptime_ms} {self.fields}"

    @property
    def samples(self) -> list[tuple[int, int]]:
        """(bpm, state) a second of a HEART record."""
        return heart.read_heart(self.payload)[2]


def stored(flash_dir: Path) -> list[Stored]:
    """Every record on the board's flash, in order."""
    data = bytearray((flash_dir / "flash.bin").read_bytes())
    log = Log(FilePartition(memoryview(data)[:LOG_SIZE]))
    log.mount()
    found = []
    buf = bytearray(records.MAX_RECORD)
    seq = log.next_present(0)
    while seq < log.next_seq:
        size = log.read_into(seq, buf)
        found.append(Stored(seq, bytes(buf[:size])))
        seq = log.next_present(seq + 1)
    return found


def prepare(
    flash_dir: Path, payloads: Sequence[bytes] = (), plan: bytes = b"", **settings: int | str
) -> list[bytes]:
    """A board's flash with FAULT records of these payloads, a plan that waits, settings; the raw records."""
    data = bytearray(b"\xff" * (LOG_SIZE + SETTINGS_SIZE))
    log = Log(FilePartition(memoryview(data)[:LOG_SIZE]))
    log.mount()
    raw = []
    for i, payload in enumerate(payloads):
        seq = log.append(records.FAULT, 1, payload, 1000 + i)
        raw.append(records.encode(seq, records.FAULT, 1, log.boot, 1000 + i, payload))
    kept = FilePartition(memoryview(data)[LOG_SIZE:])
    Settings(kept).update({**trusted.SETTINGS, **settings})
    if plan:
        receiver = transfer.Receiver({transfer.PLAN: PlanSlot(kept, Settings(kept), lambda: 0)})
        receiver.handle(transfer.pack_begin(transfer.PLAN, 1, plan))
        state = receiver.handle(transfer.pack_chunk(0, transfer.blob(plan)))
        assert transfer.unpack_state(state)[3] == transfer.ACCEPTED
    flash_dir.mkdir(parents=True, exist_ok=True)
    (flash_dir / "flash.bin").write_bytes(data)
    return raw
