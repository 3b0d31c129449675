"""Badges: rules are data (badges.json), each with a checker that turns a history into a running total.

A badge's day is the day its total was reached, in the order in which things happened and not in which they
arrived, so computing afresh always gives the same badges: a late sync adds, a removal takes away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from operator import attrgetter

import msgspec

from repbeat.community import records, streaks
from repbeat.community.records import Lift
from repbeat.community.streaks import Schedule

WEEK = timedelta(days=7)
TONNE_G = 1_000_000


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The sessions of a local day, or of several up to the next one given; `at_ms` is when the first began.

    Several may stand as one where no step of a badge is reached between them. `exercises` are codes; what was
    done on days before need not be named again.
    """

    at_ms: int
    day: date
    sessions: int = 1
    repetitions: int = 0
    moved_g: int = 0
    exercises: frozenset[int] = frozenset()


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that badges look at. `other_days`: with a session, but none that `sessions` names."""

    sessions: tuple[Done, ...] = ()
    lifts: tuple[Lift, ...] = ()
    other_days: frozenset[date] = frozenset()
    check_ins: frozenset[date] = frozenset()
    schedule: Schedule = Schedule(frozenset())
    deload_weeks: frozenset[date] = frozenset()
    today: date

    @property
    def trained(self) -> frozenset[date]:
        """Local days with a session, whoever says so: for a week kept, but for no amount and no record."""
        return frozenset(one.day for one in self.sessions) | self.other_days


class Rule(msgspec.Struct, frozen=True):
    """One line of badges.json."""

    id: str
    checker: str
    tiers: tuple[int, ...]


class Badge(msgspec.Struct, frozen=True, order=True):
    """Tier 1 is the first; `reached` is the day on which `needed` was."""

    reached: date
    id: str
    tier: int
    needed: int


Total = Iterator[tuple[date, int]]  # (day, total from that day on), never going down
Checker = Callable[[History], Total]


def sessions(history: History) -> Total:
    """Sessions so far."""
    yield from _running((one.day, one.sessions) for one in _in_order(history))


def repetitions(history: History) -> Total:
    """Counted repetitions so far."""
    yield from _running((one.day, one.repetitions) for one in _in_order(history))


def tonnes_moved(history: History) -> Total:
    """Load times repetitions, in whole tonnes."""
    grams = _running((one.day, one.moved_g) for one in _in_order(history))
    yield from ((day, total // TONNE_G) for day, total in grams)


def different_exercises(history: History) -> Total:
    """Exercises ever done."""
    seen: set[int] = set()
    for one in _in_order(history):
        seen |= one.exercises - {0}
        yield one.day, len(seen)


def personal_records(history: History) -> Total:
    """Records so far, all exercises together."""
    yield from _running((record.lift.day, 1) for record in records.records(history.lifts))


def kept_weeks_in_a_row(history: History) -> Total:
    """The longest run of kept weeks so far; a week is reached on its last day, or today."""
    run = best = 0
    for monday, kept in _kept(history):
        run = run + 1 if kept else 0
        best = max(best, run)
        yield min(monday + WEEK - timedelta(days=1), history.today), best


def deload_weeks_kept(history: History) -> Total:
    """Planned deload weeks that were kept: resting when it is due is part of training."""
    yield from _running(
        (min(monday + WEEK - timedelta(days=1), history.today), 1)
        for monday, kept in _kept(history)
        if kept and monday in history.deload_weeks
    )


def check_ins(history: History) -> Total:
    """Mornings with a check-in."""
    yield from _running((day, 1) for day in sorted(history.check_ins))


CHECKERS: dict[str, Checker] = {
    checker.__name__: checker
    for checker in (
        sessions,
        repetitions,
        tonnes_moved,
        different_exercises,
        personal_records,
        kept_weeks_in_a_row,
        deload_weeks_kept,
        check_ins,
    )
}


@cache
def rules() -> tuple[Rule, ...]:
    """The shipped rules. KeyError-free: a rule without a checker fails here, at the first look."""
    content = (files("repbeat.community") / "badges.json").read_bytes()
    found = msgspec.json.decode(content, type=tuple[Rule, ...])
    for rule in found:
        if rule.checker not in CHECKERS or list(rule.tiers) != sorted(set(rule.tiers)):
            raise ValueError(f"badges.json: {rule.id}: unknown checker, or tiers that do not rise")
    return found


def steps(checker: Checker) -> list[int]:
    """The totals of a checker that a badge is given for."""
    return [needed for rule in rules() if CHECKERS[rule.checker] is checker for needed in rule.tiers]


def badges(history: History, of: Iterable[Rule] | None = None) -> list[Badge]:
    """Every badge held, by the day it was reached."""
    out = []
    for rule in rules() if of is None else of:
        tier = 0
        for day, total in CHECKERS[rule.checker](history):
            while tier < len(rule.tiers) and total >= rule.tiers[tier]:
                tier += 1
                out.append(Badge(day, rule.id, tier, rule.tiers[tier - 1]))
            if tier == len(rule.tiers):
                break
    return sorted(out)


def _in_order(history: History) -> list[Done]:
    return sorted(history.sessions, key=attrgetter("at_ms", "day"))


def _kept(history: History) -> list[tuple[date, bool]]:
    return streaks.weeks(history.schedule, history.trained, history.today)


def _running(steps: Iterable[tuple[date, int]]) -> Total:
    total = 0
    latest = date.min
    for day, step in steps:
        total += step
        latest = max(latest, day)  # a flight west can put a later session on an earlier date
        yield latest, total
