"""What an athlete did in some days, and who says so: a device's log (measured), or a file (typed).

Exercises are alike: a push of a wheelchair, a turn of an arm crank and a seated press are repetitions as any.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from repbeat.ingest import days
from repbeat.ingest.days import day_of
from repbeat.interop import alike
from repbeat.store import Database, athletes
from repbeat_protocol import exercises

SESSIONS, SETS, REPETITIONS, MINUTES = "sessions", "sets", "repetitions", "minutes"
KINDS = (SESSIONS, SETS, REPETITIONS, MINUTES)
AROUND = timedelta(days=1)  # a local day begins up to 14 hours before or after UTC's

# What a file brought and no band may have counted, too.
_ALONE = """NOT EXISTS (SELECT 1 FROM near_duplicates AS n WHERE n.athlete_id = s.athlete_id
               AND n.import_id = s.import_id AND (n.decided IS NULL OR n.decided <> :different))"""


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """One session; `day` is local. `measured` False: it came from a file."""

    day: date
    measured: bool
    sets: int
    repetitions: int
    minutes: float

    def of(self, kind: str) -> float:
        """As much as it counts for; KeyError names the kinds there are."""
        match kind:
            case "sessions":
                return 1.0
            case "sets" | "repetitions" | "minutes":
                return float(getattr(self, kind))
        raise KeyError(f"{kind}: counted are {', '.join(KINDS)}")


def between(db: Database, athlete_id: str, first: date, after: date) -> list[Amount]:
    """Every ended session of these local days; one from a file that may be a band's too counts once."""
    from_ms, until_ms = day_ms(first - AROUND), day_ms(after + AROUND)
    measured = db.rows(
        """SELECT s.start_ms, s.utc_offset_min, s.duration_s * 1000 AS took_ms, COUNT(t.seq) AS sets,
             COALESCE(SUM(t.reps), 0) AS repetitions
           FROM sessions AS s LEFT JOIN sets AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq AND t.exercise <> :breathing
           WHERE s.athlete_id = :athlete_id AND s.end_seq IS NOT NULL
             AND s.start_ms >= :from_ms AND s.start_ms < :until_ms
           GROUP BY s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min, s.duration_s""",
        breathing=exercises.PACED_BREATHING,  # breaths are no repetitions
        athlete_id=athlete_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    found = [_amount(row, row["utc_offset_min"], measured=True) for row in measured]
    found += _typed(db, athlete_id, from_ms, until_ms)
    return sorted((one for one in found if first <= one.day < after), key=lambda one: one.day)


def typed_days(db: Database, athlete_id: str) -> frozenset[date]:
    """Local days with a session that came from a file alone."""
    rows = db.rows(
        f"""SELECT DISTINCT (s.start_ms + :offset_min * 60000) / 86400000 AS day
           FROM imported_sessions AS s WHERE s.athlete_id = :athlete_id AND s.start_ms >= 0 AND {_ALONE}""",  # noqa: S608
        athlete_id=athlete_id,
        offset_min=athletes.get(db, athlete_id).utc_offset_min,
        different=alike.DIFFERENT,
    )
    return frozenset(days.from_epoch(row["day"]) for row in rows)


def measured_share(amounts: list[Amount]) -> float:
    """How much of the sessions devices counted, 0–1; 1 where there are none."""
    return sum(one.measured for one in amounts) / len(amounts) if amounts else 1.0


def _typed(db: Database, athlete_id: str, from_ms: int, until_ms: int) -> list[Amount]:
    rows = db.rows(
        f"""SELECT s.start_ms, s.end_ms - s.start_ms AS took_ms, COUNT(t.set_index) AS sets,
             COALESCE(SUM(t.reps), 0) AS repetitions
           FROM imported_sessions AS s LEFT JOIN imported_sets AS t ON t.athlete_id = s.athlete_id
             AND t.import_id = s.import_id
           WHERE s.athlete_id = :athlete_id AND s.start_ms >= :from_ms AND s.start_ms < :until_ms
             AND {_ALONE}
           GROUP BY s.athlete_id, s.import_id, s.start_ms, s.end_ms""",  # noqa: S608
        athlete_id=athlete_id,
        from_ms=from_ms,
        until_ms=until_ms,
        different=alike.DIFFERENT,
    )
    offset_min = athletes.get(db, athlete_id).utc_offset_min
    return [_amount(row, offset_min, measured=False) for row in rows]


def _amount(row: dict[str, Any], offset_min: int | None, *, measured: bool) -> Amount:
    return Amount(
        day=day_of(row["start_ms"], offset_min),
        measured=measured,
        sets=row["sets"],
        repetitions=row["repetitions"],
        minutes=(row["took_ms"] or 0) / 60_000,
    )


def day_ms(day: date) -> int:
    """A day's beginning in UTC."""
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
