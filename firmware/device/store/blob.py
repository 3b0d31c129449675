"""One sector that receives a blob piece by piece, and notes what became of it; every step survives a cut.

    0    header: magic "RP", format u8, kind u8, id u32, length u32, digest 8 bytes, crc u32
    32   marks, 12 bytes each: what u8, 0 u8, 0 u16, value u32, crc u32; a torn one is passed over
    256  the blob of the transfer protocol: SHA-256 of the content, then the content

How much has arrived is not written down: it ends at the last byte that is not blank. That byte may be half
programmed, so it is wanted again; programming the same value twice is harmless.
"""

import struct
from binascii import crc32
from hashlib import sha256

from device.store.flash import SECTOR, Flash, FlashFault
from repbeat_protocol.transfer import DIGEST_SIZE

MAGIC = b"RP"
FORMAT = 1
HEADER = "<2sBBII8sI"
HEADER_SIZE = 24
MARKS = 32
MARK = "<BBHII"
MARK_SIZE = 12
START = 256
LIMIT = SECTOR - START - DIGEST_SIZE  # content bytes
_NO_DIGEST = bytes(8)
STEP = 512  # bytes hashed at once


class Blob:
    """The sector `sector` of a partition. `length` is -1 while there is nothing in it."""

    MARKS_END = MARKS + 18 * MARK_SIZE

    def __init__(self, flash: Flash, sector: int) -> None:
        self._flash = flash
        self.sector = sector
        self.ident = 0
        self.length = -1
        self.digest8 = _NO_DIGEST
        self.marks = {}  # what: value
        self._next_mark = MARKS
        self._load()

    def _load(self) -> None:
        buf = bytearray(HEADER_SIZE)
        self._flash.read(self.sector, 0, memoryview(buf))
        magic, form, _, ident, length, digest8, crc = struct.unpack(HEADER, buf)
        if magic != MAGIC or form != FORMAT or crc32(memoryview(buf)[:-4]) & 0xFFFFFFFF != crc:
            return
        self.ident, self.length, self.digest8 = ident, length, bytes(digest8)
        mark = bytearray(MARK_SIZE)
        while self._next_mark < self.MARKS_END:
            self._flash.read(self.sector, self._next_mark, memoryview(mark))
            if mark == b"\xff" * MARK_SIZE:
                break
            self._next_mark += MARK_SIZE
            what, _, _, value, crc = struct.unpack(MARK, mark)
            place = self._next_mark - MARK_SIZE
            if crc32(memoryview(mark)[:-4]) & 0xFFFFFFFF == crc:
                self.marks[what] = value
                self._flash.refresh(self.sector, place, memoryview(mark))
            else:
                self._flash.zero(self.sector, place, MARK_SIZE)

    def begin(self, kind: int, ident: int, length: int, digest8: bytes) -> None:
        """Forget what was here; this blob is to come."""
        self.forget()
        buf = bytearray(HEADER_SIZE)
        struct.pack_into(HEADER, buf, 0, MAGIC, FORMAT, kind, ident, length, digest8, 0)
        struct.pack_into("<I", buf, HEADER_SIZE - 4, crc32(memoryview(buf)[:-4]) & 0xFFFFFFFF)
        self._flash.erase(self.sector)
        self._flash.program(self.sector, 0, memoryview(buf))
        self.ident, self.length, self.digest8 = ident, length, digest8

    def forget(self) -> None:
        """Make the sector free: its header goes first."""
        self.length = -1
        self.marks = {}
        self._next_mark = MARKS
        self._flash.zero(self.sector, 0, HEADER_SIZE)

    def is_of(self, ident: int, length: int, digest8: bytes) -> bool:
        """True when this very blob is here, or on its way."""
        return (self.ident, self.length, self.digest8) == (ident, length, digest8)

    def arrived(self) -> int:
        """Bytes of the blob held for sure."""
        _, end = self._flash.spoilt(self.sector, START)
        return max(0, min(end - START - 1, self.length + DIGEST_SIZE))

    def write(self, offset: int, data: memoryview) -> None:
        """Keep bytes of the blob. FlashFault."""
        self._flash.program(self.sector, START + offset, data)

    def read(self, offset: int, into: memoryview) -> None:
        """Fill `into` with bytes of the blob. FlashFault."""
        self._flash.read(self.sector, START + offset, into)

    def head(self, size: int) -> bytes:
        """The blob's first bytes."""
        buf = bytearray(size)
        self.read(0, memoryview(buf))
        return bytes(buf)

    def content(self) -> bytes:
        """What the blob brings."""
        buf = bytearray(self.length)
        self.read(DIGEST_SIZE, memoryview(buf))
        return bytes(buf)

    def digest(self) -> bytes:
        """SHA-256 of the content on flash."""
        total = sha256()
        buf = memoryview(bytearray(STEP))
        for at in range(0, self.length, STEP):
            part = buf[: min(STEP, self.length - at)]
            self.read(DIGEST_SIZE + at, part)
            total.update(part)
        return total.digest()

    def mark(self, what: int, value: int) -> None:
        """Note what became of the blob, in one write. FlashFault."""
        if self._next_mark >= self.MARKS_END:
            raise FlashFault("no room for a mark in sector %d: send the blob anew" % self.sector)
        buf = bytearray(MARK_SIZE)
        struct.pack_into(MARK, buf, 0, what, 0, 0, value, 0)
        struct.pack_into("<I", buf, MARK_SIZE - 4, crc32(memoryview(buf)[:-4]) & 0xFFFFFFFF)
        self._next_mark += MARK_SIZE
        self._flash.program(self.sector, self._next_mark - MARK_SIZE, memoryview(buf))
        self.marks[what] = value
