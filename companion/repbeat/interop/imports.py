"""What came from files, kept beside what the bands recorded and never mixed into it.

The same file again changes nothing. A session that overlaps another of the same person is marked, and stays
until the person has decided: nothing is dropped because it looks alike.
"""

from __future__ import annotations

import hashlib
import zlib
from itertools import accumulate, pairwise

import msgspec

from repbeat.interop import alike
from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.alike import NearDuplicate
from repbeat.interop.reading import Found
from repbeat.store import Database, vault

TABLE = "imported_sessions"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A session from a file; `heart` is packed and sealed for the athlete, `activity_of` reads it."""

    athlete_id: str
    import_id: str
    source: str
    sport: str
    start_ms: int
    end_ms: int
    imported_ms: int
    heart: bytes


class Listed(msgspec.Struct, frozen=True):
    """A session from a file, as a list names it."""

    import_id: str
    source: str
    sport: str
    start_ms: int
    end_ms: int


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
    marked: list[NearDuplicate] = []
    with db.atomic():
        db.hold("athlete", athlete_id)
        for activity in found.activities:
            row = _row(athlete_id, activity, now_ms)
            if not db.insert(TABLE, [vault.sealed_row(db, TABLE, msgspec.structs.asdict(row))]):
                known += 1
                continue
            new += 1
            db.insert("imported_sets", _sets(row, activity.sets))
            marked += alike.mark_import(db, athlete_id, row.import_id, row.start_ms, row.end_ms)
        days = [{"athlete_id": athlete_id, **msgspec.structs.asdict(value)} for value in found.days]
        key = ("athlete_id", "day", "kind", "source")
        db.upsert("imported_days", key, vault.sealed_rows(db, "imported_days", days))
    return Outcome(new, known, len(days), marked)


def of_athlete(db: Database, athlete_id: str) -> list[Imported]:
    """All, newest first."""
    return db.all(
        Imported,
        "SELECT * FROM imported_sessions WHERE athlete_id = :athlete_id ORDER BY start_ms DESC",
        athlete_id=athlete_id,
    )


def listed(db: Database, athlete_id: str, limit: int) -> list[Listed]:
    """The newest, without what they hold."""
    return db.all(
        Listed,
        """SELECT import_id, source, sport, start_ms, end_ms FROM imported_sessions
           WHERE athlete_id = :athlete_id ORDER BY start_ms DESC LIMIT :limit""",
        athlete_id=athlete_id,
        limit=limit,
    )


def one_listed(db: Database, athlete_id: str, import_id: str) -> Listed | None:
    """One of them."""
    return db.one(
        Listed,
        """SELECT import_id, source, sport, start_ms, end_ms FROM imported_sessions
           WHERE athlete_id = :athlete_id AND import_id = :import_id""",
        athlete_id=athlete_id,
        import_id=import_id,
    )


def activity_of(db: Database, row: Imported) -> Activity:
    """An imported session as the file told it; without heart rate once the athlete's key is forgotten."""
    packed = vault.opened_row(db, TABLE, msgspec.structs.asdict(row))["heart"]
    heart = msgspec.msgpack.decode(zlib.decompress(packed), type=_Heart) if packed else _Heart([], [], [])
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
