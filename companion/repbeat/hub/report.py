"""What is known of a device, as `repbeat devices` and the pages give it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from repbeat.store import Database, athletes, clocks, devices, records
from repbeat.store.devices import Device

EVERY_SAMPLE = "every sample present"
NOT_FETCHED = "not fetched yet"


def device(db: Database, one: Device, now_ms: int) -> dict[str, Any]:
    """One device: whose, when synced, battery, firmware, its log's completeness, its clock."""
    owner = devices.athlete_of(db, one)
    absent = (
        records.absent(db, one.device_id, one.log_id, one.head_seq or 0) if one.log_id is not None else []
    )
    missing = sum(gap.next_seq - gap.first_seq for gap in absent if not gap.why)
    named = sum(gap.next_seq - gap.first_seq for gap in absent if gap.why)
    return {
        "device_id": one.device_id,
        "name": one.name,
        "role": one.role,
        "athlete": athletes.get(db, owner).name if owner else None,
        "last_sync": _moment(one.last_sync_ms),
        "sync_age_s": None if one.last_sync_ms is None else max(0, now_ms - one.last_sync_ms) / 1000,
        "battery_percent": one.battery_percent,
        "battery_mv": one.battery_mv,
        "charging": one.charging,
        "received_bytes": one.received_bytes,
        "firmware": one.firmware,
        "plan_revision": one.plan_revision,
        "log_id": None if one.log_id is None else f"{one.log_id:08x}",
        "records": records.count(db, one.device_id, one.log_id) if one.log_id is not None else 0,
        "missing": missing,
        "gaps": [
            {"first": gap.first_seq, "next": gap.next_seq, "why": gap.why or "not fetched yet"}
            for gap in absent
        ],
        "samples": _samples(missing, named),
        "flags": dict(Counter(flag.flag for flag in records.flags(db, one.device_id))),
        "clock": _clock(db, one),
        "problem": one.problem,
    }


def _samples(missing: int, named: int) -> str:
    parts = []
    if missing:
        parts.append(f"{missing} {NOT_FETCHED}")
    if named:
        parts.append(f"{named} gone from the device, in named gaps")
    return ", ".join(parts) or EVERY_SAMPLE


def _clock(db: Database, one: Device) -> dict[str, Any]:
    latest = clocks.latest(db, one.device_id, one.log_id) if one.log_id is not None else None
    if latest is None:
        return {"state": "never set", "set_at": None, "uncertainty_ms": None}
    if latest.refused:
        return {"state": f"not believed: {latest.refused}", "set_at": None, "uncertainty_ms": None}
    return {
        "state": f"set, within {latest.uncertainty_ms} ms",
        "set_at": _moment(latest.unix_ms, latest.utc_offset_min),
        "uncertainty_ms": latest.uncertainty_ms,
    }


def _moment(unix_ms: int | None, offset_min: int = 0) -> str | None:
    if unix_ms is None:
        return None
    zone = timezone(timedelta(minutes=offset_min)) if offset_min else UTC
    return datetime.fromtimestamp(unix_ms / 1000, zone).isoformat(timespec="milliseconds")
