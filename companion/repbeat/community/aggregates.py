"""Figures of a group that give no member away: for employers, gyms and the group's own page.

Four guards together, because each alone is known to leak:
1. a cell answers for at least 5 consenting members, or says "too few";
2. groups are split one way only, and a split with one small cell is not shown at all: what is hidden could be
   had by subtraction;
3. a figure is of one finished week, by those who consented on its last day, computed once and kept: asking
   again, joining and leaving change nothing about weeks past;
4. each figure carries noise drawn once (Laplace, by a secret of this companion), and members' values are
   clipped first: two weeks, or two overlapping groups, that differ by one person differ by more noise.
The noise makes a weekly mean differentially private with epsilon 1 for each member, figure and group. Weeks
add up: who knows everybody else's values learns a habit that never changes in years, to a session.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import date

import msgspec

LEAST_MEMBERS = 5
EPSILON = 1.0
# What a member's week may count for, at most: the sensitivity of a sum.
CLIP = {"sessions": 7.0, "active_minutes": 900.0, "kept_share": 1.0, "check_ins": 7.0}
STEP = {"sessions": 0.5, "active_minutes": 10.0, "kept_share": 0.05, "check_ins": 0.5}


class TooFew(LookupError):
    """Fewer than five consenting members stand behind the answer, so there is none."""


class NotFinished(LookupError):
    """The week is not over: its figure would change from day to day, and the changes would tell."""


class UnknownFigure(KeyError):
    """No such figure for a group."""


class Cell(msgspec.Struct, frozen=True):
    """One published figure; `members` is rounded down to fives."""

    figure: str
    week: date
    part: str
    mean: float
    members: int


def publish(
    figure: str,
    week: date,
    today: date,
    values: Mapping[str, Mapping[str, float]],
    secret: bytes,
    group_id: str,
) -> list[Cell]:
    """Means of one finished week: `values` is part → member → value, of consenting members only.

    All parts or none: TooFew if any has fewer than five. NotFinished, UnknownFigure.
    """
    if figure not in CLIP:
        raise UnknownFigure(f"{figure}: there are {', '.join(sorted(CLIP))}")
    if (today - week).days < 7:
        raise NotFinished(f"the week of {week} is not over")
    small = [part for part, members in values.items() if len(members) < LEAST_MEMBERS]
    if small or not values:
        raise TooFew(f"fewer than {LEAST_MEMBERS} consenting members in at least one part")
    return [
        _cell(figure, week, part, list(members.values()), _noise(secret, group_id, figure, week, part))
        for part, members in sorted(values.items())
    ]


def _cell(figure: str, week: date, part: str, values: list[float], noise: float) -> Cell:
    clip, step = CLIP[figure], STEP[figure]
    total = sum(min(max(value, 0.0), clip) for value in values)
    mean = (total + noise * clip / EPSILON) / len(values)
    rounded = round(min(max(mean, 0.0), clip) / step) * step
    return Cell(figure, week, part, round(rounded, 4), len(values) // 5 * 5)


def _noise(secret: bytes, *about: object) -> float:
    """Laplace(0, 1), the same for the same question for ever: averaging over repeats gains nothing."""
    digest = hmac.new(secret, repr(about).encode(), hashlib.sha256).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64 - 0.5
    return -math.copysign(math.log(1 - 2 * abs(uniform)), uniform)
