"""Paced breathing as an athlete sees it: when, how long, and the heart before and after."""

from __future__ import annotations

import msgspec

from repbeat.ingest.clock import BootClock
from repbeat.store import Database, clocks, measured
from repbeat.store.measured import Breathing


class Breathed(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise. `end_ms` None: no clock is known for it yet; figures None: the signal was too poor."""

    end_ms: int | None
    utc_offset_min: int | None
    paced_s: int
    breaths_a_minute: float
    before_bpm: float | None
    after_bpm: float | None
    before_rmssd_ms: float | None
    after_rmssd_ms: float | None


def of_athlete(db: Database, athlete_id: str, limit: int = 20) -> list[Breathed]:
    """Latest first; what was given up at once is left out."""
    boots: dict[tuple[str, int, int], BootClock] = {}
    found = [
        _breathed(db, boots, one) for one in measured.breathings_of(db, athlete_id, limit) if one.paced_s
    ]
    return sorted(found, key=lambda one: -(one.end_ms or 0))


def _breathed(db: Database, boots: dict[tuple[str, int, int], BootClock], one: Breathing) -> Breathed:
    boot = (one.device_id, one.log_id, one.boot)
    if boot not in boots:
        boots[boot] = BootClock(clocks.of_boot(db, *boot))
    dated = boots[boot].at(one.end_uptime_ms)
    heart = measured.around(db, one)
    return Breathed(
        end_ms=dated[0] if dated else None,
        utc_offset_min=dated[1] if dated else None,
        paced_s=one.paced_s,
        breaths_a_minute=one.breaths_x10 / 10,
        before_bpm=_tenths(heart.get("before_bpm_x10")),
        after_bpm=_tenths(heart.get("after_bpm_x10")),
        before_rmssd_ms=_tenths(heart.get("before_rmssd_x10")),
        after_rmssd_ms=_tenths(heart.get("after_rmssd_x10")),
    )


def _tenths(value: int | None) -> float | None:
    return value / 10 if value else None
