"""The sets that a record or a board rests on: with a load, and counted by a device that was sure of it.

How sure it was is the mean confidence of a set's repetitions, as the planner asks it. That stands in the raw
records, so it is asked of those sets alone that matter: each that would be a record, or a window's best.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from repbeat.coach.gather import mean_confidence
from repbeat.coach.rules import CONFIDENCE_FLOOR
from repbeat.community.records import Lift
from repbeat.derive.strength import MAX_FORMULA_REPS, epley
from repbeat.ingest.days import day_of
from repbeat.store import Database, sessions

Row = dict[str, Any]  # of `alike_sets`


def alike_sets(db: Database, athlete_id: str, from_ms: int = 0) -> list[Row]:
    """Each dated, ended session's sets, alike ones as one row; a session without sets is one row, too."""
    return db.rows(
        """SELECT s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min,
             t.exercise, t.load_g, t.reps, COUNT(t.seq) AS alike
           FROM sessions AS s LEFT JOIN sets AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq
           WHERE s.athlete_id = :athlete_id AND s.start_ms >= :from_ms AND s.end_seq IS NOT NULL
           GROUP BY s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min,
             t.exercise, t.load_g, t.reps
           ORDER BY s.start_ms""",
        athlete_id=athlete_id,
        from_ms=from_ms,
    )


def rising(db: Database, rows: Iterable[Row]) -> Iterator[Lift]:
    """A session's best set of an exercise wherever it beats every session before, in order of time."""
    best: dict[int, int] = {}
    for row, e1rm_g in sorted(_known(rows), key=lambda one: (one[0]["start_ms"], -one[1])):
        if e1rm_g > best.get(row["exercise"], 0) and (sure := _sure_of(db, row)) >= CONFIDENCE_FLOOR:
            best[row["exercise"]] = e1rm_g
            yield Lift(row["start_ms"], row["exercise"], e1rm_g, _day(row), sure)


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
        if (one.exercise, one.load_g, one.reps) == (row["exercise"], row["load_g"], row["reps"])
    ]
    return max(alike, default=0.0)


def _day(row: Row) -> date:
    return day_of(row["start_ms"], row["utc_offset_min"])
