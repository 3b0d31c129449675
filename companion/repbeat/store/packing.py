"""Raw records of one log in a row, packed: deflated, each stream by itself, and given back byte for byte.

Two streams, because some records are a person's health and may be sealed or forgotten without the others
(SEALED_KINDS; SESSION and STRAIN name the resting and maximum heart rate): in the `log` stream a mark stands
for the next record of the `heart` stream. Zero is no record type. CRCs are left out and computed anew. The
first byte of a stream is the version of its format:

1. Header and payload of one record after the other, as they came; the mark is one zero byte. Before
   heart data was sealed this was raw deflate, without zlib's head and checksum.
2. How many records (2 bytes) and the type of each; the mark is type 0. Then the other fields of their
   headers as columns, with the step from the uptime before instead of the uptime. Then all payloads of a
   type, the types in the order in which they first appear; as columns too where they have one length. What
   is alike stands together: an hour takes a seventh less.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, compress
from operator import sub

from repbeat.store.errors import StoreCorrupt
from repbeat_protocol import records as wire

ROWS, COLUMNS = b"\x01", b"\x02"
LEVEL = 3  # half the time of 6, which saves 1 %
# The largest window and tables take zlib longer to lay out than a block to deflate, and save nothing on it.
_WINDOW_BITS, _MEMORY = 13, 7
HEART_KINDS = frozenset((wire.HEART, wire.RR))  # with samples
SEALED_KINDS = HEART_KINDS | {  # what lies in the heart stream
    *(wire.REST, wire.CHECKIN),
    *(wire.SESSION, wire.STRAIN, wire.RECOVERY, wire.BREATHING),
}

_MARK = bytes(wire.HEADER_SIZE)
_ZLIB_HEAD = 0x78  # begins what zlib.compress gives; raw deflate begins so with an empty first block only
_OWN_CODE = 1024  # bytes of one type from which a Huffman code of their own saves more than it takes
_UPTIMES = 1 << 40
_U32 = struct.Struct("<I").pack
_RESIDUE = 0x2144DF1C  # of CRC-32, https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-32/ISO-HDLC)
_uptimes = struct.Struct("<5xIB")  # of a header
_PLAIN, _STEP = 4, 5  # columns of a header: version, length and boot as they came, the step in five bytes


def packed(raws: Sequence[bytes]) -> tuple[bytes, bytes | None]:
    """(log, heart) of records in a row; no heart stream where there is no such record."""
    heart = [raw for raw in raws if raw[0] in SEALED_KINDS]
    if not heart:
        return _stream(raws), None
    return _stream([_MARK if raw[0] in SEALED_KINDS else raw for raw in raws]), _stream(heart)


def unpacked(first_seq: int, log: bytes, heart: bytes | None) -> Iterator[tuple[int, bytes]]:
    """(seq, raw) of every record of two streams; without `heart`, of the others alone.

    StoreCorrupt if a stream is damaged.
    """
    hearts = iter(_bodies(heart)) if heart is not None else None
    for seq, body in enumerate(_bodies(log), first_seq):
        if body:
            yield seq, whole(seq, body)
        elif hearts is not None:
            yield seq, whole(seq, next(hearts, b""))


def payloads(first_seq: int, log: bytes, kind: int) -> Iterator[tuple[int, int, bytes]]:
    """(seq, version, payload) of the records of one type in a `log` stream: no header, no CRC.

    A tenth of the work of `unpacked`, for who wants some fields of many records. StoreCorrupt if damaged.
    """
    if log[:1] != COLUMNS:
        for seq, body in enumerate(_bodies(log), first_seq):
            if body and body[0] == kind:
                yield seq, body[1], body[wire.HEADER_SIZE :]
        return
    with _damage_named():
        stream = zlib.decompress(log[1:])
        if kind not in _kinds(stream):
            return
        kinds, columns, parts = _parts(stream)
        seqs = [seq for seq, of in enumerate(kinds, first_seq) if of == kind]
        versions = bytes(compress(columns[0], [of == kind for of in kinds if of]))
        found = list(parts[kind])
    yield from zip(seqs, versions, found, strict=True)


def lies_open(log: bytes) -> bool:
    """Whether a `log` stream holds what belongs in the `heart` stream."""
    return any(body and body[0] in SEALED_KINDS for body in _bodies(log))


def whole(seq: int, body: bytes) -> bytes:
    """A record with its CRC."""
    return body + _U32(crc(seq, body))


def crc(seq: int, body: bytes) -> int:
    """The checksum of record `seq`, whose header and payload are `body`."""
    return zlib.crc32(body, zlib.crc32(_U32(seq)))


def intact(seq: int, raw: bytes) -> bool:
    """Whether `raw` is record `seq` with its CRC: over bytes and their own CRC-32 it is the same for all."""
    return zlib.crc32(raw, zlib.crc32(_U32(seq))) == _RESIDUE


def all_intact(records: Sequence[tuple[int, bytes]]) -> bool:
    """Whether each `raw` of (seq, raw) is record `seq`, with the payload that its length says and its CRC."""
    raws = [raw for _, raw in records]
    sizes = list(map(len, raws))
    if min(sizes, default=wire.OVERHEAD) < wire.OVERHEAD:
        return False
    if [raw[2] + wire.OVERHEAD for raw in raws] != sizes:
        return False
    seeds = map(zlib.crc32, [_U32(seq) for seq, _ in records])
    return set(map(zlib.crc32, raws, seeds)) <= {_RESIDUE}


def _stream(raws: Sequence[bytes]) -> bytes:
    own = [raw for raw in raws if raw is not _MARK]
    heads = b"".join([raw[: wire.HEADER_SIZE] for raw in own])
    uptimes_ms = [high << 32 | low for low, high in _uptimes.iter_unpack(heads)]
    # The lower five bytes of what is negative are those of the step modulo 2**40.
    steps = struct.pack(f"<{len(own)}q", *map(sub, uptimes_ms, [0, *uptimes_ms]))
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY)
    columns = [len(raws).to_bytes(2, "little"), bytes([raw[0] for raw in raws])]
    columns += [heads[at :: wire.HEADER_SIZE] for at in range(1, 1 + _PLAIN)]
    columns += [steps[at::8] for at in range(_STEP)]
    out = [COLUMNS, deflate.compress(b"".join(columns))]
    payloads: dict[int, list[bytes]] = {}
    for raw in own:
        payloads.setdefault(raw[0], []).append(raw[wire.HEADER_SIZE : -wire.CRC_SIZE])
    for of_kind in payloads.values():
        joined = b"".join(of_kind)
        if len(joined) >= _OWN_CODE:
            out.append(deflate.flush(zlib.Z_BLOCK))
        width = _one_length([len(payload) for payload in of_kind])
        out.append(deflate.compress(_columns(joined, width) if width else joined))
    out.append(deflate.flush())
    return b"".join(out)


def _bodies(stored: bytes) -> list[bytes]:
    """Header and payload of each record of a stream, b"" where a mark stands."""
    read = _FORMATS.get(stored[:1])
    if read is None:
        raise StoreCorrupt(
            f"records are packed in format {stored[:1].hex()}, which this RepBeat does not know: update it"
        )
    with _damage_named():
        return read(stored[1:])


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (zlib.error, IndexError, struct.error) as error:
        raise StoreCorrupt(
            "a block of records is damaged: restore the last backup; "
            "the devices send again what they still hold"
        ) from error


def _rows(deflated: bytes) -> list[bytes]:
    stream = zlib.decompress(deflated, zlib.MAX_WBITS if deflated[0] == _ZLIB_HEAD else -zlib.MAX_WBITS)
    out, at = [], 0
    while at < len(stream):
        end = at + wire.HEADER_SIZE + stream[at + 2] if stream[at] else at
        out.append(stream[at:end])
        at = max(end, at + 1)
    return out


def _kinds(stream: bytes) -> bytes:
    """The type of each record, 0 for a mark."""
    return stream[2 : 2 + int.from_bytes(stream[:2], "little")]


def _parts(stream: bytes) -> tuple[bytes, list[bytes], dict[int, Iterator[bytes]]]:
    """The type of each record, 0 for a mark; the columns of the others' headers; the payloads by type."""
    kinds = _kinds(stream)
    at = 2 + len(kinds)
    own = kinds.replace(b"\0", b"")
    columns = []
    for _ in range(_PLAIN + _STEP):
        columns.append(stream[at : at + len(own)])
        at += len(own)
    _, sizes, *_ = columns
    bodies: dict[int, Iterator[bytes]] = {}
    for kind in dict.fromkeys(own):
        of_kind = [size for size, other in zip(sizes, own, strict=True) if other == kind]
        joined = stream[at : at + sum(of_kind)]
        at += len(joined)
        width = _one_length(of_kind)
        bodies[kind] = _cut(_rows_of(joined, width) if width else joined, of_kind)
    return kinds, columns, bodies


def _from_columns(deflated: bytes) -> list[bytes]:
    kinds, columns, bodies = _parts(zlib.decompress(deflated))
    own = kinds.replace(b"\0", b"")
    steps_ms = [int.from_bytes(step, "little") for step in zip(*columns[_PLAIN:], strict=True)]
    heads = zip(own, *columns[:_PLAIN], accumulate(steps_ms), strict=True)
    whole = iter(
        [
            bytes((*head, *(uptime_ms % _UPTIMES).to_bytes(_STEP, "little"))) + next(bodies[head[0]])
            for *head, uptime_ms in heads
        ]
    )
    return [next(whole) if kind else b"" for kind in kinds]


_FORMATS = {ROWS: _rows, COLUMNS: _from_columns}


def _one_length(sizes: Sequence[int]) -> int:
    """What all are, else 0."""
    return sizes[0] if sizes.count(sizes[0]) == len(sizes) else 0


def _columns(rows: bytes, width: int) -> bytes:
    return b"".join([rows[at::width] for at in range(width)])


def _rows_of(columns: bytes, width: int) -> bytes:
    count = len(columns) // width
    return b"".join([columns[at::count] for at in range(count)])


def _cut(joined: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield joined[at : at + size]
        at += size
