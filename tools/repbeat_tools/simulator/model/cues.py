"""What a haptic pattern means, told from its pulses alone, as an athlete does."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve()
# In a checkout the firmware lies beside tools/; in an installed wheel inside the package.
PLACES = (HERE.parents[4] / "firmware", HERE.parents[2] / "_firmware")


@cache
def _table() -> tuple[dict[str, str], float]:
    """Name of each word of short and long pulses ("SSL"), and the duration between short and long in ms."""
    file = next(place for place in PLACES if place.is_dir()) / "device/session/cues.py"
    cues = runpy.run_path(str(file))
    border_ms = (cues["SHORT_MS"] + cues["LONG_MS"]) / 2
    return {_word(pattern[::2], border_ms): name for name, pattern in cues["PATTERNS"].items()}, border_ms


def _word(durations_ms: Sequence[float], border_ms: float) -> str:
    return "".join("L" if d > border_ms else "S" for d in durations_ms)


def recognise(pulses: Sequence[Sequence[float]]) -> str | None:
    """Name of a pattern (a key of the firmware's cues.PATTERNS), or None for one that is no word.

    pulses: [start_ms, duration_ms, strength] of each pulse, as the simulated motor reports them.
    """
    names, border_ms = _table()
    return names.get(_word([pulse[1] for pulse in pulses], border_ms))
