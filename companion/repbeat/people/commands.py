"""What a device is to do at its next connection; the hub takes it there and says what came of it."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.store import Database

ERASE = "erase"  # everything it holds: records, plan, settings of the athlete; `detail`: WORN or ""
WORN = "worn"  # in the file of a hub that hands in elsewhere: somebody wears it whom only the companion knows
SETTINGS = "settings"  # `detail`: JSON of repbeat.people.band.Band
CALIBRATE = "calibrate"  # `detail`: JSON of repbeat.gym.calibration.Order


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """`done_ms` None: the device has not answered yet; `problem` says why the last try failed."""

    device_id: str
    command_id: str
    kind: str
    created_ms: int
    done_ms: int | None = None
    problem: str = ""
    detail: str = ""


def add(db: Database, device_id: str, kind: str, now_ms: int, detail: str = "") -> Command:
    """Queue a command."""
    command = Command(
        device_id=device_id, command_id=uuid.uuid4().hex, kind=kind, created_ms=now_ms, detail=detail
    )
    db.insert("device_commands", [command])
    return command


def waiting(db: Database, device_id: str) -> list[Command]:
    """What a device has still to do, oldest first."""
    return db.all(
        Command,
        """SELECT * FROM device_commands WHERE device_id = :device_id AND done_ms IS NULL
           ORDER BY created_ms, command_id""",
        device_id=device_id,
    )


def get(db: Database, device_id: str, command_id: str) -> Command | None:
    """One, or None."""
    return db.one(
        Command,
        "SELECT * FROM device_commands WHERE device_id = :device_id AND command_id = :command_id",
        device_id=device_id,
        command_id=command_id,
    )


def done(db: Database, device_id: str, command_id: str, now_ms: int) -> None:
    """The device has confirmed it."""
    _note(db, device_id, command_id, now_ms, "")


def latest(db: Database, device_id: str, kind: str) -> Command | None:
    """The last of a kind that was ordered."""
    return db.one(
        Command,
        """SELECT * FROM device_commands WHERE device_id = :device_id AND kind = :wanted
           ORDER BY created_ms DESC, command_id DESC LIMIT 1""",
        device_id=device_id,
        wanted=kind,
    )


def answered(db: Database, device_id: str, command_id: str, problem: str, now_ms: int) -> None:
    """The device has done it or, with a problem, never will: it is tried no more."""
    _note(db, device_id, command_id, now_ms, problem)


def failed(db: Database, device_id: str, command_id: str, problem: str) -> None:
    """It did not work this time: it stays queued."""
    _note(db, device_id, command_id, None, problem)


def _note(db: Database, device_id: str, command_id: str, done_ms: int | None, problem: str) -> None:
    db.run(
        """UPDATE device_commands SET done_ms = :done_ms, problem = :problem
           WHERE device_id = :device_id AND command_id = :command_id""",
        device_id=device_id,
        command_id=command_id,
        done_ms=done_ms,
        problem=problem,
    )
