"""Records: the truth as it came off the devices, each once, and what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from repbeat.store.database import Database
from repbeat.store.errors import NotFound

PAGE = 2000  # records read at a time


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record; `raw` holds header, payload and CRC as they came."""

    device_id: str
    log_id: int
    seq: int
    type: int
    version: int
    boot: int
    uptime_ms: int
    raw: bytes


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


def present(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> dict[int, bytes]:
    """seq → raw bytes of those of first_seq … next_seq-1 that are here."""
    rows = db.rows(
        """SELECT seq, raw FROM records WHERE device_id = :device_id AND log_id = :log_id
             AND seq >= :first_seq AND seq < :next_seq""",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )
    return {row["seq"]: row["raw"] for row in rows}


def insert(db: Database, records: Iterable[Record]) -> None:
    """Keep records; one whose key is here already is left as it is."""
    db.run_many(
        """INSERT INTO records (device_id, log_id, seq, type, version, boot, uptime_ms, raw)
           VALUES (:device_id, :log_id, :seq, :type, :version, :boot, :uptime_ms, :raw)
           ON CONFLICT DO NOTHING""",
        (msgspec.structs.asdict(record) for record in records),
    )


def get(db: Database, device_id: str, log_id: int, seq: int) -> Record:
    """One record; NotFound otherwise."""
    found = db.one(
        Record,
        "SELECT * FROM records WHERE device_id = :device_id AND log_id = :log_id AND seq = :seq",
        device_id=device_id,
        log_id=log_id,
        seq=seq,
    )
    if found is None:
        raise NotFound(f"no record {seq} in log {log_id:08x} of device {device_id}")
    return found


def of_log(db: Database, device_id: str, log_id: int) -> Iterator[list[Record]]:
    """All records of a log in order, a page at a time."""
    seq = 0
    while page := db.all(
        Record,
        """SELECT * FROM records WHERE device_id = :device_id AND log_id = :log_id AND seq >= :seq
           ORDER BY seq LIMIT :page""",
        device_id=device_id,
        log_id=log_id,
        seq=seq,
        page=PAGE,
    ):
        yield page
        seq = page[-1].seq + 1


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
        """SELECT COUNT(*) FROM records WHERE device_id = :device_id
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


def advance(db: Database, device_id: str, log_id: int) -> int:
    """Move the cursor over all that is stored or a named gap; return it."""
    start = at = cursor(db, device_id, log_id)
    while True:
        where = {"device_id": device_id, "log_id": log_id, "at": at}
        before = at
        rows = db.rows(
            """SELECT seq FROM records WHERE device_id = :device_id AND log_id = :log_id AND seq >= :at
               ORDER BY seq LIMIT :page""",
            **where,
            page=PAGE,
        )
        for row in rows:
            if row["seq"] != at:
                break
            at += 1
        where["at"] = at
        gap = db.value(
            """SELECT MAX(next_seq) FROM gaps WHERE device_id = :device_id AND log_id = :log_id
                 AND first_seq <= :at AND next_seq > :at""",
            **where,
        )
        at = max(at, gap or 0)
        if at == before:
            break
    if at != start:
        db.run(
            "UPDATE logs SET next_seq = :at WHERE device_id = :device_id AND log_id = :log_id",
            device_id=device_id,
            log_id=log_id,
            at=at,
        )
    return at


def add_gap(
    db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int, why: str, now_ms: int
) -> int:
    """Name records first_seq … next_seq-1 as gone; return the cursor."""
    with db.atomic():
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
        """SELECT before + 1 AS first_seq, seq AS next_seq FROM (
             SELECT seq, LAG(seq, 1, -1) OVER (ORDER BY seq) AS before FROM (
               SELECT seq FROM records WHERE device_id = :device_id AND log_id = :log_id AND seq < :next_seq
               UNION SELECT :next_seq AS seq) AS held) AS steps
           WHERE seq > before + 1 ORDER BY seq""",
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
    db.run(
        """INSERT INTO losses (device_id, log_id, seq, first_seq, count, what)
           VALUES (:device_id, :log_id, :seq, :first_seq, :count, :what) ON CONFLICT DO NOTHING""",
        device_id=record.device_id,
        log_id=record.log_id,
        seq=record.seq,
        first_seq=first_seq,
        count=count,
        what=what,
    )


def add_flags(db: Database, flags: Iterable[Flag]) -> None:
    """Note what is odd about records; noting it again changes nothing."""
    db.run_many(
        """INSERT INTO flags (device_id, log_id, seq, flag, detail)
           VALUES (:device_id, :log_id, :seq, :flag, :detail) ON CONFLICT DO NOTHING""",
        (msgspec.structs.asdict(flag) for flag in flags),
    )


def flags(db: Database, device_id: str) -> list[Flag]:
    """All that is odd about a device's records."""
    return db.all(
        Flag, "SELECT * FROM flags WHERE device_id = :device_id ORDER BY log_id, seq", device_id=device_id
    )
