"""An athlete's past as streaks, badges and boards look at it: read from the store, computed afresh each time.

Nothing is granted and kept, so that a late sync, a correction or a removal leaves nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from repbeat.coach import shelf
from repbeat.coach.session_rules import Kind
from repbeat.community import amounts, lifts, motivation
from repbeat.community.badges import WEEK, Done, History
from repbeat.community.streaks import Schedule, week_of
from repbeat.ingest.days import from_epoch
from repbeat.store import Database, athletes


def of_athlete(db: Database, athlete_id: str, now_ms: int) -> History:
    """Everything up to now."""
    today = local_day(db, athlete_id, now_ms)
    firsts = lifts.firsts(db, athlete_id)
    return History(
        sessions=tuple(_done(db, athlete_id, firsts)),
        lifts=tuple(lifts.rising(db, athlete_id, firsts)),
        typed_days=amounts.typed_days(db, athlete_id),
        check_ins=check_ins(db, athlete_id),
        schedule=schedule(db, athlete_id, today),
        deload_weeks=frozenset(_deloads(db, athlete_id)),
        today=today,
    )


def trained(db: Database, athlete_id: str) -> frozenset[date]:
    """Local days with a session, whoever says so."""
    measured = frozenset(from_epoch(row["day"]) for row in amounts.measured_days(db, athlete_id))
    return measured | amounts.typed_days(db, athlete_id)


def check_ins(db: Database, athlete_id: str) -> frozenset[date]:
    """Days with a check-in."""
    rows = db.rows("SELECT day FROM check_ins WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
    return frozenset(date.fromisoformat(row["day"]) for row in rows)


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


def _done(db: Database, athlete_id: str, firsts: list[lifts.Row]) -> Iterator[Done]:
    moved = {row["day"]: row for row in amounts.moved_by_day(db, athlete_id)}
    exercises: dict[int, set[int]] = defaultdict(set)
    for row in firsts:
        if row["exercise"]:
            exercises[row["day"]].add(row["exercise"])
    nothing = {"repetitions": 0, "moved_g": 0}
    for row in amounts.measured_days(db, athlete_id):
        day = row["day"]
        of_day = moved.get(day, nothing)
        yield Done(
            at_ms=row["first_ms"],
            day=from_epoch(day),
            sessions=row["sessions"],
            repetitions=of_day["repetitions"],
            moved_g=of_day["moved_g"],
            exercises=frozenset(exercises.get(day, ())),
        )


def _deloads(db: Database, athlete_id: str) -> Iterator[date]:
    for kept in shelf.proposals(db, athlete_id, limit=1000):
        if kept.revision is not None and kept.decided().kind is Kind.DELOAD:
            yield week_of(date.fromisoformat(kept.day))


def _days(first: date, after: date) -> Iterator[date]:
    return map(date.fromordinal, range(first.toordinal(), after.toordinal()))
