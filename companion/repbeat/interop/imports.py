"""What came from files, kept beside what the bands recorded and never mixed into it.

The same file again changes nothing. A session that overlaps another of the same person is marked, and stays
until the person has decided: nothing is dropped because it looks alike.
"""

from __future__ import annotations

import hashlib
import zlib
from itertools import accumulate, pairwise

import msgspec

from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.reading import Found
from repbeat.store import Database
from repbeat.store.errors import NotFound

ALIKE_SHARE = 0.5  # of the shorter session, in both: two recordings of one training
SAME, DIFFERENT = "same", "different"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A session from a file; `heart` is packed, `unpacked` reads it."""

    athlete_id: str
    import_id: str
    source: str
    sport: str
    start_ms: int
    end_ms: int
    imported_ms: int
    heart: bytes


class NearDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """`other` names a band's session (device/log/session) or another import; undecided: None."""

    athlete_id: str
    import_id: str
    other: str
    decided: str | None = None
    decided_ms: int | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What keeping a file did."""

    sessions_new: int
    sessions_known: int
    days: int
    alike: list[NearDuplicate]


class _Heart(msgspec.Struct, array_like=True):
    """Steps in time, so that steady seconds pack to nearly nothing; the first is from the start."""

    step_ms: list[int]
    bpm: list[int]
    rr_ms: list[int]


def keep(db: Database, athlete_id: str, found: Found, now_ms: int) -> Outcome:
    """Keep what a file held for an athlete, in one transaction."""
    new = known = 0
    alike: list[NearDuplicate] = []
    with db.atomic():
        db.hold("athlete", athlete_id)
        for activity in found.activities:
            row = _row(athlete_id, activity, now_ms)
            if not db.insert("imported_sessions", [row]):
                known += 1
                continue
            new += 1
            db.insert("imported_sets", _sets(row, activity.sets))
            marked = _alike(db, row)
            db.insert("near_duplicates", marked)
            alike += marked
        days = [{"athlete_id": athlete_id, **msgspec.structs.asdict(value)} for value in found.days]
        db.upsert("imported_days", ("athlete_id", "day", "kind", "source"), days)
    return Outcome(new, known, len(days), alike)


def of_athlete(db: Database, athlete_id: str) -> list[Imported]:
    """All, newest first."""
    return db.all(
        Imported,
        "SELECT * FROM imported_sessions WHERE athlete_id = :athlete_id ORDER BY start_ms DESC",
        athlete_id=athlete_id,
    )


def activity_of(db: Database, row: Imported) -> Activity:
    """An imported session as the file told it."""
    heart = msgspec.msgpack.decode(zlib.decompress(row.heart), type=_Heart)
    sets = db.all(
        SetDone,
        """SELECT start_ms, duration_ms, exercise, reps, load_g FROM imported_sets
           WHERE athlete_id = :athlete_id AND import_id = :import_id ORDER BY set_index""",
        athlete_id=row.athlete_id,
        import_id=row.import_id,
    )
    return Activity(
        source=row.source,
        sport=row.sport,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        heart=[
            HeartSample(at_ms, bpm)
            for at_ms, bpm in zip(
                accumulate(heart.step_ms[1:], initial=row.start_ms + heart.step_ms[0]), heart.bpm, strict=True
            )
        ]
        if heart.bpm
        else [],
        rr_ms=heart.rr_ms,
        sets=sets,
    )


def undecided(db: Database, athlete_id: str) -> list[NearDuplicate]:
    """Pairs that a person has still to look at."""
    return db.all(
        NearDuplicate,
        """SELECT * FROM near_duplicates WHERE athlete_id = :athlete_id AND decided IS NULL
           ORDER BY import_id, other""",
        athlete_id=athlete_id,
    )


def decide(db: Database, pair: NearDuplicate, decided: str, now_ms: int) -> None:
    """SAME or DIFFERENT, as the person says; NotFound when there is no such pair."""
    if decided not in (SAME, DIFFERENT):
        raise ValueError(f"{decided!r} is neither {SAME!r} nor {DIFFERENT!r}")
    changed = db.run(
        """UPDATE near_duplicates SET decided = :decided, decided_ms = :now_ms
           WHERE athlete_id = :athlete_id AND import_id = :import_id AND other = :other""",
        decided=decided,
        now_ms=now_ms,
        athlete_id=pair.athlete_id,
        import_id=pair.import_id,
        other=pair.other,
    )
    if not changed:
        raise NotFound("no such pair of sessions: it was decided, or erased")


def _row(athlete_id: str, activity: Activity, now_ms: int) -> Imported:
    times = [activity.start_ms, *(one.at_ms for one in activity.heart)]
    steps = [after - before for before, after in pairwise(times)]
    content = msgspec.msgpack.encode(_Heart(steps, [one.bpm for one in activity.heart], activity.rr_ms))
    identity = hashlib.sha256(msgspec.msgpack.encode(activity)).hexdigest()[:32]
    return Imported(
        athlete_id=athlete_id,
        import_id=identity,
        source=activity.source,
        sport=activity.sport,
        start_ms=activity.start_ms,
        end_ms=activity.end_ms,
        imported_ms=now_ms,
        heart=zlib.compress(content, 9),
    )


def _sets(row: Imported, sets: list[SetDone]) -> list[dict[str, object]]:
    return [
        {
            "athlete_id": row.athlete_id,
            "import_id": row.import_id,
            "set_index": index,
            **msgspec.structs.asdict(one),
        }
        for index, one in enumerate(sets)
    ]


def _alike(db: Database, row: Imported) -> list[NearDuplicate]:
    """Other sessions of the athlete that overlap this one by half of the shorter."""
    others = db.rows(
        """SELECT device_id, log_id, session_seq, start_ms, start_ms + duration_s * 1000 AS end_ms
           FROM sessions WHERE athlete_id = :athlete_id AND duration_s IS NOT NULL
             AND start_ms < :end_ms AND start_ms + duration_s * 1000 > :start_ms""",
        athlete_id=row.athlete_id,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
    )
    named = [(f"{o['device_id']}/{o['log_id']:08x}/{o['session_seq']}", o) for o in others]
    imports = db.rows(
        """SELECT import_id, start_ms, end_ms FROM imported_sessions
           WHERE athlete_id = :athlete_id AND import_id <> :import_id
             AND start_ms < :end_ms AND end_ms > :start_ms""",
        athlete_id=row.athlete_id,
        import_id=row.import_id,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
    )
    named += [(o["import_id"], o) for o in imports]
    found = []
    for name, other in named:
        shared = min(row.end_ms, other["end_ms"]) - max(row.start_ms, other["start_ms"])
        shorter = min(row.end_ms - row.start_ms, other["end_ms"] - other["start_ms"])
        if shared >= ALIKE_SHARE * max(1, shorter):
            found.append(NearDuplicate(athlete_id=row.athlete_id, import_id=row.import_id, other=name))
    return found
