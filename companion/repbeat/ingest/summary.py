"""A session in numbers: what was done, how fast, how far, at what heart rate, by a formula of a version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from repbeat.store import sessions, values
from repbeat.store.database import Database
from repbeat.store.sessions import Key, Rep, Session, Set, SetFigures, Strain
from repbeat_protocol import exercises

FORMULA = "session_summary"
VERSION = 2  # 1 also held the figures of each set, which `by_set` gives from the rows


def summarize(sets: Sequence[SetFigures], strain: Strain | None) -> dict[str, Any]:
    """Sets, repetitions, volume, rest, zones and strain of one session."""
    return {
        "sets": len(sets),
        "reps": sum(row.reps for row in sets),
        "rejected": sum(row.rejected for row in sets),
        "volume_kg": round(sum(row.reps * row.load_g for row in sets) / 1000, 1),
        "rest_mean_s": _mean([row.rest_before_s for row in sets[1:]]),
        "heart": _heart(strain),
    }


def keep(db: Database, key: Key) -> None:
    """Compute an ended session's summary anew and store it."""
    value = summarize(sessions.set_figures(db, key), sessions.strain(db, key))
    values.put_session(db, key, values.Value(formula=FORMULA, version=VERSION, value=value))


def of(db: Database, session: Session) -> dict[str, Any]:
    """A session's summary: as stored, or of what is here so far of one that has not ended."""
    key = Key(session.device_id, session.log_id, session.session_seq)
    if session.end_seq is not None:
        stored = values.of_session(db, key).get(FORMULA)
        if stored is not None and stored.version == VERSION:
            return stored.value
    return summarize(sessions.set_figures(db, key), sessions.strain(db, key))


def by_set(sets: Sequence[Set], reps: Sequence[Rep]) -> list[dict[str, Any]]:
    """Tempo, range, velocity and confidence of each set, over its counted repetitions.

    What was not measured is None: a range of 0 ‰ means that the athlete's calibrated repetition is not
    known, a velocity of 0 that none was measured.
    """
    counted: dict[int, list[Rep]] = defaultdict(list)
    for rep in reps:
        if not rep.reject_reason:
            counted[rep.set_index].append(rep)
    return [_of_set(row, counted[row.set_index]) for row in sets]


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
        "confidence": _mean([rep.confidence for rep in reps]),
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
    }


def _mean(values: Sequence[int]) -> int | None:
    return round(fmean(values)) if values else None


def _median(values: Sequence[int]) -> int | None:
    return round(median(values)) if values else None
