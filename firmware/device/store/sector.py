"""One sector of the log on flash: a header, then stored records until no further one fits.

A stored record is the wire record followed by its sequence number (u32): the record's CRC is seeded with that
number, so neither can be wrong alone, and any record can be found again after damaged bytes.
Its first byte is the record type: 0xFF is blank flash, 0x00 is a torn write that was zeroed.

The header is 32 bytes with a CRC-32 of its own:
    magic "RL", format u8, ring u8, generation u32, first_seq u32, ring_end u32, acked u32, log_id u32,
    boot u16, 0 u16, crc u32
`generation` counts sectors ever opened; no record of the sector is below `first_seq`; the ring's earlier
sectors end before `ring_end`; `acked` is what a companion had committed when the sector was opened. Two bytes
after the header are blank until something is done, then zero: the first when a companion has committed every
record of the sector; the second, in a log's first sector, when all that was there before the log is erased.
"""

import struct
from binascii import crc32

from device.store.flash import SECTOR, Flash
from repbeat_protocol import records

MAGIC = b"RL"
FORMAT = 1
HEADER = "<2sBBIIIIIHHI"
HEADER_SIZE = 32
ACKED_FLAG = 32
CLEAN_FLAG = 33
FIRST_RECORD = 36
SEQ_SIZE = 4
STORED_OVERHEAD = records.OVERHEAD + SEQ_SIZE
MAX_STORED = records.MAX_RECORD + SEQ_SIZE


def pack_header(
    buf: bytearray,
    ring: int,
    generation: int,
    first_seq: int,
    ring_end: int,
    acked: int,
    log_id: int,
    boot: int,
) -> None:
    """Write a sector header into the first 32 bytes of `buf`."""
    struct.pack_into(
        HEADER, buf, 0, MAGIC, FORMAT, ring, generation, first_seq, ring_end, acked, log_id, boot, 0, 0
    )
    struct.pack_into("<I", buf, HEADER_SIZE - 4, crc32(memoryview(buf)[: HEADER_SIZE - 4]) & 0xFFFFFFFF)


def read_header(buf: bytearray) -> tuple[int, ...] | None:
    """(format, ring, generation, first_seq, ring_end, acked, log_id, boot) of a whole header, else None."""
    if buf[0] != MAGIC[0] or buf[1] != MAGIC[1]:
        return None  # most are, on a fresh partition: spare the heap what unpacking takes
    fields = struct.unpack_from(HEADER, buf, 0)
    if crc32(memoryview(buf)[: HEADER_SIZE - 4]) & 0xFFFFFFFF != fields[10]:
        return None
    return fields[1:9]


def stored_size(buf: bytearray) -> int:
    """Bytes on flash of the record whose first bytes are in `buf`."""
    return buf[2] + STORED_OVERHEAD


def stored_seq(buf: bytearray) -> int:
    """Sequence number of the stored record in `buf`."""
    return struct.unpack_from("<I", buf, buf[2] + records.OVERHEAD)[0]


def whole(buf: bytearray, limit: int) -> bool:
    """True when `buf[:limit]` begins with an undamaged stored record."""
    n = buf[2]
    if n > records.MAX_PAYLOAD or n + STORED_OVERHEAD > limit:
        return False
    body = n + records.HEADER_SIZE
    crc, seq = struct.unpack_from("<II", buf, body)
    return records.checksum(seq, memoryview(buf)[:body]) == crc


def find(flash: Flash, number: int, at: int, least: int, buf: bytearray) -> int:
    """Offset of the next whole record from `at` on with a sequence >= `least`, read into `buf`; 0 when none.

    `buf` holds MAX_STORED bytes. Damaged bytes are stepped over one by one, so one bad record hides no other.
    Blank flash ends the search where a record should begin; within damage it proves nothing.
    """
    view = memoryview(buf)
    damaged = False
    while at <= SECTOR - STORED_OVERHEAD:
        size = min(MAX_STORED, SECTOR - at)
        flash.read(number, at, view[:size])
        skip = 0
        while skip < size and (buf[skip] == records.ZEROED or (damaged and buf[skip] == records.ERASED)):
            skip += 1
        if skip:
            at += skip
            continue
        if buf[0] == records.ERASED:
            return 0
        if whole(buf, size):
            if stored_seq(buf) >= least:
                return at
            at += buf[2] + STORED_OVERHEAD
            continue
        damaged = True
        at += 1
    return 0
