"""Records: the truth as it came off the devices, each once, and what is not there."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from repbeat.store import packing, samples
from repbeat.store.database import Database
from repbeat.store.errors import NotFound
from repbeat.store.owners import Owners
from repbeat.store.vault import SEALED
from repbeat_protocol import records as wire

SMALL_BLOCK = 64  # records: one with fewer is filled up by what follows it
LARGEST_BLOCK = 256

_header = struct.Struct(wire.HEADER).unpack_from


class Record(msgspec.Struct, frozen=True):
    """One record; `raw` holds header, payload and CRC as they came.

    `span`: the uptimes that the samples of a HEART or RR record cover; None for one that cannot be read.
    """

    device_id: str
    log_id: int
    seq: int
    type: int
    version: int
    boot: int
    uptime_ms: int
    raw: bytes
    span: tuple[int, int] | None = None

    @property
    def payload(self) -> bytes:
        """What lies between header and CRC."""
        return self.raw[wire.HEADER_SIZE : -wire.CRC_SIZE]


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """Records first_seq … next_seq-1 are not here. `why` is empty when nobody said why: they are missing."""

    first_seq: int
    next_seq: int
    why: str


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A record kept although something is odd about it."""

    device_id: str
    log_id: int
    seq: int
    flag: str
    detail: str


class _Block(msgspec.Struct, frozen=True):
    """Records first_seq … next_seq-1 of one boot and owner, packed; `heart` is sealed for the owner."""

    first_seq: int
    next_seq: int
    boot: int
    heart_from_ms: int | None
    heart_until_ms: int | None
    log: bytes
    heart: bytes | None


_COLUMNS = "SELECT first_seq, next_seq, boot, heart_from_ms, heart_until_ms, log, heart"

# Blocks do not overlap, so that the last one that begins at or before :first_seq is the first one wanted.
_BLOCKS = """FROM blocks WHERE device_id = :device_id AND log_id = :log_id AND first_seq < :next_seq
    AND first_seq >= COALESCE((SELECT MAX(first_seq) FROM blocks WHERE device_id = :device_id
      AND log_id = :log_id AND first_seq <= :first_seq), 0) AND next_seq > :first_seq ORDER BY first_seq"""


def decoded(device_id: str, log_id: int, seq: int, raw: bytes) -> Record:
    """A record from its bytes; repbeat_protocol.records.RecordError if they are not record `seq` whole."""
    size = len(raw)
    if (
        size < wire.OVERHEAD
        or raw[2] != size - wire.OVERHEAD
        or raw[0] in (wire.ZEROED, wire.ERASED)
        or packing.crc(seq, raw[: -wire.CRC_SIZE]) != int.from_bytes(raw[-wire.CRC_SIZE :], "little")
    ):
        wire.decode(raw, seq)  # says what is wrong
        raise wire.TornRecord(f"record {seq} is followed by other bytes: fetch it again")
    kind, version, _, boot, low, high = _header(raw)
    uptime_ms = high << 32 | low
    span = None
    if kind in packing.HEART_KINDS and version == 1:
        with suppress(wire.BadPayload):
            span = samples.span(kind, uptime_ms, raw[wire.HEADER_SIZE : -wire.CRC_SIZE])
    return Record(device_id, log_id, seq, kind, version, boot, uptime_ms, raw, span)


def _opened(db: Database, device_id: str, log_id: int, block: _Block) -> Iterator[tuple[int, bytes]]:
    """(seq, raw) of a block's records; without HEART and RR once their owner's key is forgotten."""
    heart = heart_stream(db, device_id, log_id, block.first_seq, block.heart)
    return packing.unpacked(block.first_seq, block.log, heart)


def heart_stream(
    db: Database, device_id: str, log_id: int, first_seq: int, stored: bytes | None
) -> bytes | None:
    """A block's HEART and RR records, packed; None where there are none or their owner's key is forgotten."""
    if stored is None or stored[0] != SEALED:  # the latter was written before there was a vault
        return stored
    return db.vault.open(stored, _place(device_id, log_id, first_seq))


def _place(device_id: str, log_id: int, first_seq: int) -> str:
    return f"{device_id}/{log_id}/{first_seq}"


