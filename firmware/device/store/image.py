"""One of the two slots for an application: a bundle in a partition of its own, and what became of it.

    sector 0   the header and marks of a Blob; from NOTE: why it was given up
    sector 1…  the blob of the transfer protocol: SHA-256 of the bundle, then the bundle

A sector is erased when the first byte for it arrives, and the mark ERASED says so: what an earlier bundle
left in sectors behind it counts for nothing, and no message waits for more than one erase.
"""

import struct
from binascii import crc32

from device.store.blob import MARK_SIZE, MARKS, Blob
from device.store.flash import SECTOR, Flash, FlashFault
from repbeat_protocol import bundle
from repbeat_protocol.transfer import DIGEST_SIZE

ERASED = 1  # value: sectors of content that are free to be written, or hold this bundle
ACCEPTED = 2  # value: the version, packed
NEEDED = 3  # value: the parts that were well when it was accepted (device.system.sensing)
TRYING = 4  # value: how often it was started without being marked good
GOOD = 5
BAD = 6  # value: why, below
TOLD = 7  # the log holds the reason

# why a bundle was given up
CRASHED = 1  # the note has the exception
HUNG = 2  # the watchdog ended it
UNFINISHED = 3  # it never said that it was well, in so many starts
SENSORS = 4  # a part that was well before was not
LOG = 5  # the log took no record, or did not give it back
LINK = 6  # no companion came and proved its key
DECAYED = 7  # a file is not what the manifest says any more
REASONS = ("", "crashed", "hung", "unfinished", "sensors", "log", "link", "decayed")

NOTE = 3584
NOTE_HEAD = "<BBHI"  # bytes of text, 0, 0, CRC-32 of the text
NOTE_MAX = 64
CONTENT = 1  # first sector of content


def pack_version(version: tuple[int, int, int]) -> int:
    """A version as a number: greater is newer."""
    return version[0] << 16 | version[1] << 8 | version[2]


def unpack_version(number: int) -> tuple[int, int, int]:
    """The reverse."""
    return number >> 16, number >> 8 & 0xFF, number & 0xFF


class Image(Blob):
    """A partition like esp32.Partition. StoreError."""

    MARKS_END = MARKS + 250 * MARK_SIZE  # one for each sector of content, and some

    def __init__(self, partition) -> None:
        flash = Flash(partition, 2)
        self.limit = (flash.sectors - CONTENT) * SECTOR - DIGEST_SIZE
        super().__init__(flash, 0)

    # The bundle on its way

    def arrived(self) -> int:
        """See Blob."""
        sectors = self.marks.get(ERASED, 0)
        if not sectors:
            return 0
        last = sectors - 1
        _, end = self._flash.spoilt(CONTENT + last, 0)
        return min(last * SECTOR + max(0, end - 1), self.length + DIGEST_SIZE)

    def write(self, offset: int, data: memoryview) -> None:
        """See Blob; after a FlashFault the bundle is forgotten, so that it is sent anew."""
        try:
            while len(data):
                sector, at = offset // SECTOR, offset % SECTOR
                if sector >= self.marks.get(ERASED, 0):
                    self._flash.erase(CONTENT + sector)
                    self.mark(ERASED, sector + 1)
                part = data[: SECTOR - at]
                self._flash.program(CONTENT + sector, at, part)
                offset += len(part)
                data = data[len(part) :]
        except FlashFault:
            self.forget()
            raise

    def read(self, offset: int, into: memoryview) -> None:
        """See Blob."""
        while len(into):
            sector, at = offset // SECTOR, offset % SECTOR
            part = into[: SECTOR - at]
            self._flash.read(CONTENT + sector, at, part)
            offset += len(part)
            into = into[len(part) :]

    # The bundle here

    def bundle(self) -> bundle.Bundle:
        """What the slot holds. BundleDamaged."""
        return bundle.Bundle(lambda offset, into: self.read(DIGEST_SIZE + offset, into), self.length)

    @property
    def version(self) -> int:
        """The version accepted, packed; -1 when none is."""
        return self.marks.get(ACCEPTED, -1) if self.length >= 0 else -1

    @property
    def usable(self) -> bool:
        """Whether it was accepted and not given up."""
        return self.version >= 0 and BAD not in self.marks

    @property
    def good(self) -> bool:
        """Whether it has proved itself."""
        return self.usable and GOOD in self.marks

    def give_up(self, why: int, detail: str) -> None:
        """It is never started again; the note first, so that a reason is there when the mark is."""
        text = detail.encode()[:NOTE_MAX]
        note = struct.pack(NOTE_HEAD, len(text), 0, 0, crc32(text) & 0xFFFFFFFF) + text
        try:
            self._flash.program(0, NOTE, memoryview(note))
        except FlashFault:
            pass  # a cut left half a note there: the mark alone says why
        self.mark(BAD, why)

    @property
    def note(self) -> str:
        """What `give_up` was told in detail, as far as it was kept."""
        buf = bytearray(struct.calcsize(NOTE_HEAD) + NOTE_MAX)
        self._flash.read(0, NOTE, memoryview(buf))
        size, _, _, crc = struct.unpack_from(NOTE_HEAD, buf)
        text = bytes(buf[struct.calcsize(NOTE_HEAD) :][:size])
        if crc32(text) & 0xFFFFFFFF != crc:
            return ""
        try:
            return text.decode()
        except UnicodeError:
            return ""
