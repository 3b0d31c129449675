"""An activity as files carry it: when, what, heart rate, RR intervals and sets."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

BPM_RANGE = range(25, 251)  # what else a file claims is a gap: 0 and 255 are how devices write "none"
RR_RANGE_MS = range(200, 3001)


class HeartSample(msgspec.Struct, frozen=True):
    """Heart rate at a moment: unix ms, beats a minute."""

    at_ms: int
    bpm: int


class SetDone(msgspec.Struct, frozen=True, kw_only=True):
    """One set; `exercise` is a code of repbeat_protocol.exercises, load 0 where the file has none."""

    start_ms: int
    duration_ms: int
    exercise: int
    reps: int
    load_g: int = 0


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One session of training. Times are unix ms; lists are in order of time."""

    source: str
    sport: str
    start_ms: int
    end_ms: int
    heart: list[HeartSample]
    rr_ms: list[int]
    sets: list[SetDone]

    @property
    def mean_bpm(self) -> float | None:
        """Mean of the samples as they are; None without one."""
        return sum(sample.bpm for sample in self.heart) / len(self.heart) if self.heart else None


def in_order(samples: Iterable[HeartSample]) -> list[HeartSample]:
    """Possible values only, one a moment, ascending."""
    by_time = {sample.at_ms: sample for sample in samples if sample.bpm in BPM_RANGE}
    return [by_time[at_ms] for at_ms in sorted(by_time)]
