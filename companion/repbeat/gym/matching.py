"""Whose wearable moved with the machine? The set's repetition times beside each wearable's.

A wearable matches when its repetitions fall on the machine's, after one shift for the clocks' difference, and
the next best wearable matches clearly worse. Ambiguous is an answer: the set then goes to the unclaimed pool.
Two people at one tempo differ in phase and in where they begin and end, so the shift is kept below half of
the fastest usual repetition (1.2 s): any larger one would slide a stranger's set into place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

SHIFT_MS = 400  # clocks set over Bluetooth differ by 50-300 ms, and a wrist feels the turn a little later
SHIFT_STEP_MS = 50
NEAR_MS = 350  # further apart, two ends of repetitions are not one
LEAST_REPS = 3  # fewer agree by chance
GOOD_SCORE = 0.66
CLEAR_MARGIN = 0.25


class Match(msgspec.Struct, frozen=True):
    """Score 0-1 of the best wearable and its lead over the next person's; `wearable` None: no clear one."""

    wearable: str | None
    score: float
    margin: float


def score(machine_ms: Sequence[int], wearable_ms: Sequence[int]) -> float:
    """How well two ascending series of repetition ends (unix ms) are one person's: 1 equal, 0 strangers.

    Share of repetitions that have a partner, times how tightly the partners lie together.
    """
    if len(machine_ms) < LEAST_REPS or len(wearable_ms) < LEAST_REPS:
        return 0.0
    near = [at for at in wearable_ms if machine_ms[0] - 2000 <= at <= machine_ms[-1] + 2000]
    longest = max(len(machine_ms), len(near))
    best = 0.0
    for shift_ms in range(-SHIFT_MS, SHIFT_MS + 1, SHIFT_STEP_MS):
        apart = _partners(machine_ms, [at + shift_ms for at in near])
        if apart:
            spread = (sum(gap * gap for gap in apart) / len(apart)) ** 0.5
            best = max(best, len(apart) / longest * (1 - spread / NEAR_MS))
    return best


def match(
    machine_ms: Sequence[int],
    wearables: Mapping[str, Sequence[int]],
    wearer_of: Mapping[str, str] | None = None,
) -> Match:
    """The wearable that did the machine's set, if one clearly did.

    `wearer_of` says which wearables one person wears: those do not stand in each other's way.
    """
    wearer_of = wearer_of or {}
    scores = sorted(((score(machine_ms, found), name) for name, found in wearables.items()), reverse=True)
    if not scores:
        return Match(None, 0.0, 0.0)
    best, name = scores[0]
    wearer = wearer_of.get(name, name)
    others = (value for value, other in scores[1:] if wearer_of.get(other, other) != wearer)
    margin = best - next(others, 0.0)
    clear = best >= GOOD_SCORE and margin >= CLEAR_MARGIN
    return Match(name if clear else None, round(best, 3), round(margin, 3))


def _partners(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """Distances of one-to-one neighbours nearer than NEAR_MS, walking both series once."""
    out = []
    i = j = 0
    while i < len(first) and j < len(second):
        gap = second[j] - first[i]
        if abs(gap) <= NEAR_MS:
            out.append(gap)
            i += 1
            j += 1
        elif gap < 0:
            j += 1
        else:
            i += 1
    return out
