"""Whose wearable moved with the machine? The set's repetitions beside each wearable's.

A wearable matches when the beginnings and the turns of its repetitions fall on the machine's, all after one
shift for the clocks' difference, and the next best wearable matches clearly worse. Ambiguous is an answer:
the set then goes to the unclaimed pool. Two people at one tempo differ in phase and in where they begin and
end, so the shift is kept below half of the fastest usual repetition (1.2 s): any larger one would slide a
stranger's set into place.

Where a wrist is highest the stack may be lowest, and a wrist may count from the middle of what the stack
calls a repetition: beginnings are compared with turns, too. A record does not say which half of a repetition
came first, so either is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import msgspec

SHIFT_MS = 400  # clocks set over Bluetooth differ by 50-300 ms, and a wrist feels the turn a little later
SHIFT_STEP_MS = 50
NEAR_MS = 300  # further apart, two moments are not one
AROUND_MS = 2000  # what a wearable did so long before or after the set is another movement
LEAST_REPS = 3  # fewer agree by chance
# `repbeat replay claims` by margin, over all recorded wrists: three people, so expect worse on others.
GOOD_SCORE = 0.78
CLEAR_MARGIN = 0.2


class Rep(NamedTuple):
    """One repetition: begin in unix ms, and how long it was lifted and lowered, as REP records have them."""

    start_ms: int
    concentric_ms: int
    eccentric_ms: int

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.concentric_ms + self.eccentric_ms


class Match(msgspec.Struct, frozen=True):
    """Score 0-1 of the best wearable and its lead over the next person's; `wearable` None: no clear one."""

    wearable: str | None
    score: float
    margin: float


def score(machine: Sequence[Rep], wearable: Sequence[Rep]) -> float:
    """How well two series of repetitions, in order, are one person's: 1 equal, 0 strangers.

    Share of beginnings and turns that have a partner, times how tightly the partners lie together: one minus
    their mean square distance over that of the furthest allowed.
    """
    if len(machine) < LEAST_REPS:
        return 0.0
    first_ms, last_ms = machine[0].start_ms - AROUND_MS, machine[-1].end_ms + AROUND_MS
    near = [rep for rep in wearable if first_ms <= rep.start_ms and rep.end_ms <= last_ms]
    if len(near) < LEAST_REPS:
        return 0.0
    most = 2 * max(len(machine), len(near))
    best = 0.0
    for (starts, turns), (begins, halves) in product(_halved(machine), _halved(near)):
        for one, other in ((begins, halves), (halves, begins)):
            for shift_ms in range(-SHIFT_MS, SHIFT_MS + 1, SHIFT_STEP_MS):
                apart = _partners(starts, one, shift_ms) + _partners(turns, other, shift_ms)
                if apart:
                    spread = sum(gap * gap for gap in apart) / len(apart) / NEAR_MS**2
                    best = max(best, len(apart) / most * (1 - spread))
    return best


def match(
    machine: Sequence[Rep],
    wearables: Mapping[str, Sequence[Rep]],
    wearer_of: Mapping[str, str] | None = None,
) -> Match:
    """The wearable that did the machine's set, if one clearly did.

    `wearer_of` says which wearables one person wears: those do not stand in each other's way.
    """
    return choose({name: score(machine, reps) for name, reps in wearables.items()}, wearer_of or {})


def choose(scores: Mapping[str, float], wearer_of: Mapping[str, str]) -> Match:
    """The same of scores that are known already."""
    if not scores:
        return Match(None, 0.0, 0.0)
    (best, name), *rest = sorted(((value, name) for name, value in scores.items()), reverse=True)
    wearer = wearer_of.get(name, name)
    others = (value for value, other in rest if wearer_of.get(other, other) != wearer)
    margin = best - next(others, 0.0)
    clear = best >= GOOD_SCORE and margin >= CLEAR_MARGIN
    return Match(name if clear else None, round(best, 3), round(margin, 3))


def _halved(reps: Sequence[Rep]) -> Iterator[tuple[list[int], list[int]]]:
    """Beginnings and turns, had each been lifted first, and had it been lowered first."""
    starts = [rep.start_ms for rep in reps]
    yield starts, [rep.start_ms + rep.concentric_ms for rep in reps]
    yield starts, [rep.start_ms + rep.eccentric_ms for rep in reps]


def _partners(first: Sequence[int], second: Sequence[int], shift_ms: int) -> list[int]:
    """Distances of one-to-one neighbours nearer than NEAR_MS, `second` shifted; walks both series once."""
    out = []
    i = j = 0
    while i < len(first) and j < len(second):
        gap = second[j] + shift_ms - first[i]
        if abs(gap) <= NEAR_MS:
            out.append(gap)
            i += 1
            j += 1
        elif gap < 0:
            j += 1
        else:
            i += 1
    return out
