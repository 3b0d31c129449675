"""Devices: how each is, and what of its log is here."""

from __future__ import annotations

import msgspec

from repbeat.api.operations import DeviceId, Operations
from repbeat.api.paging import Page
from repbeat.people import tokens
from repbeat.people.roles import Role
from repbeat.store import NotFound, devices, records
from repbeat.store.devices import Device
from repbeat.store.records import Absent
from repbeat.web.context import gate, store

fleet = Operations("Devices")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A device. `absent`: what its log had and the companion has not, with the reason where there is one.

    `received_bytes`: payload of its notifications that the companion's own radio heard, in all.
    """

    device_id: str
    name: str
    role: str
    firmware: str
    athlete_id: str | None
    plan_revision: int | None
    battery_percent: int | None
    battery_mv: int | None
    charging: bool | None
    last_seen_ms: int | None
    last_sync_ms: int | None
    problem: str
    received_bytes: int
    records: int
    absent: list[Absent]


@fleet.get("/devices", Role.SIGNED_IN, tokens.READ)
def list_devices() -> Page[Known]:
    """The devices that one wears, and those of the gyms that one operates."""
    found = [one for one in devices.every(store()) if gate().may_device(one)]
    return Page(items=[_known(one) for one in found], next=None)


@fleet.get("/devices/{device_id}", Role.SIGNED_IN, tokens.READ)
def get_device(device_id: DeviceId) -> Known:
    """One device."""
    return _known(one(device_id))


def one(device_id: str) -> Device:
    """A device that the asker may see; NotFound otherwise."""
    found = devices.get(store(), device_id)
    if not gate().may_device(found):
        raise NotFound("no such device, or not yours to see: /api/v1/devices lists those you may")
    return found


def _known(found: Device) -> Known:
    db = store()
    worn_by = devices.athlete_of(db, found)
    known = {athlete.athlete_id for athlete in gate().known()}
    log_id, head_seq = found.log_id, found.head_seq
    logged = log_id is not None
    return Known(
        device_id=found.device_id,
        name=found.name,
        role=found.role,
        firmware=found.firmware,
        athlete_id=worn_by if worn_by in known else None,
        plan_revision=found.plan_revision or None,
        battery_percent=found.battery_percent,
        battery_mv=found.battery_mv,
        charging=found.charging,
        last_seen_ms=found.last_seen_ms,
        last_sync_ms=found.last_sync_ms,
        problem=found.problem,
        received_bytes=found.received_bytes,
        records=records.count(db, found.device_id, log_id) if logged else 0,
        absent=records.absent(db, found.device_id, log_id, head_seq)
        if log_id is not None and head_seq is not None
        else [],
    )
