"""Devices: what is known of each, whose it is, and where its log stands."""

from __future__ import annotations

import msgspec

from repbeat.store import records
from repbeat.store.database import Database
from repbeat.store.errors import NotFound
from repbeat.store.owners import Owners


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """`log_id` and `head_seq` are as last read from it; `problem` says why the last sync ended early.

    `received_bytes`: payload of all its notifications that this companion's own radio heard: records, also
    those that came again, their frames' heads, live values. Reads, and what it was sent, are not in it.
    """

    device_id: str
    name: str
    role: str = "band"
    address: str = ""
    log_id: int | None = None
    head_seq: int | None = None
    boot: int | None = None
    plan_revision: int = 0
    firmware: str = ""
    battery_percent: int | None = None
    battery_mv: int | None = None
    charging: bool | None = None
    last_seen_ms: int | None = None
    last_sync_ms: int | None = None
    problem: str = ""
    received_bytes: int = 0


def name_of(device_id: int) -> str:
    """The store's key of INFO.device_id: 16 hex digits."""
    return f"{device_id:016x}"


def seen(
    db: Database,
    device_id: str,
    *,
    name: str,
    address: str,
    log_id: int,
    head_seq: int,
    boot: int,
    plan_revision: int,
    firmware: str,
    now_ms: int,
    role: str = "band",
) -> None:
    """Note what a device said of itself when it was connected; a new device or log is begun."""
    with db.atomic():
        db.run(
            """INSERT INTO devices (device_id, name, role, address, log_id, head_seq, boot, plan_revision,
                 firmware, last_seen_ms, problem)
               VALUES (:device_id, :name, :role, :address, :log_id, :head_seq, :boot, :plan_revision,
                 :firmware, :now_ms, '')
               ON CONFLICT (device_id) DO UPDATE SET address = excluded.address, log_id = excluded.log_id,
                 head_seq = excluded.head_seq, boot = excluded.boot, plan_revision = excluded.plan_revision,
                 firmware = excluded.firmware, last_seen_ms = excluded.last_seen_ms""",
            device_id=device_id,
            name=name,
            role=role,
            address=address,
            log_id=log_id,
            head_seq=head_seq,
            boot=boot,
            plan_revision=plan_revision,
            firmware=firmware,
            now_ms=now_ms,
        )
        begin_log(db, device_id, log_id, now_ms)


def last_log(db: Database, device_id: str) -> int | None:
    """The log that the device had when it was last seen; None when it never was."""
    log_id: int | None = db.value(
        "SELECT log_id FROM devices WHERE device_id = :device_id", device_id=device_id
    )
    return log_id


def begin_log(db: Database, device_id: str, log_id: int, now_ms: int) -> int:
    """The cursor of a log; made, at 0, if it has none."""
    known: int | None = db.value(
        "SELECT next_seq FROM logs WHERE device_id = :device_id AND log_id = :log_id",
        device_id=device_id,
        log_id=log_id,
    )
    if known is None:
        row = {"device_id": device_id, "log_id": log_id, "next_seq": 0, "first_seen_ms": now_ms}
        db.insert("logs", [row])
    return known or 0


def caught_up(db: Database, device_id: str, cursor: int, now_ms: int) -> None:
    """Everything the device had, up to `cursor`, is here as of `now_ms`."""
    db.run(
        """UPDATE devices SET head_seq = :cursor, last_seen_ms = :now_ms, last_sync_ms = :now_ms, problem = ''
           WHERE device_id = :device_id""",
        device_id=device_id,
        cursor=cursor,
        now_ms=now_ms,
    )


def set_problem(db: Database, device_id: str, problem: str) -> None:
    """Why the device could not be served; "" when it could."""
    db.run(
        "UPDATE devices SET problem = :problem WHERE device_id = :device_id",
        device_id=device_id,
        problem=problem,
    )


def received(db: Database, device_id: str, count: int) -> None:
    """So many bytes more came over the air."""
    db.run(
        "UPDATE devices SET received_bytes = received_bytes + :count WHERE device_id = :device_id",
        device_id=device_id,
        count=count,
    )


