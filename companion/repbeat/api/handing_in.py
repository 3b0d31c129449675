"""What a gym's hub hands in: its devices and their records, as often as it likes; each is kept once."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import current_app
from msgspec import Meta

from repbeat import ingest
from repbeat.api.operations import DeviceId, Operations, Text, Words
from repbeat.hub import events
from repbeat.people import tenants, tokens
from repbeat.people.errors import UnknownScope
from repbeat.people.roles import Role
from repbeat.store import NotFound, devices, records
from repbeat.web.context import gate, now_ms, store
from repbeat_protocol import records as wire

handing_in = Operations("Hubs")

MOST_RECORDS = 512  # at once: at most 180 kB
U32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
Sequence = Annotated[int, Meta(ge=0, le=0xFFFFFFFF, description="a record's number in its log")]


class Heard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device said of itself when the hub was last connected; `gym_id` of one that is new here."""

    log_id: U32
    head_seq: Sequence
    name: Text
    role: Annotated[str, Meta(pattern="^[a-z-]{1,20}$")] = "band"
    address: Words = ""
    boot: U32 = 0
    plan_revision: U32 = 0
    firmware: Words = ""
    gym_id: Text | None = None


class RawRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record as it came off the device, header and CRC included, in base64."""

    seq: Sequence
    raw: Annotated[bytes, Meta(min_length=wire.OVERHEAD, max_length=wire.OVERHEAD + 240)]


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records first_seq … next_seq-1 that the device has no longer."""

    first_seq: Sequence
    next_seq: Sequence
    why: Text


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records of one log, in any order. `caught_up`: with these the hub has handed in all it has."""

    log_id: U32
    records: Annotated[list[RawRecord], Meta(max_length=MOST_RECORDS)] = []
    gaps: Annotated[list[Gap], Meta(max_length=100)] = []
    caught_up: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All below `next_seq` is on disk, or named as a gap: go on from there, and forget what lies before."""

    next_seq: int
    stored: int = 0
    duplicates: int = 0
    flagged: int = 0


@handing_in.put("/devices/{device_id}", Role.OPERATOR, tokens.HUB)
def hear_device(device_id: DeviceId, body: Heard) -> Kept:
    """Say what a device said of itself; a new one hangs in the hub's gym from now on."""
    db = store()
    _placed(device_id, body.gym_id)
    devices.seen(
        db,
        device_id,
        name=body.name,
        role=body.role,
        address=body.address,
        log_id=body.log_id,
        head_seq=body.head_seq,
        boot=body.boot,
        plan_revision=body.plan_revision,
        firmware=body.firmware,
        now_ms=now_ms(),
    )
    return Kept(next_seq=records.cursor(db, device_id, body.log_id))


@handing_in.post("/devices/{device_id}/records", Role.OPERATOR, tokens.HUB, 200)
def hand_in(device_id: DeviceId, body: Batch) -> Kept:
    """Hand records in; the answer acknowledges all that is here, whoever brought it.

    The same again changes nothing. One damaged record and nothing of the batch is kept (422): send it again.
    """
    db = store()
    if not gate().operates(device_id):
        raise NotFound("no such device in a gym that you operate: PUT it first")
    device = devices.get(db, device_id)
    with db.atomic():
        stored = ingest.ingest(
            db, device_id, body.log_id, [(one.seq, one.raw) for one in body.records], now_ms()
        )
        next_seq = stored.next_seq
        for gap in body.gaps:
            if gap.next_seq <= gap.first_seq:
                raise msgspec.ValidationError("a gap's next_seq lies above its first_seq")
            next_seq = records.add_gap(
                db, device_id, body.log_id, gap.first_seq, gap.next_seq, gap.why, now_ms()
            )
        if body.caught_up:
            devices.caught_up(db, device_id, next_seq, now_ms())
    _tell(device, stored, next_seq, body.caught_up)
    return Kept(
        next_seq=next_seq, stored=stored.stored, duplicates=stored.duplicates, flagged=len(stored.flags)
    )


def _placed(device_id: str, gym_id: str | None) -> None:
    """See that the device hangs in a gym that the asker operates."""
    db, of = store(), gate()
    known = db.value("SELECT 1 FROM devices WHERE device_id = :device_id", device_id=device_id)
    if known is not None:
        if not of.operates(device_id):
            raise NotFound("this device hangs in a gym that you do not operate: its operator hands it over")
        return
    gyms = sorted(of.viewer.operates) or [tenants.HOME]
    chosen = gym_id or (gyms[0] if len(gyms) == 1 else None)
    if chosen not in gyms:
        raise UnknownScope(f"gym_id is one of {', '.join(gyms)}: name the gym where the device hangs")
    tenants.place_device(db, device_id, chosen)


def _tell(device: devices.Device, stored: ingest.Stored, cursor: int, caught_up: bool) -> None:
    """What follows from records follows from these too: the planner, sets on machines."""
    tell = current_app.extensions["repbeat.tell"]
    who = {"address": device.address, "device_id": device.device_id, "name": device.name}
    tell(events.Progress(**who, cursor=cursor, head_seq=device.head_seq or cursor, stored=stored))
    if caught_up:
        tell(events.CaughtUp(**who, cursor=cursor))
