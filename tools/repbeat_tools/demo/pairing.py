"""Which counted set was which set truly done: by when they took place, never by their order.

A set that was split or missed then shifts no other: it stands alone in the outcome.
"""

from __future__ import annotations

from typing import NamedTuple

from repbeat.store import sessions
from repbeat_tools.simulator import Device
from repbeat_tools.simulator.model.athlete import SetTruth


class Counted(NamedTuple):
    """A stored set; when it began and ended, in ms of the world's clock."""

    row: sessions.Set
    start_ms: float
    end_ms: float


def counted(device: Device, row: sessions.Set) -> Counted:
    """A stored set at the world's times, by the device's own clock: it was on since its only boot."""
    boot_ms = next(event["t_ms"] for event in device.events if event["type"] == "boot")
    end_ms = boot_ms + row.end_uptime_ms
    return Counted(row, end_ms - row.duration_ms, end_ms)


def paired(found: list[Counted], truth: list[SetTruth]) -> list[tuple[Counted | None, SetTruth | None]]:
    """Pairs in the order of time, the longest common time first; each side at most once, None where alone."""
    candidates = sorted(
        (
            (common_ms, i, k)
            for i, one in enumerate(found)
            for k, true in enumerate(truth)
            if (common_ms := min(one.end_ms, true.end_ms) - max(one.start_ms, true.start_ms)) > 0
        ),
        reverse=True,
    )
    truth_of: dict[int, int] = {}
    for _, i, k in candidates:
        if i not in truth_of and k not in truth_of.values():
            truth_of[i] = k
    rows: list[tuple[float, Counted | None, SetTruth | None]] = [
        (one.start_ms, one, truth[truth_of[i]] if i in truth_of else None) for i, one in enumerate(found)
    ]
    rows += [(true.start_ms, None, true) for k, true in enumerate(truth) if k not in truth_of.values()]
    return [(one, true) for _, one, true in sorted(rows, key=lambda row: row[0])]
