"""Records packed into two deflated streams and back, byte for byte; pure.

A record is kept without its CRC, which is computed anew from its bytes and sequence number: what does not
fit its CRC never comes in. HEART and RR lie in a stream of their own, so that the one can be read, sealed or
forgotten without the other. In the `log` stream a zero byte, which is no record type, stands for the next
record of the `heart` stream. The first byte of each stream is the version of this format.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from repbeat.store.errors import StoreCorrupt
from repbeat_protocol import records as wire

VERSION = b"\x01"
LEVEL = 6  # 9 saves 1 % more and takes twice as long
HEART_KINDS = frozenset((wire.HEART, wire.RR))

_MARK = b"\x00"
_U32 = struct.Struct("<I").pack


class Packed:
    """Records in a row being packed: what is kept of each, by stream."""

    def __init__(self, log: bytes = b"", heart: bytes = b"") -> None:
        """`log` and `heart`: the streams of the records before, as `inflated` gives them."""
        self._log = [log]
        self._heart = [heart]

    def add(self, raw: bytes) -> None:
        """The record after the last one."""
        if raw[0] in HEART_KINDS:
            self._log.append(_MARK)
            self._heart.append(raw[: -wire.CRC_SIZE])
        else:
            self._log.append(raw[: -wire.CRC_SIZE])

    def streams(self) -> tuple[bytes, bytes | None]:
        """(log, heart), deflated; no heart stream where there is no such record."""
        heart = b"".join(self._heart)
        return deflated(b"".join(self._log)), deflated(heart) if heart else None


def deflated(stream: bytes) -> bytes:
    """A stream as it is stored."""
    return VERSION + zlib.compress(stream, LEVEL)


def inflated(stored: bytes) -> bytes:
    """A stream's records without their CRC; StoreCorrupt if it is damaged."""
    if stored[:1] != VERSION:
        raise StoreCorrupt(
            f"records are packed in format {stored[:1].hex()}, which this RepBeat does not know: update it"
        )
    try:
        return zlib.decompress(stored[1:])
    except zlib.error as error:
        raise StoreCorrupt(
            "a block of records is damaged: restore the last backup; "
            "the devices send again what they still hold"
        ) from error


def unpacked(first_seq: int, log: bytes, heart: bytes | None) -> Iterator[tuple[int, bytes]]:
    """(seq, raw) of every record of inflated streams; without a `heart` stream, of the others alone."""
    seq, at, heart_at = first_seq, 0, 0
    while at < len(log):
        if log[at]:
            end = at + wire.HEADER_SIZE + log[at + 2]
            yield seq, whole(seq, log[at:end])
            at = end
        else:
            at += 1
            if heart is not None:
                end = heart_at + wire.HEADER_SIZE + heart[heart_at + 2]
                yield seq, whole(seq, heart[heart_at:end])
                heart_at = end
        seq += 1


def whole(seq: int, body: bytes) -> bytes:
    """A record with its CRC."""
    return body + _U32(zlib.crc32(body, zlib.crc32(_U32(seq))))