def present(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> dict[int, bytes]:
    """seq → raw bytes of those of first_seq … next_seq-1 that are here and can be read."""
    return {
        seq: raw
        for block in _blocks(db, device_id, log_id, first_seq, next_seq)
        for seq, raw in _opened(db, device_id, log_id, block)
        if first_seq <= seq < next_seq
    }


def _blocks(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> list[_Block]:
    return db.all(
        _Block,
        f"{_COLUMNS} {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )


def insert(db: Database, records: Sequence[Record], owners: Owners | None = None) -> dict[int, bytes | None]:
    """Keep records of one log, in order; those whose number is here already are left as they are.

    seq → raw bytes of what was here already, None where its owner's key is forgotten. Call inside `atomic`,
    holding the log where several processes write. `owners`: those of the log, where the caller has them.
    """
    if not records:
        return {}
    device_id, log_id = records[0].device_id, records[0].log_id
    first_seq, last_seq = records[0].seq, records[-1].seq
    near = db.rows(
        f"SELECT first_seq, next_seq, boot {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=max(0, first_seq - 1),  # the block that ends where these begin may be filled up
        next_seq=last_seq + 1,
    )
    held: dict[int, bytes | None] = {}
    fresh = records
    if any(block["next_seq"] > first_seq for block in near):
        there = present(db, device_id, log_id, first_seq, last_seq + 1)
        for block in near:
            for record in records:
                if block["first_seq"] <= record.seq < block["next_seq"]:
                    held[record.seq] = there.get(record.seq)
        fresh = [record for record in records if record.seq not in held]
    ends = {block["next_seq"]: block for block in near}
    owners = owners or Owners(db, device_id, log_id)
    rows = []
    for run in _runs(fresh, owners):
        before = ends.get(run[0].seq)
        small = before and before["next_seq"] - before["first_seq"] < SMALL_BLOCK
        if before and small and _fits(before["first_seq"], before["boot"], run[0], owners):
            filled = _filled(db, before["first_seq"], run, owners)
            if filled is not None:
                db.upsert("blocks", ("device_id", "log_id", "first_seq"), [filled])
                continue
        rows.append(_row(db, run[0].seq, (), run, owners))
    db.insert("blocks", rows)
    return held


def _fits(first_seq: int, boot: int, record: Record, owners: Owners) -> bool:
    return boot == record.boot and owners.span(first_seq) == owners.span(record.seq)


def _runs(records: Sequence[Record], owners: Owners) -> Iterator[Sequence[Record]]:
    """Parts without a gap, of one boot and owner, no longer than a block."""
    if records and _one_run(records, owners):
        yield records
        return
    start = 0
    for at in range(1, len(records) + 1):
        if (
            at == len(records)
            or records[at].seq != records[at - 1].seq + 1
            or at - start == LARGEST_BLOCK
            or not _fits(records[start].seq, records[start].boot, records[at], owners)
        ):
            yield records[start:at]
            start = at


def _one_run(records: Sequence[Record], owners: Owners) -> bool:
    first, last = records[0], records[-1]
    return (
        len(records) <= LARGEST_BLOCK
        and last.seq - first.seq == len(records) - 1
        and owners.span(first.seq) == owners.span(last.seq)
        and all(record.boot == first.boot for record in records)
    )


def _row(
    db: Database, first_seq: int, before: Sequence[bytes], run: Sequence[Record], owners: Owners
) -> dict[str, Any]:
    """The row of a block that begins with the records `before` and ends with `run`."""
    spans = [record.span for record in run if record.span is not None]
    log, heart = packing.packed([*before, *(record.raw for record in run)])
    device_id, log_id = run[0].device_id, run[0].log_id
    if heart is not None:
        heart = db.vault.seal(owners.at(first_seq), heart, _place(device_id, log_id, first_seq))
    return {
        "device_id": device_id,
        "log_id": log_id,
        "first_seq": first_seq,
        "next_seq": run[-1].seq + 1,
        "boot": run[0].boot,
        "heart_from_ms": min((start for start, _ in spans), default=None),
        "heart_until_ms": max((until for _, until in spans), default=None),
        "log": log,
        "heart": heart,
    }


def _filled(db: Database, first_seq: int, run: Sequence[Record], owners: Owners) -> dict[str, Any] | None:
    """The row of a small block with more records: a device always in reach sends one at a time.

    None where its heart stream cannot be opened any more.
    """
    device_id, log_id = run[0].device_id, run[0].log_id
    (old,) = _blocks(db, device_id, log_id, first_seq, first_seq + 1)
    before = [raw for _, raw in _opened(db, device_id, log_id, old)]
    if len(before) < old.next_seq - old.first_seq:
        return None
    row = _row(db, first_seq, before, run, owners)
    for name, pick in (("heart_from_ms", min), ("heart_until_ms", max)):
        known = [ms for ms in (getattr(old, name), row[name]) if ms is not None]
        row[name] = pick(known, default=None)
    return row


def reseal(db: Database, device_id: str, log_id: int) -> None:
    """Cut a log's blocks where the owner changes, and seal each heart stream for its owner."""
    owners = Owners(db, device_id, log_id)
    for first_seq in [
        row["first_seq"]
        for row in db.rows(
            """SELECT first_seq FROM blocks WHERE device_id = :device_id AND log_id = :log_id
               ORDER BY first_seq""",
            device_id=device_id,
            log_id=log_id,
        )
    ]:
        (block,) = _blocks(db, device_id, log_id, first_seq, first_seq + 1)
        whole = owners.span(first_seq) == owners.span(block.next_seq - 1)
        if block.heart is None or block.heart[0] == SEALED:
            right = block.heart is None or db.vault.is_of(block.heart, owners.at(first_seq))
            if whole and right:
                continue
        if block.heart is None or heart_stream(db, device_id, log_id, first_seq, block.heart):
            _rewrite(db, device_id, log_id, block, owners, range(0))


def _rewrite(
    db: Database, device_id: str, log_id: int, block: _Block, owners: Owners, without: range
) -> None:
    """Write a block anew, in as many as its owners need, without some of its records."""
    kept = [
        decoded(device_id, log_id, seq, raw)
        for seq, raw in _opened(db, device_id, log_id, block)
        if seq not in without
    ]
    db.run(
        "DELETE FROM blocks WHERE device_id = :device_id AND log_id = :log_id AND first_seq = :first_seq",
        device_id=device_id,
        log_id=log_id,
        first_seq=block.first_seq,
    )
    db.insert("blocks", [_row(db, run[0].seq, (), run, owners) for run in _runs(kept, owners)])


def remove(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> None:
    """Take the records first_seq … next_seq-1 out, whoever's they were; what is derived from them stays.

    The cursor stays too: a device is not asked for them again.
    """
    with db.atomic():
        db.hold("log", device_id, log_id)
        owners = Owners(db, device_id, log_id)
        for block in _blocks(db, device_id, log_id, first_seq, next_seq):
            _rewrite(db, device_id, log_id, block, owners, range(first_seq, next_seq))


def get(db: Database, device_id: str, log_id: int, seq: int) -> Record:
    """One record; NotFound otherwise."""
    for found, raw in present(db, device_id, log_id, seq, seq + 1).items():
        return decoded(device_id, log_id, found, raw)
    raise NotFound(f"no record {seq} in log {log_id:08x} of device {device_id}")


def between(
    db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int, kind: int
) -> list[Record]:
    """The records first_seq … next_seq-1 of one type other than HEART and RR, in order."""
    blocks = db.rows(
        f"SELECT first_seq, log {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )
    return [
        decoded(device_id, log_id, seq, raw)
        for block in blocks
        for seq, raw in packing.unpacked(block["first_seq"], block["log"], None)
        if raw[0] == kind and first_seq <= seq < next_seq
    ]


def of_log(db: Database, device_id: str, log_id: int) -> Iterator[list[Record]]:
    """All records of a log in order, a block at a time."""
    at = -1
    while blocks := db.all(
        _Block,
        f"""{_COLUMNS} FROM blocks WHERE device_id = :device_id
             AND log_id = :log_id AND first_seq > :at ORDER BY first_seq LIMIT 1""",
        device_id=device_id,
        log_id=log_id,
        at=at,
    ):
        yield [decoded(device_id, log_id, seq, raw) for seq, raw in _opened(db, device_id, log_id, blocks[0])]
        at = blocks[0].first_seq


def logs(db: Database, device_id: str | None = None) -> list[tuple[str, int]]:
    """(device_id, log_id) of every log, or of one device's."""
    rows = db.rows(
        """SELECT device_id, log_id FROM logs WHERE :device_id IS NULL OR device_id = :device_id
           ORDER BY device_id, first_seen_ms, log_id""",
        device_id=device_id,
    )
    return [(row["device_id"], row["log_id"]) for row in rows]


def count(db: Database, device_id: str, log_id: int | None = None) -> int:
    """Records here of a device, or of one of its logs."""
    found: int = db.value(
        """SELECT COALESCE(SUM(next_seq - first_seq), 0) FROM blocks WHERE device_id = :device_id
             AND (:log_id IS NULL OR log_id = :log_id)""",
        device_id=device_id,
        log_id=log_id,
    )
    return found


def cursor(db: Database, device_id: str, log_id: int) -> int:
    """The sequence number to FETCH from: everything below is stored or a named gap."""
    return (
        db.value(
            "SELECT next_seq FROM logs WHERE device_id = :device_id AND log_id = :log_id",
            device_id=device_id,
            log_id=log_id,
        )
        or 0
    )


def advance(db: Database, device_id: str, log_id: int, start: int | None = None) -> int:
    """Move the cursor over all that is stored or a named gap; return it. `start`: it, where it is known."""
    log = {"device_id": device_id, "log_id": log_id}
    if start is None:
        start = cursor(db, device_id, log_id)
    at, reached = -1, start
    while reached > at:
        at = reached
        further = db.value(
            """SELECT MAX(next_seq) FROM (
                 SELECT next_seq FROM blocks WHERE device_id = :device_id AND log_id = :log_id
                   AND first_seq = (SELECT MAX(first_seq) FROM blocks WHERE device_id = :device_id
                     AND log_id = :log_id AND first_seq <= :at)
                 UNION ALL SELECT next_seq FROM gaps WHERE device_id = :device_id AND log_id = :log_id
                   AND first_seq <= :at AND next_seq > :at) AS reaches""",
            **log,
            at=at,
        )
        reached = max(at, further or 0)
    if at != start:
        db.run(
            "UPDATE logs SET next_seq = :at WHERE device_id = :device_id AND log_id = :log_id",
            **log,
            at=at,
        )
    return at


def add_gap(
    db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int, why: str, now_ms: int
) -> int:
    """Name records first_seq … next_seq-1 as gone; return the cursor."""
    with db.atomic():
        db.hold("log", device_id, log_id)
        db.run(
            """INSERT INTO gaps (device_id, log_id, first_seq, next_seq, why, noted_ms)
               VALUES (:device_id, :log_id, :first_seq, :next_seq, :why, :now_ms)
               ON CONFLICT (device_id, log_id, first_seq) DO UPDATE SET
                 next_seq = CASE WHEN excluded.next_seq > gaps.next_seq
                   THEN excluded.next_seq ELSE gaps.next_seq END""",
            device_id=device_id,
            log_id=log_id,
            first_seq=first_seq,
            next_seq=next_seq,
            why=why,
            now_ms=now_ms,
        )
        return advance(db, device_id, log_id)


def absent(db: Database, device_id: str, log_id: int, next_seq: int) -> list[Absent]:
    """What is not here of the records below `next_seq`: named gaps with their reason, and missing ones."""
    holes = db.rows(
        """SELECT before AS first_seq, first_seq AS next_seq FROM (
             SELECT first_seq, LAG(next_seq, 1, 0) OVER (ORDER BY first_seq) AS before FROM (
               SELECT first_seq, next_seq FROM blocks
                 WHERE device_id = :device_id AND log_id = :log_id AND first_seq < :next_seq
               UNION SELECT CAST(:next_seq AS BIGINT), CAST(:next_seq AS BIGINT)) AS held) AS steps
           WHERE first_seq > before ORDER BY first_seq""",
        device_id=device_id,
        log_id=log_id,
        next_seq=next_seq,
    )
    gaps = db.rows(
        """SELECT first_seq, next_seq, why FROM gaps WHERE device_id = :device_id AND log_id = :log_id
           ORDER BY first_seq""",
        device_id=device_id,
        log_id=log_id,
    )
    out = []
    for hole in holes:
        at = hole["first_seq"]
        for gap in gaps:
            if gap["next_seq"] <= at or gap["first_seq"] >= hole["next_seq"]:
                continue
            if gap["first_seq"] > at:
                out.append(Absent(first_seq=at, next_seq=gap["first_seq"], why=""))
                at = gap["first_seq"]
            end = min(gap["next_seq"], hole["next_seq"])
            out.append(Absent(first_seq=at, next_seq=end, why=gap["why"]))
            at = end
        if at < hole["next_seq"]:
            out.append(Absent(first_seq=at, next_seq=hole["next_seq"], why=""))
    return out


def add_loss(db: Database, record: Record, first_seq: int, count: int, what: int) -> None:
    """Keep a device's own account of what it overwrote."""
    own = {"device_id": record.device_id, "log_id": record.log_id, "seq": record.seq}
    db.insert("losses", [{**own, "first_seq": first_seq, "count": count, "what": what}])


def add_flags(db: Database, flags: Iterable[Flag]) -> None:
    """Note what is odd about records; noting it again changes nothing."""
    db.insert("flags", flags)


def flags(db: Database, device_id: str) -> list[Flag]:
    """All that is odd about a device's records."""
    return db.all(
        Flag, "SELECT * FROM flags WHERE device_id = :device_id ORDER BY log_id, seq", device_id=device_id
    )
