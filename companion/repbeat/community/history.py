"""An athlete's past as streaks, badges and boards look at it: read from the store, computed afresh each time.

Nothing is granted and kept, so that a late sync, a correction or a removal leaves nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from repbeat.coach import shelf
from repbeat.coach.gather import mean_confidence
from repbeat.coach.rules import CONFIDENCE_FLOOR
from repbeat.coach.session_rules import Kind
from repbeat.community import amounts, motivation
from repbeat.community.badges import WEEK, Done, History
from repbeat.community.records import Lift
from repbeat.community.streaks import Schedule, week_of
from repbeat.derive.strength import MAX_FORMULA_REPS, epley
from repbeat.ingest.days import day_of
from repbeat.store import Database, athletes, sessions


def of_athlete(db: Database, athlete_id: str, now_ms: int) -> History:
    """Everything up to now."""
    today = local_day(db, athlete_id, now_ms)
    rows = _sets(db, athlete_id)
    by_session: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_session[row["device_id"], row["log_id"], row["session_seq"]].append(row)
    return History(
        sessions=tuple(_done(found) for found in by_session.values()),
        lifts=tuple(_lifts(db, rows)),
        typed_days=amounts.typed_days(db, athlete_id),
        check_ins=frozenset(_check_ins(db, athlete_id)),
        schedule=schedule(db, athlete_id, today),
        deload_weeks=frozenset(_deloads(db, athlete_id)),
        today=today,
    )


def local_day(db: Database, athlete_id: str, now_ms: int) -> date:
    """The athlete's own today."""
    offset = timedelta(minutes=athletes.get(db, athlete_id).utc_offset_min)
    return (datetime.fromtimestamp(now_ms / 1000, UTC) + offset).date()


def utc_day(now_ms: int) -> date:
    """The day in UTC, for whoever trains not."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).date()


def schedule(db: Database, athlete_id: str, today: date) -> Schedule:
    """Days planned up to the end of this week: by the programme followed then, else by the own week."""
    chosen = motivation.of_athlete(db, athlete_id)
    offset = timedelta(minutes=athletes.get(db, athlete_id).utc_offset_min)
    last = week_of(today) + WEEK
    planned: set[date] = set()
    covered: set[date] = set()
    for enrolled in shelf.enrolments(db, athlete_id):
        begin = (datetime.fromtimestamp(enrolled.started_ms / 1000, UTC) + offset).date()
        ended = (
            last
            if enrolled.ended_ms is None
            else (datetime.fromtimestamp(enrolled.ended_ms / 1000, UTC) + offset).date()
        )
        week = enrolled.content().week
        for day in _days(begin, min(ended, last)):
            covered.add(day)
            if week[day.weekday()]:
                planned.add(day)
    if chosen.since_day:
        planned |= {
            day
            for day in _days(date.fromisoformat(chosen.since_day), last)
            if day not in covered and chosen.trains_on(day)
        }
    off = set(motivation.days_off(db, athlete_id))
    for flag in shelf.flags(db, athlete_id):
        begin = (datetime.fromtimestamp(flag.reported_ms / 1000, UTC) + offset).date()
        until_ms = flag.cleared_ms
        end = today if until_ms is None else (datetime.fromtimestamp(until_ms / 1000, UTC) + offset).date()
        off |= set(_days(begin, end + timedelta(days=1)))
    return Schedule(frozenset(planned), frozenset(off))


def _sets(db: Database, athlete_id: str) -> list[dict[str, Any]]:
    """Each dated session's sets, alike ones together; a session without sets as one row of none."""
    return db.rows(
        """SELECT s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min,
             t.exercise, t.load_g, t.reps, COUNT(t.seq) AS alike
           FROM sessions AS s LEFT JOIN sets AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq
           WHERE s.athlete_id = :athlete_id AND s.start_ms IS NOT NULL AND s.end_seq IS NOT NULL
           GROUP BY s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min,
             t.exercise, t.load_g, t.reps
           ORDER BY s.start_ms""",
        athlete_id=athlete_id,
    )


def _done(rows: list[dict[str, Any]]) -> Done:
    first = rows[0]
    return Done(
        at_ms=first["start_ms"],
        day=day_of(first["start_ms"], first["utc_offset_min"]),
        repetitions=sum((row["reps"] or 0) * row["alike"] for row in rows),
        moved_g=sum((row["reps"] or 0) * (row["load_g"] or 0) * row["alike"] for row in rows),
        exercises=frozenset(row["exercise"] for row in rows if row["exercise"]),
    )


def _lifts(db: Database, rows: list[dict[str, Any]]) -> Iterator[Lift]:
    """The sets whose maximum can be estimated; how sure the device was is asked only of a would-be record."""
    found = [
        (row["start_ms"], row["exercise"], _maximum_g(row), row)
        for row in rows
        if row["exercise"] and row["load_g"] and 1 <= (row["reps"] or 0) <= MAX_FORMULA_REPS
    ]
    best: dict[int, int] = {}
    for at_ms, exercise, e1rm_g, row in sorted(found, key=lambda one: one[:3]):
        beats = e1rm_g > best.get(exercise, 0)
        sure = not beats or _is_sure(db, row)
        if beats and sure:
            best[exercise] = e1rm_g
        yield Lift(at_ms, exercise, e1rm_g, day_of(at_ms, row["utc_offset_min"]), measured=sure)


def _maximum_g(row: dict[str, Any]) -> int:
    return round(epley(row["load_g"] / 1000, row["reps"]).load_kg * 1000)


def _is_sure(db: Database, row: dict[str, Any]) -> bool:
    """Whether the device was sure of its count in one of these alike sets, as the planner asks it."""
    key = sessions.Key(row["device_id"], row["log_id"], row["session_seq"])
    confidence = mean_confidence(sessions.reps(db, key))
    alike = [
        one
        for one in sessions.sets(db, key)
        if (one.exercise, one.load_g, one.reps) == (row["exercise"], row["load_g"], row["reps"])
    ]
    return any(confidence.get(one.set_index, CONFIDENCE_FLOOR) >= CONFIDENCE_FLOOR for one in alike)


def _check_ins(db: Database, athlete_id: str) -> Iterator[date]:
    for row in db.rows("SELECT day FROM check_ins WHERE athlete_id = :athlete_id", athlete_id=athlete_id):
        yield date.fromisoformat(row["day"])


def _deloads(db: Database, athlete_id: str) -> Iterator[date]:
    for kept in shelf.proposals(db, athlete_id, limit=1000):
        if kept.revision is not None and kept.decided().kind is Kind.DELOAD:
            yield week_of(date.fromisoformat(kept.day))


def _days(first: date, after: date) -> Iterator[date]:
    return (first + timedelta(days=step) for step in range((after - first).days))
