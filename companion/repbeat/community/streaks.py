"""Streaks that know the schedule, and how consistently it is kept.

The unit is the week: a session may move within it. A week is kept when there are as many training days as
were planned on days that were not called off; planned rest, deload weeks (which plan fewer or lighter days)
and days of illness break nothing. A week that plans nothing neither counts nor breaks. Everything is computed
afresh
from what is known, so order of arrival, late syncs, corrections and removals cannot matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

CONSISTENCY_WEEKS = 8


class Schedule(msgspec.Struct, frozen=True):
    """Days on which training was planned, and days called off (ill, hurt, travelling): local dates."""

    planned: frozenset[date]
    called_off: frozenset[date] = frozenset()


class Streak(msgspec.Struct, frozen=True):
    """Kept weeks in a row up to now, the most there ever were, and the share kept of the last eight.

    `consistency` None: nothing was planned yet.
    """

    weeks: int
    best_weeks: int
    consistency: float | None


def week_of(day: date) -> date:
    """The Monday of a day's week: a streak does not depend on which day a calendar begins with."""
    return day - timedelta(days=day.weekday())


def weeks(schedule: Schedule, trained: Iterable[date], today: date) -> list[tuple[date, bool]]:
    """(Monday, kept) of each week up to today that planned something, in order.

    The running week is left out until it is kept: there is still time.
    """
    wanted = Counter(map(_week, schedule.planned - schedule.called_off))
    if not wanted:
        return []
    done = Counter(map(_week, set(trained)))
    running = _week(today)
    out = []
    for week in sorted(wanted):
        kept = done[week] >= wanted[week]
        if week < running or (week == running and kept):
            out.append((date.fromordinal(7 * week + 1), kept))
    return out


def _week(day: date) -> int:
    return (day.toordinal() - 1) // 7  # the first of January 1 was a Monday


def streak(schedule: Schedule, trained: Iterable[date], today: date) -> Streak:
    """How it stands on `today`; `trained` are local days with a session."""
    known = weeks(schedule, trained, today)
    run = best = 0
    for _, kept in known:
        run = run + 1 if kept else 0
        best = max(best, run)
    lately = [kept for _, kept in known[-CONSISTENCY_WEEKS:]]
    return Streak(run, best, sum(lately) / len(lately) if lately else None)
