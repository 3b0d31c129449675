"""Mornings and check-ins: read from a device's REST and CHECKIN records as they come, or entered by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from repbeat.coach import planned, shelf
from repbeat.coach.safety import Sign
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import CheckIn, Effort, Readiness, readiness
from repbeat.ingest import clock
from repbeat.store import Database, clocks, devices, records, sessions, vault
from repbeat.store.records import Record
from repbeat_protocol import records as wire

DAYS_READ = 75
KEPT_PERMILLE = 800  # fewer intervals kept: HRV is unusable (SCIENCE section 2)
RPE_MOST = 10


def catch_up(db: Database, device_id: str) -> set[str]:
    """Turn a device's new REST and CHECKIN records into mornings, check-ins and red flags.

    Stops at the first that no clock dates yet: it is asked for again. Returns whom something is new of.
    """
    concerned: set[str] = set()
    log_id = devices.get(db, device_id).log_id
    if log_id is None:
        return concerned
    with db.atomic():
        first = db.value(
            "SELECT next_seq FROM recovery_cursors WHERE device_id = :device_id AND log_id = :log_id",
            device_id=device_id,
            log_id=log_id,
        )
        head = records.cursor(db, device_id, log_id)
        begin = first or 0
        found = [
            record
            for kind in (wire.REST, wire.CHECKIN)
            for record in records.between(db, device_id, log_id, begin, head, kind)
        ]
        reached = head
        for record in sorted(found, key=lambda one: one.seq):
            athlete_id = devices.athlete_at(db, device_id, log_id, record.seq)
            if not _take(db, record, athlete_id):
                reached = record.seq
                break
            if athlete_id is not None:
                concerned.add(athlete_id)
        row = {"device_id": device_id, "log_id": log_id, "next_seq": reached}
        db.upsert("recovery_cursors", ("device_id", "log_id"), [row])
    return concerned


def _take(db: Database, record: Record, athlete_id: str | None) -> bool:
    dated = clock.BootClock(clocks.of_boot(db, record.device_id, record.log_id, record.boot)).at(
        record.uptime_ms
    )
    if dated is None:
        return False
    if athlete_id is None or (record.type, record.version) not in wire.LAYOUTS:
        return True
    unix_ms, offset_min, _ = dated
    payload = wire.decode(record.raw, record.seq)[4]
    try:
        fields = wire.unpack(record.type, record.version, payload)
    except wire.BadPayload:
        return True
    if record.type == wire.CHECKIN:
        day = _day(unix_ms, offset_min)
        answers = {name: _answer(fields[name]) for name in ("sleep", "fatigue", "soreness", "stress", "mood")}
        check_in(db, athlete_id, CheckIn(day, **answers, unwell=fields["unwell"] == 1), unix_ms)
    else:
        start_ago_s, duration_s = fields["start_ago_s"], fields["duration_s"]
        ended_ms = unix_ms - max(0, start_ago_s - duration_s) * 1000
        _morning(db, athlete_id, record, _day(ended_ms, offset_min), fields)
    return True


def _morning(db: Database, athlete_id: str, record: Record, day: date, fields: dict[str, int]) -> None:
    asleep = fields["kind"] == wire.REST_KIND_SLEEP
    usable = fields["kept_permille"] >= KEPT_PERMILLE and fields["rmssd_x10"]
    row = Morning(
        day,
        # A morning minute and a night of one device are different windows: never one baseline.
        record.device_id if asleep else f"{record.device_id}/rest",
        fields["rmssd_x10"] / 10 if usable else None,
        float(fields["resting_bpm"]) if fields["resting_bpm"] else None,
        fields["duration_s"] / 60 if asleep else None,
    )
    before = [one for one in mornings(db, athlete_id, day, 0) if one.source == row.source]
    if not before or (before[0].asleep_min or 0) < (row.asleep_min or 0):
        add_morning(db, athlete_id, row)


def add_morning(db: Database, athlete_id: str, morning: Morning) -> None:
    """Keep a morning in place of the one of its day and source; imports name their own source."""
    row = {
        "athlete_id": athlete_id,
        "day": morning.day.isoformat(),
        "source": morning.source,
        "rmssd_ms": morning.rmssd_ms,
        "resting_bpm": morning.resting_bpm,
        "asleep_min": morning.asleep_min,
    }
    db.upsert("mornings", ("athlete_id", "day", "source"), [vault.sealed_row(db, "mornings", row)])


def check_in(db: Database, athlete_id: str, entry: CheckIn, now_ms: int) -> None:
    """Keep a morning's answers; whoever feels ill locks every rise until it is cleared."""
    row: dict[str, Any] = {
        "athlete_id": athlete_id,
        "day": entry.day.isoformat(),
        "sleep": entry.sleep,
        "fatigue": entry.fatigue,
        "soreness": entry.soreness,
        "stress": entry.stress,
        "mood": entry.mood,
        "unwell": int(entry.unwell),
    }
    db.upsert("check_ins", ("athlete_id", "day"), vault.sealed_rows(db, "check_ins", [row]))
    if entry.unwell:
        shelf.report_flag(db, athlete_id, f"check-in/{row['day']}", Sign.UNWELL.value, now_ms)


