"""What was done, summed: by day, by four weeks, and when each kind of set was first done.

Streaks, badges and records look at years. Kept as sessions come in, so that they need not read each session
and set. Only dated sessions that have ended are in here; a day is the athlete's own, counted from 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from repbeat.store.database import Database
from repbeat_protocol import exercises

DAYS = 28  # of a period, which begins with its number times as many days
_DAY_MS = 24 * 3600 * 1000
_OFFSET_MOST_MS = 18 * 3600 * 1000  # no zone is further from UTC than 14 h; records may say up to 18
_END = 1 << 20  # a day after all
_PAGE = 50  # periods: four years


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What was done from the day `first_day` on, whose first session began at `first_ms`."""

    first_day: int
    first_ms: int
    sessions: int
    repetitions: int
    moved_g: int  # load times repetitions


class FirstSet(msgspec.Struct, frozen=True, kw_only=True):
    """When, and on which day, the first session began with a set like this one."""

    exercise: int
    load_g: int
    reps: int
    start_ms: int
    day: int


_DAY = "(s.start_ms + COALESCE(s.utc_offset_min, 0) * 60000) / 86400000"
_OF_DAYS = f"""s.athlete_id = :athlete_id AND s.end_seq IS NOT NULL AND s.start_ms >= :from_ms
             AND s.start_ms < :until_ms AND {_DAY} >= :first AND {_DAY} < :after"""
_SETS = """FROM sets AS t WHERE t.device_id = s.device_id AND t.log_id = s.log_id
              AND t.session_seq = s.session_seq"""

# Constants alone are put together here; values are parameters.
_SUM_DAYS = f"""INSERT INTO day_tallies (athlete_id, day, first_ms, sessions, repetitions, moved_g)
    SELECT athlete_id, day, MIN(start_ms), COUNT(*), COALESCE(SUM(repetitions), 0), COALESCE(SUM(moved_g), 0)
    FROM (SELECT s.athlete_id, {_DAY} AS day, s.start_ms,
            (SELECT SUM(t.reps) {_SETS} AND t.exercise <> :breathing) AS repetitions,
            (SELECT SUM(t.reps * t.load_g) {_SETS}) AS moved_g
          FROM sessions AS s WHERE {_OF_DAYS}) AS done
    GROUP BY athlete_id, day"""  # noqa: S608
_SUM_PERIODS = """INSERT INTO period_tallies
      (athlete_id, period, first_day, first_ms, sessions, repetitions, moved_g)
    SELECT athlete_id, day / :days, MIN(day), MIN(first_ms), SUM(sessions), SUM(repetitions), SUM(moved_g)
    FROM day_tallies
    WHERE athlete_id = :athlete_id AND day >= :first * :days AND day < :after * :days
    GROUP BY athlete_id, day / :days"""
_FIRSTS = f"""SELECT athlete_id, exercise, load_g, reps, start_ms, day
    FROM (SELECT alike.*, ROW_NUMBER() OVER
            (PARTITION BY exercise, load_g, reps ORDER BY start_ms, day) AS number
          FROM (SELECT DISTINCT s.athlete_id, t.exercise, t.load_g, t.reps, s.start_ms, {_DAY} AS day
                FROM sessions AS s JOIN sets AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
                  AND t.session_seq = s.session_seq
                WHERE {_OF_DAYS} AND (:exercise IS NULL OR t.exercise = :exercise)) AS alike) AS done
    WHERE number = 1"""  # noqa: S608


