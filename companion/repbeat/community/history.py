"""An athlete's past as streaks, badges and boards look at it: read from the store, computed afresh each time.

Nothing is granted and kept, so that a late sync, a correction or a removal leaves nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from repbeat.coach import shelf
from repbeat.coach.session_rules import Kind
from repbeat.community import amounts, lifts, motivation
from repbeat.community.badges import WEEK, Done, History
from repbeat.community.streaks import Schedule, week_of
from repbeat.ingest.days import day_of
from repbeat.store import Database, athletes


def of_athlete(db: Database, athlete_id: str, now_ms: int) -> History:
    """Everything up to now."""
    today = local_day(db, athlete_id, now_ms)
    rows = lifts.alike_sets(db, athlete_id)
    by_session: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_session[row["device_id"], row["log_id"], row["session_seq"]].append(row)
    return History(
        sessions=tuple(_done(found) for found in by_session.values()),
        lifts=tuple(lifts.rising(db, rows)),
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


def _done(rows: list[dict[str, Any]]) -> Done:
    first = rows[0]
    return Done(
        at_ms=first["start_ms"],
        day=day_of(first["start_ms"], first["utc_offset_min"]),
        repetitions=sum((row["reps"] or 0) * row["alike"] for row in rows),
        moved_g=sum((row["reps"] or 0) * (row["load_g"] or 0) * row["alike"] for row in rows),
        exercises=frozenset(row["exercise"] for row in rows if row["exercise"]),
    )


def _check_ins(db: Database, athlete_id: str) -> Iterator[date]:
    for row in db.rows("SELECT day FROM check_ins WHERE athlete_id = :athlete_id", athlete_id=athlete_id):
        yield date.fromisoformat(row["day"])


def _deloads(db: Database, athlete_id: str) -> Iterator[date]:
    for kept in shelf.proposals(db, athlete_id, limit=1000):
        if kept.revision is not None and kept.decided().kind is Kind.DELOAD:
            yield week_of(date.fromisoformat(kept.day))


def _days(first: date, after: date) -> Iterator[date]:
    return (first + timedelta(days=step) for step in range((after - first).days))
