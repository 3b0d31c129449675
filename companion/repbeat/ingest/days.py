"""What each day cost an athlete, and its trend: derived from sessions, each with its formula's version."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from repbeat.derive import load
from repbeat.store import sessions, values
from repbeat.store.database import Database
from repbeat.store.sessions import SessionLoad
from repbeat.store.values import Value

LOAD = "day_load"  # {sessions, trimp, srpe (None: no session was rated)}
RPE_MOST = 10  # what a device may send beyond is no rating
TREND = "day_trend"  # {fitness, fatigue, form, warming_up}, of the heart-rate load


def refresh(db: Database, athlete_id: str) -> None:
    """Compute all days of an athlete anew, from the first session to the last; only what differs is written.

    A session counts on the calendar day on which it began where the athlete then was.
    """
    by_day: dict[date, list[SessionLoad]] = defaultdict(list)
    for one in sessions.loads(db, athlete_id):
        by_day[_day(one)].append(one)
    wanted: dict[tuple[str, str], Value] = {}
    for day, found in by_day.items():
        wanted[day.isoformat(), LOAD] = Value(formula=LOAD, version=load.TRIMP_VERSION, value=_load(found))
    if by_day:
        trimps = {day: sum(one.trimp_x100 or 0 for one in found) / 100 for day, found in by_day.items()}
        for step in load.load_trend(trimps, max(by_day)):
            wanted[step.day.isoformat(), TREND] = Value(
                formula=TREND,
                version=step.version,
                value={
                    "fitness": round(step.fitness, 3),
                    "fatigue": round(step.fatigue, 3),
                    "form": round(step.form, 3),
                    "warming_up": step.warming_up,
                },
            )
    values.put_days(db, athlete_id, wanted)


def _day(one: SessionLoad) -> date:
    moment = datetime.fromtimestamp(one.start_ms / 1000, UTC) + timedelta(minutes=one.utc_offset_min or 0)
    return moment.date()


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
