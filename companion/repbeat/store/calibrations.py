"""Steps of sensors' calibrations on their machines, as the sensors' logs tell them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from repbeat.store.database import Database
from repbeat_protocol import records as wire


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A CALIBRATION record; `stage` and `outcome` as there, figures 0 where not measured yet."""

    device_id: str
    log_id: int
    seq: int
    boot: int
    uptime_ms: int
    stage: int
    outcome: int
    plate: int
    top_mm: int
    step_um: int
    first_g: int
    step_g: int
    range_mm: int


def add(db: Database, steps: Iterable[Step]) -> None:
    """Keep some; the same again changes nothing."""
    db.insert("calibrations", steps)


def latest(db: Database, device_id: str, log_id: int) -> Step | None:
    """The last step of a log."""
    return db.one(
        Step,
        """SELECT * FROM calibrations WHERE device_id = :device_id AND log_id = :log_id
           ORDER BY seq DESC LIMIT 1""",
        device_id=device_id,
        log_id=log_id,
    )


def in_force(db: Database) -> dict[str, Step]:
    """By device: the last calibration that went through; a sensor that was set back since has none."""
    found = db.all(
        Step,
        """SELECT c.* FROM calibrations c JOIN devices d ON d.device_id = c.device_id AND d.log_id = c.log_id
           WHERE c.stage = :stage ORDER BY c.device_id, c.seq""",
        stage=wire.CALIBRATED,
    )
    return {one.device_id: one for one in found}
