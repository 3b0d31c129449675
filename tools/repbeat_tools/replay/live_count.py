"""How soon after a repetition the device shows its number, against the ends that it settles on later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ON_TIME_S = 1.0


@dataclass(frozen=True)
class LiveCount:
    """What was shown during one set.

    `shown_ms`: when each number appeared; those of the first `together` repetitions appeared at once, when
    they were known as a run. `withdrawn`: how often the number went back. `end_ms`: the recording's end.
    """

    shown_ms: list[int]
    together: int
    withdrawn: int
    end_ms: int


def live_figures(sets: Sequence[tuple[LiveCount, list[dict[str, int]]]]) -> dict[str, float | int | None]:
    """Over the repetitions after each set's first run: seconds, shares 0-1, None where there is none.

    A number not shown before the recording's end counts as shown there, or not at all where that end came
    within a second. Sets whose run was seen only at their end are left out.
    """
    delays = sorted(
        (at_ms - rep["end_ms"]) / 1000
        for live, reps in sets
        if live.together
        for rep, at_ms in _appearances(live, reps)
    )
    n = len(delays)
    return {
        "n": n,
        "delay_s_p50": delays[n // 2] if n else None,
        "delay_s_p95": delays[n * 95 // 100] if n else None,
        "within_1_s": sum(delay <= ON_TIME_S for delay in delays) / n if n else None,
        "withdrawn": sum(live.withdrawn for live, _ in sets),
    }


def _appearances(live: LiveCount, reps: list[dict[str, int]]) -> list[tuple[dict[str, int], int]]:
    """Each repetition after the first run, and when it was shown."""
    pairs = list(zip(reps, live.shown_ms, strict=False))[live.together :]
    for rep in reps[len(live.shown_ms) :]:
        if live.end_ms - rep["end_ms"] > ON_TIME_S * 1000:
            pairs.append((rep, live.end_ms))
    return pairs