def plan_in_force(db: Database, device_id: str, log_id: int, revision: int) -> None:
    """The device's log says that it trains by this revision now; revisions only rise."""
    db.run(
        """UPDATE devices SET plan_revision = :revision
           WHERE device_id = :device_id AND log_id = :log_id AND plan_revision < :revision""",
        device_id=device_id,
        log_id=log_id,
        revision=revision,
    )


def rename(db: Database, device_id: str, name: str, role: str | None = None) -> None:
    """Give a device another name, and role if given."""
    changed = db.run(
        "UPDATE devices SET name = :name, role = COALESCE(:role, role) WHERE device_id = :device_id",
        device_id=device_id,
        name=name,
        role=role,
    )
    if not changed:
        raise NotFound(f"no device has the id {device_id}: connect it once with `repbeat sync`")


def battery(
    db: Database, device_id: str, log_id: int, seq: int, percent: int, millivolts: int, charging: int
) -> None:
    """Keep a BATTERY record's values unless a later record of the same log gave others."""
    db.run(
        """UPDATE devices SET battery_percent = :percent, battery_mv = :millivolts, charging = :charging,
             battery_log_id = :log_id, battery_seq = :seq
           WHERE device_id = :device_id
             AND (battery_seq IS NULL OR battery_log_id <> :log_id OR battery_seq <= :seq)""",
        device_id=device_id,
        log_id=log_id,
        seq=seq,
        percent=percent,
        millivolts=millivolts,
        charging=charging,
    )


def every(db: Database) -> list[Device]:
    """All, by name."""
    return db.all(Device, "SELECT * FROM devices ORDER BY name, device_id")


def get(db: Database, device_id: str) -> Device:
    """By id; NotFound otherwise."""
    found = db.one(Device, "SELECT * FROM devices WHERE device_id = :device_id", device_id=device_id)
    if found is None:
        raise NotFound(f"no device has the id {device_id}: connect it once with `repbeat sync`")
    return found


def assign(
    db: Database, device_id: str, log_id: int, athlete_id: str | None, first_seq: int | None = None
) -> None:
    """Records of this log from `first_seq` on are the athlete's (None: nobody's).

    Without `first_seq`: from the log's beginning where it had no owner yet, else from the cursor. A new
    log (after a factory reset) has no owner until it is assigned: it may be another person's by then.
    """
    with db.atomic():
        db.hold("log", device_id, log_id)
        if first_seq is None:
            known = {"device_id": device_id, "log_id": log_id}
            owned = db.value(
                "SELECT COUNT(*) FROM device_athletes WHERE device_id = :device_id AND log_id = :log_id",
                **known,
            )
            cursor = db.value(
                "SELECT next_seq FROM logs WHERE device_id = :device_id AND log_id = :log_id", **known
            )
            first_seq = (cursor or 0) if owned else 0
        db.run(
            """INSERT INTO device_athletes (device_id, log_id, first_seq, athlete_id)
               VALUES (:device_id, :log_id, :first_seq, :athlete_id)
               ON CONFLICT (device_id, log_id, first_seq) DO UPDATE SET athlete_id = excluded.athlete_id""",
            device_id=device_id,
            log_id=log_id,
            first_seq=first_seq,
            athlete_id=athlete_id,
        )
        # Sessions are filed and heart data is sealed by the same rule; what is already here follows.
        owners = Owners(db, device_id, log_id)
        known = {"device_id": device_id, "log_id": log_id}
        db.run_many(
            """UPDATE sessions SET athlete_id = :athlete_id WHERE device_id = :device_id
                 AND log_id = :log_id AND session_seq = :session_seq""",
            [
                {**known, "session_seq": row["session_seq"], "athlete_id": owners.at(row["session_seq"])}
                for row in db.rows(
                    "SELECT session_seq FROM sessions WHERE device_id = :device_id AND log_id = :log_id",
                    **known,
                )
            ],
        )
        records.reseal(db, device_id, log_id)


def athlete_at(db: Database, device_id: str, log_id: int, seq: int) -> str | None:
    """Whose the record is: the athlete assigned at or before `seq`, or None."""
    return Owners(db, device_id, log_id).at(seq)


def athlete_of(db: Database, device: Device) -> str | None:
    """Whose the device is now."""
    if device.log_id is None:
        return None
    return athlete_at(db, device.device_id, device.log_id, 0xFFFFFFFF)
