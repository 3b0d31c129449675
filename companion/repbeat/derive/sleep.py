"""Sleep by Cole and Kripke from one activity count a minute, for actigraph files that a person imports.

The device itself uses the angle of the arm: the weights below hold for ActiGraph-like counts only.
"""

from __future__ import annotations

from collections.abc import Sequence

COLE_KRIPKE_VERSION = 1
WEIGHTS = (106, 54, 58, 76, 230, 74, 67)
"""Thousandths of the four minutes before, the minute itself and the two after (Cole 1992, Sleep 15:461)."""
BEFORE = 4
COUNTS_PER_UNIT = 100
UNIT_LIMIT = 300.0


def sleep_indices(counts: Sequence[float]) -> list[float]:
    """Sleep index of each minute of ActiGraph counts; minutes beyond the ends count as still."""
    units = [min(count / COUNTS_PER_UNIT, UNIT_LIMIT) for count in counts]
    padded = [0.0] * BEFORE + units + [0.0] * (len(WEIGHTS) - 1 - BEFORE)
    return [
        0.001 * sum(weight * padded[minute + k] for k, weight in enumerate(WEIGHTS))
        for minute in range(len(units))
    ]


def asleep(index: float) -> bool:
    """Sleep lies below 1; a page that is often copied has it the other way round."""
    return index < 1
