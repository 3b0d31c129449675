"""A session in numbers: what was done, how fast, how far, at what heart rate; pure, with a version."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from repbeat.store.sessions import Rep, Set, Strain
from repbeat_protocol import exercises

FORMULA = "session_summary"
VERSION = 1


def summarize(sets: Sequence[Set], reps: Sequence[Rep], strain: Strain | None) -> dict[str, Any]:
    """Sets, repetitions, volume, tempo, range, velocity loss, zones and strain of one session.

    Tempo and range are over counted repetitions only. What was not measured is None: a range of 0 ‰ means
    that the athlete's calibrated repetition is not known, a velocity of 0 that none was measured.
    """
    counted = [rep for rep in reps if not rep.reject_reason]
    return {
        "sets": len(sets),
        "reps": sum(row.reps for row in sets),
        "rejected": sum(row.rejected for row in sets),
        "volume_kg": round(sum(row.reps * row.load_g for row in sets) / 1000, 1),
        "rest_mean_s": _mean([row.rest_before_s for row in sets[1:]]),
        "by_set": [_of_set(row, [rep for rep in counted if rep.set_index == row.set_index]) for row in sets],
        "heart": _heart(strain),
    }


def _of_set(row: Set, reps: Sequence[Rep]) -> dict[str, Any]:
    return {
        "set_index": row.set_index,
        "exercise": exercises.slug(row.exercise),
        "reps": row.reps,
        "target": [row.reps_low, row.reps_high] if row.reps_high else None,
        "load_kg": row.load_g / 1000,
        "concentric_ms": _mean([rep.concentric_ms for rep in reps]),
        "eccentric_ms": _mean([rep.eccentric_ms for rep in reps]),
        "range_mg": _median([rep.range_mg for rep in reps if rep.range_mg]),
        "range_permille": _median([rep.range_permille for rep in reps if rep.range_permille]),
        "mean_velocity_mm_s": _mean([rep.mean_velocity_mm_s for rep in reps if rep.mean_velocity_mm_s]),
        "velocity_loss_percent": row.velocity_loss_permille / 10,
    }


def _heart(strain: Strain | None) -> dict[str, Any] | None:
    if strain is None:
        return None
    return {
        "zones_s": [
            strain.zone0_s,
            strain.zone1_s,
            strain.zone2_s,
            strain.zone3_s,
            strain.zone4_s,
            strain.zone5_s,
        ],
        "trimp": strain.trimp_x100 / 100,
        "strain": strain.strain_x10 / 10,
        "strain_version": strain.strain_version,
        "muscular": strain.muscular_x10 / 10,
        "resting_bpm": strain.resting_bpm,
        "max_bpm": strain.max_bpm,
    }


def _mean(values: Sequence[int]) -> int | None:
    return round(fmean(values)) if values else None


def _median(values: Sequence[int]) -> int | None:
    return round(median(values)) if values else None