def refresh(db: Database, athlete_id: str, of: Iterable[int] | None = None) -> None:
    """Sum some days of an athlete anew, or all. Call inside `atomic`, holding the athlete."""
    if of is None:
        _sum(db, athlete_id, 0, _END)
        db.run("DELETE FROM first_sets WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
        _add_firsts(db, athlete_id, 0, _END)
        return
    for day in of:
        if _sum(db, athlete_id, day, day + 1):
            _find_firsts(db, athlete_id, day)
        else:  # nothing was first done on a day without a tally
            _add_firsts(db, athlete_id, day, day + 1)


def refresh_all(db: Database) -> None:
    """Sum everything of everybody."""
    for row in db.rows("SELECT athlete_id FROM athletes"):
        refresh(db, row["athlete_id"])


def days(db: Database, athlete_id: str, first: int = 0, after: int = _END) -> list[Tally]:
    """Each day from `first` to before `after` with a session, in order."""
    return db.all(
        Tally,
        """SELECT day AS first_day, first_ms, sessions, repetitions, moved_g FROM day_tallies
           WHERE athlete_id = :athlete_id AND day >= :first AND day < :after ORDER BY day""",
        athlete_id=athlete_id,
        first=first,
        after=after,
    )


def periods(db: Database, athlete_id: str) -> Iterator[Tally]:
    """Each period with a session, in order; read some at a time, for who wants the first alone."""
    period = 0
    while found := db.all(
        Tally,
        """SELECT first_day, first_ms, sessions, repetitions, moved_g FROM period_tallies
           WHERE athlete_id = :athlete_id AND period >= :period ORDER BY period LIMIT :most""",
        athlete_id=athlete_id,
        period=period,
        most=_PAGE,
    ):
        yield from found
        period = found[-1].first_day // DAYS + 1


def days_of_period(db: Database, athlete_id: str, period: Tally) -> list[Tally]:
    """The days that a period sums."""
    first = period.first_day // DAYS * DAYS
    return days(db, athlete_id, first, first + DAYS)


def first_sets(db: Database, athlete_id: str) -> list[FirstSet]:
    """Each kind of set that was ever done, in the order of exercise, load and repetitions."""
    return db.all(
        FirstSet,
        """SELECT exercise, load_g, reps, start_ms, day FROM first_sets WHERE athlete_id = :athlete_id
           ORDER BY exercise, load_g, reps""",
        athlete_id=athlete_id,
    )


def _sum(db: Database, athlete_id: str, first: int, after: int) -> int:
    """The days from `first` to before `after`, and the periods that they are in; how many had a tally."""
    span = {"athlete_id": athlete_id, "first": first, "after": after}
    before = db.run(
        "DELETE FROM day_tallies WHERE athlete_id = :athlete_id AND day >= :first AND day < :after", **span
    )
    summed = db.run(_SUM_DAYS, breathing=exercises.PACED_BREATHING, **_within(first, after), **span)
    if before or summed:
        span |= {"first": first // DAYS, "after": (after - 1) // DAYS + 1}
        db.run(
            """DELETE FROM period_tallies
               WHERE athlete_id = :athlete_id AND period >= :first AND period < :after""",
            **span,
        )
        db.run(_SUM_PERIODS, days=DAYS, **span)
    return before


def _find_firsts(db: Database, athlete_id: str, day: int) -> None:
    """The first sets that were, or now are, on this day."""
    before = db.all(
        FirstSet,
        """SELECT exercise, load_g, reps, start_ms, day FROM first_sets
           WHERE athlete_id = :athlete_id AND day = :day""",
        athlete_id=athlete_id,
        day=day,
    )
    _add_firsts(db, athlete_id, day, day + 1)
    if not before:
        return
    here = db.rows(
        _FIRSTS,
        athlete_id=athlete_id,
        exercise=None,
        first=day,
        after=day + 1,
        **_within(day, day + 1),
    )
    known = {(row["exercise"], row["load_g"], row["reps"]): row["start_ms"] for row in here}
    gone = {
        one.exercise
        for one in before
        if known.get((one.exercise, one.load_g, one.reps), _END * _DAY_MS) > one.start_ms
    }
    for exercise in gone:  # it was moved or taken away: another one is the first now
        db.run(
            "DELETE FROM first_sets WHERE athlete_id = :athlete_id AND exercise = :exercise",
            athlete_id=athlete_id,
            exercise=exercise,
        )
        _add_firsts(db, athlete_id, 0, _END, exercise)


def _add_firsts(db: Database, athlete_id: str, first: int, after: int, exercise: int | None = None) -> None:
    """Of each kind of set done on these days the first, where none before is known."""
    db.run(
        f"""INSERT INTO first_sets (athlete_id, exercise, load_g, reps, start_ms, day) {_FIRSTS}
            ON CONFLICT (athlete_id, exercise, load_g, reps) DO UPDATE
            SET start_ms = excluded.start_ms, day = excluded.day
            WHERE excluded.start_ms < first_sets.start_ms""",  # noqa: S608
        athlete_id=athlete_id,
        exercise=exercise,
        first=first,
        after=after,
        **_within(first, after),
    )


def _within(first: int, after: int) -> dict[str, int]:
    """Where the sessions of these days are looked for: the index knows moments, not days."""
    return {
        "from_ms": max(0, first * _DAY_MS - _OFFSET_MOST_MS),
        "until_ms": after * _DAY_MS + _OFFSET_MOST_MS,
    }
