"""A raw flash partition: read, program and prove it, erase.

The partition behaves like esp32.Partition: `writeblocks(sector, data, offset)` programs without erasing (bits
go from 1 to 0 only), `ioctl(6, sector)` erases 4 KiB to 0xFF, and each raises OSError when the chip refuses.
"""

SECTOR = 4096
CHUNK = 64

_ZEROS = bytes(CHUNK)
_BLANK = b"\xff" * CHUNK
_CHECK = memoryview(bytearray(CHUNK))  # one for all partitions: no call waits while it uses it

_BLOCK_COUNT = 4  # ioctl numbers of the MicroPython block protocol
_BLOCK_SIZE = 5
_BLOCK_ERASE = 6


class StoreError(OSError):
    """The store could not do what was asked; each cause is a subclass."""


class FlashFault(StoreError):
    """The flash did not take what was written; nothing kept is touched. If it lasts, replace the part."""


class NotFlash(StoreError):
    """The partition has another sector size or too few sectors. Check the partition table of the board."""


class Flash:
    """A partition in 4 KiB sectors; no call needs a buffer."""

    def __init__(self, partition, least_sectors: int) -> None:
        self._partition = partition
        self.sectors = partition.ioctl(_BLOCK_COUNT, 0)
        if partition.ioctl(_BLOCK_SIZE, 0) != SECTOR or self.sectors < least_sectors:
            raise NotFlash("need at least %d sectors of %d bytes" % (least_sectors, SECTOR))
        self.faults = 0  # writes that did not read back

    def read(self, sector: int, offset: int, into: memoryview) -> None:
        """Fill `into` from `offset` of a sector."""
        try:
            self._partition.readblocks(sector, into, offset)
        except OSError as error:
            self.faults += 1
            raise FlashFault("sector %d cannot be read: %s" % (sector, error))

    def program(self, sector: int, offset: int, data: memoryview) -> None:
        """Write and read back; FlashFault when the bytes are not there (the place is zeroed if it can be)."""
        try:
            self._partition.writeblocks(sector, data, offset)
            if self._holds(sector, offset, data):
                return
        except OSError:
            pass
        self.faults += 1
        self.zero(sector, offset, len(data))
        raise FlashFault("sector %d did not take %d bytes at %d" % (sector, len(data), offset))

    def zero(self, sector: int, offset: int, size: int) -> None:
        """Spoil bytes for good: 1 to 0 needs no erase, and no later write can complete what stood there."""
        try:
            while size > 0:
                n = min(size, CHUNK)
                self._partition.writeblocks(sector, memoryview(_ZEROS)[:n], offset)
                offset += n
                size -= n
        except OSError:
            self.faults += 1

    def refresh(self, sector: int, offset: int, data: memoryview) -> None:
        """Program what has just been read there once more: a cut may have left its last bits half charged."""
        try:
            self._partition.writeblocks(sector, data, offset)
        except OSError:
            self.faults += 1

    def erase(self, sector: int) -> None:
        """Make a sector 0xFF throughout."""
        try:
            self._partition.ioctl(_BLOCK_ERASE, sector)
        except OSError as error:
            self.faults += 1
            raise FlashFault("sector %d cannot be erased: %s" % (sector, error))

    def spoilt(self, sector: int, start: int) -> tuple[int, int]:
        """(first, end) from `start` on: `first` is the first byte not zero, `end` follows the last not blank.

        Both are `start` when all is blank; they are equal when zeros alone, or nothing, has been written.
        """
        first = end = start
        at = start
        while at < SECTOR:
            part = _CHECK[: min(CHUNK, SECTOR - at)]
            self.read(sector, at, part)
            if part != _BLANK[: len(part)]:
                for i in range(len(part)):
                    if part[i] != 0xFF:
                        end = at + i + 1
                    if part[i] == 0 and first == at + i:
                        first += 1
            at += len(part)
        return min(first, end), end

    def _holds(self, sector: int, offset: int, data: memoryview) -> bool:
        for at in range(0, len(data), CHUNK):
            part = _CHECK[: min(CHUNK, len(data) - at)]
            self._partition.readblocks(sector, part, offset + at)
            if part != data[at : at + len(part)]:
                return False
        return True
