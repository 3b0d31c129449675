"""What each day cost an athlete, and its trend: derived from sessions, each with its formula's version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from repbeat.derive import load
from repbeat.store import sessions, tallies, values
from repbeat.store.database import Database
from repbeat.store.sessions import SessionLoad
from repbeat.store.values import Value

LOAD = "day_load"  # {sessions, trimp, srpe (None: no session was rated)}
BEFORE = timedelta(days=504)  # twelve time constants of fitness: e^-12 of what lies before is left
RPE_MOST = 10  # what a device may send beyond is no rating

_EARLIEST, _LATEST = "0001-01-01", "9999-12-31"
_DAY_MS = 24 * 3600 * 1000
_EPOCH = date(1970, 1, 1).toordinal()
_OFFSET_MOST_MS = 18 * 3600 * 1000  # no zone is further from UTC than 14 h; records may say up to 18


def day_of(start_ms: int, utc_offset_min: int | None) -> date:
    """The calendar day on which a session counts: that of its beginning, where the athlete then was."""
    return (datetime.fromtimestamp(start_ms / 1000, UTC) + timedelta(minutes=utc_offset_min or 0)).date()


def from_epoch(days: int) -> date:
    """The day so many days after 1 January 1970."""
    return date.fromordinal(_EPOCH + days)


def to_epoch(day: date) -> int:
    """The days from 1 January 1970 to a day."""
    return day.toordinal() - _EPOCH


def refresh(db: Database, athlete_id: str, of: Collection[date] | None = None) -> None:
    """Compute the load and the tallies of some days of an athlete anew, or of all."""
    db.hold("athlete", athlete_id)
    tallies.refresh(db, athlete_id, None if of is None else map(to_epoch, of))
    if of is None:
        found = _by_day(sessions.loads(db, athlete_id))
        kept = values.of_days(db, athlete_id, LOAD, _EARLIEST, _LATEST)
        wanted = {day: found.get(day) for day in found.keys() | kept.keys()}
    else:
        wanted = {}
        for day in of:
            begin_ms = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
            near = sessions.loads(
                db, athlete_id, begin_ms - _OFFSET_MOST_MS, begin_ms + _DAY_MS + _OFFSET_MOST_MS
            )
            wanted[day.isoformat()] = _by_day(near).get(day.isoformat())
    values.put_days(
        db,
        athlete_id,
        LOAD,
        {
            day: Value(formula=LOAD, version=load.TRIMP_VERSION, value=_load(of_day)) if of_day else None
            for day, of_day in wanted.items()
        },
    )


def loads(db: Database, athlete_id: str, first: date = date.min) -> dict[date, float]:
    """The heart-rate load of each day from `first` on that has one."""
    kept = values.figure_of_days(db, athlete_id, LOAD, "trimp", first.isoformat(), _LATEST)
    return {date.fromisoformat(day): trimp for day, trimp in kept.items()}


def trend(db: Database, athlete_id: str, until: date, first: date = date.min) -> list[load.TrendDay]:
    """Fitness, fatigue and form of each day from `first`, or the first session, to `until`, of the load.

    Computed when asked for: a session that comes late changes all after it. Of what lies before `first` the
    last `BEFORE` count: what is older weighs less than is ever shown.
    """
    since = first - BEFORE if first - date.min > BEFORE else date.min
    return load.load_trend(loads(db, athlete_id, since), until, shown=first)


def _by_day(found: Iterable[SessionLoad]) -> dict[str, list[SessionLoad]]:
    by_day: dict[str, list[SessionLoad]] = defaultdict(list)
    for one in found:
        by_day[day_of(one.start_ms, one.utc_offset_min).isoformat()].append(one)
    return by_day


def _load(found: list[SessionLoad]) -> dict[str, Any]:
    rated = [
        load.session_rpe_load(one.rpe, (one.duration_s or 0) / 60)
        for one in found
        if one.rpe is not None and one.rpe <= RPE_MOST
    ]
    return {
        "sessions": len(found),
        "trimp": sum(one.trimp_x100 or 0 for one in found) / 100,
        "srpe": round(sum(rated), 1) if rated else None,
    }
