"""Sessions that a band recorded, as activities for other programs' files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from repbeat.interop import csv_files, fhir, fit_workout, fit_write, imports, tcx
from repbeat.interop.activity import BPM_RANGE, RR_RANGE_MS, Activity, HeartSample, SetDone
from repbeat.interop.apple_health import DayValue
from repbeat.interop.errors import ExportRefused
from repbeat.store import Database, heart_blocks, oxygen, plans, samples, sessions, vault
from repbeat.store.athletes import Athlete
from repbeat.store.sessions import Key, Session
from repbeat_protocol import heart
from repbeat_protocol import records as wire
from repbeat_protocol.plan import PlanError

MOST_SESSIONS = 100_000
Row = TypeVar("Row")


class _Morning(msgspec.Struct):
    """What a clinician gets of a band's morning."""

    day: str
    source: str
    resting_bpm: float | None


def activity_of(db: Database, session: Session) -> Activity:
    """A dated, ended session; ExportRefused for another: no file can say when it was."""
    if session.start_ms is None or session.duration_s is None:
        raise ExportRefused("the session has no date or no end yet: sync the device once more")
    until_ms = session.uptime_ms + session.duration_s * 1000
    offset_ms = session.start_ms - session.uptime_ms  # from uptime of its boot to unix time
    return Activity(
        source="repbeat",
        sport="training",
        start_ms=session.start_ms,
        end_ms=session.start_ms + session.duration_s * 1000,
        heart=_heart(db, session, until_ms, offset_ms),
        rr_ms=_intervals(db, session, until_ms),
        sets=[
            SetDone(
                start_ms=one.end_uptime_ms - one.duration_ms + offset_ms,
                duration_ms=one.duration_ms,
                exercise=one.exercise,
                reps=one.reps,
                load_g=one.load_g,
            )
            for one in sessions.sets(db, Key(session.device_id, session.log_id, session.session_seq))
            if one.boot == session.boot
        ],
    )


def files(db: Database, athlete_id: str) -> Iterator[tuple[str, bytes]]:
    """(path, content) of what other programs read: the export's part for them.

    Each session that can have one as FIT, TCX and CSV, and the newest plan as a FIT workout.
    """
    for session in sessions.latest(db, athlete_id, limit=MOST_SESSIONS):
        try:
            activity = activity_of(db, session)
            content = fit_write.write(activity)
        except ExportRefused:
            continue
        when = datetime.fromtimestamp((session.start_ms or 0) / 1000, UTC)
        name = f"{when:%Y-%m-%dT%H%M%SZ}-{session.session_seq}"
        yield f"fit/{name}.fit", content
        if activity.heart:  # without it TCX could say nothing
            yield f"tcx/{name}.tcx", tcx.write(activity)
        yield f"sessions/{name}-heart.csv", csv_files.heart_table(activity).encode()
        yield f"sessions/{name}-sets.csv", csv_files.set_table(activity).encode()
        worn = oxygen.of_session(db, session)
        if worn:
            yield f"sessions/{name}-oxygen.csv", csv_files.oxygen_table(worn).encode()
    for plan in plans.every(db, athlete_id)[:1]:
        with suppress(ExportRefused, PlanError):
            yield f"workouts/{plan.revision}.fit", fit_workout.write(plan.wire(), plan.created_ms)


def clinical(db: Database, athlete: Athlete, first_day: date, last_day: date) -> dict[str, Any]:
    """Chosen days, both ends included, as a FHIR bundle: what bands recorded and what files brought.

    ExportRefused when they hold nothing.
    """
    activities = []
    for session in sessions.latest(db, athlete.athlete_id, limit=MOST_SESSIONS):
        try:
            activities.append(activity_of(db, session))
        except ExportRefused:
            continue
    activities += [imports.activity_of(db, row) for row in imports.of_athlete(db, athlete.athlete_id)]
    offset = timedelta(minutes=athlete.utc_offset_min)
    chosen = [
        one
        for one in activities
        if first_day <= (datetime.fromtimestamp(one.start_ms / 1000, UTC) + offset).date() <= last_day
    ]
    days = [*_days(db, athlete.athlete_id, first_day, last_day, "imported_days", DayValue)]
    for night in _days(db, athlete.athlete_id, first_day, last_day, "mornings", _Morning):
        if night.resting_bpm is not None:
            days.append(DayValue(night.day, "resting_bpm", night.source, night.resting_bpm))
    activities_in_order = sorted(chosen, key=lambda one: one.start_ms)
    return fhir.bundle(athlete.name, activities_in_order, days, uuid.UUID(athlete.athlete_id))


def _days(
    db: Database, athlete_id: str, first_day: date, last_day: date, table: str, kind: type[Row]
) -> list[Row]:
    return vault.opened_rows(
        db,
        table,
        kind,
        f"""SELECT * FROM {table} WHERE athlete_id = :athlete_id
             AND day >= :first_day AND day <= :last_day ORDER BY day, source""",  # noqa: S608
        athlete_id=athlete_id,
        first_day=first_day.isoformat(),
        last_day=last_day.isoformat(),
    )


def _heart(db: Database, session: Session, until_ms: int, offset_ms: int) -> list[HeartSample]:
    """Every good second: what the device was not sure of is no business of other programs."""
    out = []
    for block in heart_blocks.packed(
        db, session.device_id, session.log_id, session.boot, wire.HEART, session.uptime_ms, until_ms
    ):
        _, _, seconds = samples.read_heart(block.payload)
        for index, (bpm, state) in enumerate(seconds):
            at_ms = block.uptime_ms + index * 1000
            if session.uptime_ms <= at_ms <= until_ms and state >= heart.FAIR and bpm in BPM_RANGE:
                out.append(HeartSample(at_ms + offset_ms, bpm))
    return out


def _intervals(db: Database, session: Session, until_ms: int) -> list[int]:
    out: list[int] = []
    for block in heart_blocks.packed(
        db, session.device_id, session.log_id, session.boot, wire.RR, session.uptime_ms, until_ms
    ):
        out += [round(rr * 1000 / 1024) for rr in samples.read_rr(block.payload)[2]]
    return [rr for rr in out if rr in RR_RANGE_MS]
