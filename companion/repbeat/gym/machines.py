"""Machines of a gym, and which sensor sits on which from when on."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.gym.claims import TIMEOUT_S
from repbeat.people import tenants
from repbeat.people.accounts import clean_name
from repbeat.store import Database, NotFound, devices


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """`exercise` is the protocol's code, 0: several; a claim ends `timeout_s` after its last set."""

    machine_id: str
    gym_id: str
    name: str
    exercise: int = 0
    timeout_s: int = TIMEOUT_S
    created_ms: int = 0


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor on a machine (None: on none) from a moment on."""

    device_id: str
    from_ms: int
    machine_id: str | None


def add(
    db: Database,
    name: str,
    now_ms: int,
    *,
    gym_id: str = tenants.HOME,
    exercise: int = 0,
    timeout_s: int = TIMEOUT_S,
) -> Machine:
    """A new machine."""
    machine = Machine(
        machine_id=uuid.uuid4().hex[:12],
        gym_id=gym_id,
        name=clean_name(name),
        exercise=exercise,
        timeout_s=timeout_s,
        created_ms=now_ms,
    )
    db.insert("machines", [machine])
    return machine


def get(db: Database, machine_id: str) -> Machine:
    """By id; NotFound otherwise."""
    found = db.one(Machine, "SELECT * FROM machines WHERE machine_id = :machine_id", machine_id=machine_id)
    if found is None:
        raise NotFound("no such machine: `repbeat machines` lists them")
    return found


def every(db: Database) -> list[Machine]:
    """All, by name."""
    return db.all(Machine, "SELECT * FROM machines ORDER BY name, machine_id")


def rename(db: Database, machine_id: str, name: str) -> None:
    """Another name; NotFound if there is no such machine."""
    machine = msgspec.structs.replace(get(db, machine_id), name=clean_name(name))
    db.upsert("machines", ("machine_id",), [machine])


def mount(db: Database, device_id: str, machine_id: str | None, from_ms: int) -> None:
    """The sensor sits on the machine (None: on none) from a moment on; it hangs in the machine's gym."""
    devices.get(db, device_id)
    with db.atomic():
        db.upsert(
            "machine_sensors",
            ("device_id", "from_ms"),
            [Mount(device_id=device_id, from_ms=from_ms, machine_id=machine_id)],
        )
        if machine_id is not None:
            tenants.place_device(db, device_id, get(db, machine_id).gym_id)


def mounts(db: Database, device_id: str) -> list[Mount]:
    """Where a sensor has been, in order."""
    return db.all(
        Mount,
        "SELECT * FROM machine_sensors WHERE device_id = :device_id ORDER BY from_ms",
        device_id=device_id,
    )


def sensors(db: Database) -> dict[str, str]:
    """machine_id → the sensor that sits on it now."""
    latest: dict[str, Mount] = {}
    for one in db.all(Mount, "SELECT * FROM machine_sensors ORDER BY from_ms"):
        latest[one.device_id] = one
    return {one.machine_id: one.device_id for one in latest.values() if one.machine_id is not None}


def at(found: list[Mount], at_ms: int) -> str | None:
    """The machine a sensor sat on at a moment; `found`: its mounts in order."""
    here = None
    for one in found:
        if one.from_ms <= at_ms:
            here = one.machine_id
    return here
