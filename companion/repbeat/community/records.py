"""Personal records: the strongest set of each exercise, as measured, in order of time.

Strength is the estimated one-repetition maximum of derive/strength; a set counts when the device was sure of
its count and its load is known. The first set of an exercise is a mark to beat, not a record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec


class Lift(msgspec.Struct, frozen=True, order=True):
    """A set's estimated maximum: `at_ms` unix, `sure` (0–100) of its count the device was."""

    at_ms: int
    exercise: int
    e1rm_g: int
    day: date
    sure: float


class Record(msgspec.Struct, frozen=True):
    """A lift that beat everything before it, and by how much."""

    lift: Lift
    beat_g: int


def records(lifts: Iterable[Lift]) -> list[Record]:
    """Every record, oldest first; the order in which lifts are given is nothing."""
    best: dict[int, int] = {}
    out = []
    for lift in sorted(lifts):
        before = best.get(lift.exercise)
        if before is None or lift.e1rm_g > before:
            best[lift.exercise] = lift.e1rm_g
            if before is not None:
                out.append(Record(lift, lift.e1rm_g - before))
    return out