def mornings(db: Database, athlete_id: str, day: date, days: int = DAYS_READ) -> list[Morning]:
    """The mornings of the `days` up to `day`, all sources."""
    rows = db.rows(
        """SELECT * FROM mornings
           WHERE athlete_id = :athlete_id AND day >= :first AND day <= :last ORDER BY day, source""",
        athlete_id=athlete_id,
        first=(day - timedelta(days=days)).isoformat(),
        last=day.isoformat(),
    )
    return [_night(vault.opened_row(db, "mornings", row)) for row in rows]


def _night(row: dict[str, Any]) -> Morning:
    return Morning(
        date.fromisoformat(row["day"]),
        row["source"],
        row["rmssd_ms"],
        row["resting_bpm"],
        row["asleep_min"],
    )


def check_ins(db: Database, athlete_id: str, day: date, days: int = DAYS_READ) -> list[CheckIn]:
    """The answers of the `days` up to `day`."""
    return vault.opened_rows(
        db,
        "check_ins",
        CheckIn,
        """SELECT * FROM check_ins
           WHERE athlete_id = :athlete_id AND day >= :first AND day <= :last ORDER BY day""",
        athlete_id=athlete_id,
        first=(day - timedelta(days=days)).isoformat(),
        last=day.isoformat(),
    )


def efforts(db: Database, athlete_id: str) -> list[Effort]:
    """How hard the last sessions felt against what their plan meant; where either is not said, nothing is."""
    meant = planned.every(db, athlete_id)
    return [
        Effort(_day(one.start_ms, one.utc_offset_min or 0), float(one.rpe), meant[one.plan_revision])
        for one in sessions.latest(db, athlete_id, limit=40)
        if one.start_ms is not None
        and one.rpe is not None
        and one.rpe <= RPE_MOST
        and one.plan_revision in meant
    ]


def readiness_on(db: Database, athlete_id: str, day: date) -> Readiness:
    """Readiness of a morning from all that is here; UNKNOWN where that is too little."""
    return readiness(
        mornings(db, athlete_id, day), check_ins(db, athlete_id, day), efforts(db, athlete_id), day
    )


def readiness_before(db: Database, athlete_id: str, day: date, days: int = 14) -> Sequence[Readiness]:
    """The mornings before `day`, latest first."""
    kept = mornings(db, athlete_id, day, DAYS_READ + days)
    answers, hard = check_ins(db, athlete_id, day), efforts(db, athlete_id)
    if not kept:
        return ()
    return [readiness(kept, answers, hard, day - timedelta(days=ago)) for ago in range(1, days + 1)]


def _answer(value: int) -> int | None:
    return value if 1 <= value <= 5 else None


def _day(unix_ms: int, offset_min: int) -> date:
    return (datetime.fromtimestamp(unix_ms / 1000, UTC) + timedelta(minutes=offset_min)).date()
