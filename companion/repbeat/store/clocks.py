"""Clocks: which moment an uptime of a boot was, as TIME records told."""

from __future__ import annotations

import msgspec

from repbeat.store.database import Database


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """At `uptime_ms` of `boot` it was `unix_ms` ± `uncertainty_ms`; `refused` says why not to believe it."""

    device_id: str
    log_id: int
    boot: int
    seq: int
    uptime_ms: int
    unix_ms: int
    uncertainty_ms: int
    utc_offset_min: int
    source: int
    received_ms: int
    refused: str = ""


def add(db: Database, clock: Clock) -> Clock:
    """Keep one and return it; of one kept before, what was judged when it arrived."""
    if db.insert("clocks", [clock]):
        return clock
    kept = of_boot(db, clock.device_id, clock.log_id, clock.boot)
    return next(reading for reading in kept if reading.seq == clock.seq)


def of_boot(db: Database, device_id: str, log_id: int, boot: int) -> list[Clock]:
    """All of one boot, in order."""
    return db.all(
        Clock,
        """SELECT * FROM clocks WHERE device_id = :device_id AND log_id = :log_id AND boot = :boot
           ORDER BY seq""",
        device_id=device_id,
        log_id=log_id,
        boot=boot,
    )


def latest(db: Database, device_id: str, log_id: int) -> Clock | None:
    """The last that a device's log holds."""
    return db.one(
        Clock,
        """SELECT * FROM clocks WHERE device_id = :device_id AND log_id = :log_id
           ORDER BY seq DESC LIMIT 1""",
        device_id=device_id,
        log_id=log_id,
    )
