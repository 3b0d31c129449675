"""How soon after a repetition the device shows its number, against the ends that it settles on later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ON_TIME_S = 1.0


@dataclass(frozen=True)
class LiveCount:
    """What was shown during one set.

    `shown_ms`: when each number appeared, `settled_ms`: when all of it was known, form and velocity too; the
    first `together` repetitions appeared at once, when they were known as a run. `withdrawn`: how often the
    number went back. `end_ms`: the recording's end.
    """

    shown_ms: list[int]
    settled_ms: list[int]
    together: int
    withdrawn: int
    end_ms: int


def live_figures(sets: Sequence[tuple[LiveCount, list[dict[str, int]]]]) -> dict[str, float | int | None]:
    """Over the repetitions after each set's first run: seconds, shares 0-1, None where there is none.

    What was not shown (or settled) before the recording's end counts as shown there, or not at all where that
    end came within a second. Sets whose run was seen only at their end are left out.
    """
    found = [(live, reps) for live, reps in sets if live.together]
    delays = sorted(late for live, reps in found for late in _delays_s(live.shown_ms, live, reps))
    settled = [late for live, reps in found for late in _delays_s(live.settled_ms, live, reps)]
    n = len(delays)
    return {
        "n": n,
        "delay_s_p50": delays[n // 2] if n else None,
        "delay_s_p95": delays[n * 95 // 100] if n else None,
        "within_1_s": _on_time(delays),
        "settled_within_1_s": _on_time(settled),
        "withdrawn": sum(live.withdrawn for live, _ in sets),
    }


def _on_time(delays_s: list[float]) -> float | None:
    return sum(delay_s <= ON_TIME_S for delay_s in delays_s) / len(delays_s) if delays_s else None


def _delays_s(at_ms: list[int], live: LiveCount, reps: list[dict[str, int]]) -> list[float]:
    """From each repetition's end to its time in `at_ms`, those of the first run left out."""
    ends_ms = [rep["end_ms"] for rep in reps]
    delays = [at - end for at, end in zip(at_ms, ends_ms, strict=False)][live.together :]
    delays += [live.end_ms - end for end in ends_ms[len(at_ms) :] if live.end_ms - end > ON_TIME_S * 1000]
    return [delay / 1000 for delay in delays]
