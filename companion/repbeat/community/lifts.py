"""The sets that a record or a board rests on: with a load, and counted by a device that was sure of it.

How sure it was is the mean confidence of a set's repetitions, as the planner asks it. That stands in the raw
records, so it is asked of those sets alone that matter: each that would be a record, or a window's best.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from repbeat.coach.gather import mean_confidence
from repbeat.coach.rules import CONFIDENCE_FLOOR
from repbeat.community.records import Lift
from repbeat.derive.strength import MAX_FORMULA_REPS, epley
from repbeat.ingest.days import day_of
from repbeat.store import Database, sessions
from repbeat.store.tallies import FirstSet

Row = dict[str, Any]

_SETS = """FROM sessions AS s JOIN sets AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq
           WHERE s.athlete_id = :athlete_id AND s.end_seq IS NOT NULL"""


def alike_sets(db: Database, athlete_id: str, from_ms: int, until_ms: int = 1 << 53) -> list[Row]:
    """The sets of each dated, ended session that began in this time (unix ms), alike ones as one row."""
    return db.rows(
        f"""SELECT DISTINCT s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min,
             t.exercise, t.load_g, t.reps {_SETS} AND s.start_ms >= :from_ms AND s.start_ms < :until_ms
           ORDER BY s.start_ms""",
        athlete_id=athlete_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )


def rising(db: Database, athlete_id: str, done: Iterable[FirstSet]) -> Iterator[Lift]:
    """A session's best set of an exercise wherever it beats every session before, in order of time.

    `done` are the first sets of each kind: a set beats all before only where none like it was, or none that
    was sure.
    """
    best: dict[int, int] = {}
    known = list(_known(map(msgspec.structs.asdict, done)))
    ahead = [(row["start_ms"], -e1rm_g, number) for number, (row, e1rm_g) in enumerate(known)]
    heapq.heapify(ahead)
    while ahead:
        at_ms, _, number = heapq.heappop(ahead)
        row, e1rm_g = known[number]
        if e1rm_g <= best.get(row["exercise"], 0):
            continue
        then = [one for one in alike_sets(db, athlete_id, at_ms, at_ms + 1) if _kind(one) == _kind(row)]
        sure, day = max(((_sure_of(db, one), _day(one)) for one in then), default=(0.0, date.max))
        if sure >= CONFIDENCE_FLOOR:
            best[row["exercise"]] = e1rm_g
            yield Lift(at_ms, row["exercise"], e1rm_g, day, sure)
        elif (again_ms := _again(db, athlete_id, row, at_ms)) is not None:
            heapq.heappush(ahead, (again_ms, -e1rm_g, number))


def strongest(db: Database, rows: Iterable[Row], first: date, after: date) -> dict[int, float]:
    """The best estimated maximum (g) of each exercise in the local days from `first` to before `after`."""
    best: dict[int, float] = {}
    of_days = (one for one in _known(rows) if first <= _day(one[0]) < after)
    for row, e1rm_g in sorted(of_days, key=lambda one: -one[1]):
        if row["exercise"] not in best and _sure_of(db, row) >= CONFIDENCE_FLOOR:
            best[row["exercise"]] = float(e1rm_g)
    return best


def _known(rows: Iterable[Row]) -> Iterator[tuple[Row, int]]:
    """The sets whose maximum can be estimated, with it in g."""
    for row in rows:
        if row["exercise"] and row["load_g"] and 1 <= (row["reps"] or 0) <= MAX_FORMULA_REPS:
            yield row, round(epley(row["load_g"] / 1000, row["reps"]).load_kg * 1000)


def _sure_of(db: Database, row: Row) -> float:
    """How sure the device was, 0–100, of that one of these alike sets of which it was surest.

    The floor for a set whose repetitions were lost on the device: the planner goes by it, too.
    """
    key = sessions.Key(row["device_id"], row["log_id"], row["session_seq"])
    confidence = mean_confidence(db, sessions.get(db, key))
    alike = [
        confidence.get(one.set_index, CONFIDENCE_FLOOR)
        for one in sessions.sets(db, key)
        if (one.exercise, one.load_g, one.reps) == _kind(row)
    ]
    return max(alike, default=0.0)


def _again(db: Database, athlete_id: str, row: Row, after_ms: int) -> int | None:
    """When the next session with a set like it began."""
    at_ms: int | None = db.value(
        f"""SELECT s.start_ms {_SETS} AND s.start_ms > :after_ms
             AND t.exercise = :exercise AND t.load_g = :load_g AND t.reps = :reps
           ORDER BY s.start_ms LIMIT 1""",
        athlete_id=athlete_id,
        after_ms=after_ms,
        exercise=row["exercise"],
        load_g=row["load_g"],
        reps=row["reps"],
    )
    return at_ms


def _kind(row: Row) -> tuple[int, int, int]:
    return row["exercise"], row["load_g"], row["reps"]


def _day(row: Row) -> date:
    return day_of(row["start_ms"], row["utc_offset_min"])
