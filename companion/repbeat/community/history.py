"""An athlete's past as streaks, badges and boards look at it: computed afresh each time, from the tallies.

Nothing is granted and kept, so that a late sync, a correction or a removal leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from math import inf
from operator import ge

from repbeat.coach import shelf
from repbeat.coach.session_rules import Kind
from repbeat.community import amounts, badges, lifts, motivation
from repbeat.community.badges import TONNE_G, WEEK, Done, History
from repbeat.community.streaks import Schedule, week_of
from repbeat.ingest.days import from_epoch, to_epoch
from repbeat.store import Database, athletes, tallies
from repbeat.store.tallies import FirstSet, Tally


def of_athlete(db: Database, athlete_id: str, now_ms: int) -> History:
    """Everything up to now."""
    today = local_day(db, athlete_id, now_ms)
    firsts = tallies.first_sets(db, athlete_id)
    planned, trained = kept_by(db, athlete_id, today)
    return History(
        sessions=(*_done(db, athlete_id), *_first_done(firsts)),
        lifts=tuple(lifts.rising(db, athlete_id, firsts)),
        other_days=trained,
        check_ins=check_ins(db, athlete_id),
        schedule=planned,
        deload_weeks=frozenset(_deloads(db, athlete_id)),
        today=today,
    )


def kept_by(db: Database, athlete_id: str, today: date) -> tuple[Schedule, frozenset[date]]:
    """The schedule, and the local days with a session, whoever says so, since it began."""
    planned = schedule(db, athlete_id, today)
    if not planned.planned:
        return planned, frozenset()
    since = to_epoch(week_of(min(planned.planned)))
    measured = frozenset(from_epoch(one.first_day) for one in tallies.days(db, athlete_id, since))
    return planned, measured | amounts.typed_days(db, athlete_id)


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


def _done(db: Database, athlete_id: str) -> Iterator[Done]:
    """The days on which a badge's step is reached, and what lies between two of them as one.

    None after the last step of all.
    """
    ladders = [
        badges.steps(badges.sessions),
        badges.steps(badges.repetitions),
        [step * TONNE_G for step in badges.steps(badges.tonnes_moved)],
    ]
    totals, between = [0] * len(ladders), list[Tally]()
    wanted = _next_steps(ladders, totals)
    for period in tallies.periods(db, athlete_id):
        if min(wanted) == inf:
            break
        reached = any(map(ge, _plus(totals, period), wanted))
        for one in tallies.days_of_period(db, athlete_id, period) if reached else [period]:
            totals = _plus(totals, one)
            if any(map(ge, totals, wanted)):
                yield from _as_one(between)
                yield from _as_one([one])
                between, wanted = [], _next_steps(ladders, totals)
            else:
                between.append(one)
    yield from _as_one(between)


def _plus(totals: list[int], one: Tally) -> list[int]:
    return [totals[0] + one.sessions, totals[1] + one.repetitions, totals[2] + one.moved_g]


def _next_steps(ladders: list[list[int]], totals: list[int]) -> list[float]:
    """The step above each total; endless above the last one."""
    return [
        next((step for step in ladder if step > total), inf)
        for ladder, total in zip(ladders, totals, strict=True)
    ]


def _as_one(some: list[Tally]) -> Iterator[Done]:
    if some:
        yield Done(
            at_ms=some[0].first_ms,
            day=from_epoch(some[0].first_day),
            sessions=sum(one.sessions for one in some),
            repetitions=sum(one.repetitions for one in some),
            moved_g=sum(one.moved_g for one in some),
        )


def _first_done(firsts: Iterable[FirstSet]) -> Iterator[Done]:
    """The day on which each exercise was first done."""
    found: dict[int, FirstSet] = {}
    for one in firsts:
        if one.exercise not in found or one.start_ms < found[one.exercise].start_ms:
            found[one.exercise] = one
    for exercise, one in found.items():
        day = from_epoch(one.day)
        yield Done(at_ms=one.start_ms, day=day, sessions=0, exercises=frozenset((exercise,)))


def _deloads(db: Database, athlete_id: str) -> Iterator[date]:
    for kept in shelf.proposals(db, athlete_id, limit=1000):
        if kept.revision is not None and kept.decided().kind is Kind.DELOAD:
            yield week_of(date.fromisoformat(kept.day))


def _days(first: date, after: date) -> Iterator[date]:
    return map(date.fromordinal, range(first.toordinal(), after.toordinal()))
