"""Records: the truth as it came off the devices, each once; where a log stands, and what is not there.

The records themselves lie in `blocks`, whose functions are these too.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from repbeat.store.blocks import (
    between,
    each,
    get,
    heart_stream,
    insert,
    of_log,
    payloads,
    present,
    remove,
    reseal,
    spans,
)
from repbeat.store.database import Database
from repbeat.store.record import Record, decoded, decoded_all, kept

__all__ = [
    "Absent",
    "Flag",
    "Record",
    "absent",
    "add_flags",
    "add_gap",
    "add_loss",
    "advance",
    "between",
    "count",
    "cursor",
    "decoded",
    "decoded_all",
    "each",
    "flags",
    "get",
    "heart_stream",
    "insert",
    "kept",
    "logs",
    "of_log",
    "payloads",
    "present",
    "remove",
    "reseal",
    "spans",
]


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
    if log_id is not None:
        return _count(db, device_id, log_id)
    rows = db.rows("SELECT DISTINCT log_id FROM blocks WHERE device_id = :device_id", device_id=device_id)
    return sum(_count(db, device_id, row["log_id"]) for row in rows)


def _count(db: Database, device_id: str, log_id: int) -> int:
    """All up to the last block but for what is absent: not a sum over a log's whole history."""
    end = db.value(
        """SELECT next_seq FROM blocks WHERE device_id = :device_id AND log_id = :log_id
           ORDER BY first_seq DESC LIMIT 1""",
        device_id=device_id,
        log_id=log_id,
    )
    return end - sum(one.next_seq - one.first_seq for one in absent(db, device_id, log_id, end)) if end else 0


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


def advance(
    db: Database, device_id: str, log_id: int, start: int | None = None, reached: int | None = None
) -> int:
    """Move the cursor over all that is stored or a named gap; return it.

    `start`: where it is, if known; `reached`: all below is known to be stored.
    """
    log = {"device_id": device_id, "log_id": log_id}
    if start is None:
        start = cursor(db, device_id, log_id)
    at, reached = -1, start if reached is None else reached
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
    gaps = db.rows(
        """SELECT first_seq, next_seq, why FROM gaps WHERE device_id = :device_id AND log_id = :log_id
           ORDER BY first_seq""",
        device_id=device_id,
        log_id=log_id,
    )
    # Below the cursor all is here or named: only what a gap names, and what lies above, is looked at.
    at = cursor(db, device_id, log_id)
    looked_at = _merged([*((gap["first_seq"], gap["next_seq"]) for gap in gaps), (at, next_seq)], next_seq)
    holes = [hole for first, end in looked_at for hole in _holes(db, device_id, log_id, first, end)]
    out = []
    for hole in holes:
        at, hole_end = hole
        for gap in gaps:
            if gap["next_seq"] <= at or gap["first_seq"] >= hole_end:
                continue
            if gap["first_seq"] > at:
                out.append(Absent(first_seq=at, next_seq=gap["first_seq"], why=""))
                at = gap["first_seq"]
            end = min(gap["next_seq"], hole_end)
            out.append(Absent(first_seq=at, next_seq=end, why=gap["why"]))
            at = end
        if at < hole_end:
            out.append(Absent(first_seq=at, next_seq=hole_end, why=""))
    return out


def _merged(spans: Iterable[tuple[int, int]], end: int) -> list[tuple[int, int]]:
    """Spans (first, until) in order and below `end`, those that touch as one."""
    out: list[tuple[int, int]] = []
    for first, until in sorted(spans):
        if out and first <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], until)
        else:
            out.append((first, until))
    return [(first, min(until, end)) for first, until in out if first < min(until, end)]


def _holes(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> list[tuple[int, int]]:
    """The parts of first_seq … next_seq-1 that no block holds."""
    out, at = [], first_seq
    for first, until in [*spans(db, device_id, log_id, first_seq, next_seq), (next_seq, next_seq)]:
        if first > at:
            out.append((at, first))
        at = max(at, until)
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
