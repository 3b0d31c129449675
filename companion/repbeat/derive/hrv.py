"""HRV and resting heart rate of the mornings against the person's own baseline.

Nights of different devices are never mixed: what one sensor calls 40 ms another calls 55. These states
are inputs of readiness; none of them changes a plan alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean

BASELINE_VERSION = 1
DRIFT_VERSION = 1


class RecoveryError(ValueError):
    """A configuration that judges nothing: the message says which value."""


def sample_sd(values: Sequence[float], mean: float) -> float:
    """Standard deviation with n - 1 below the line. `statistics.stdev` is exact and thirty times slower."""
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


@dataclass(frozen=True)
class Morning:
    """One morning or sleep window. Values are None where they were not measured or not usable."""

    day: date
    source: str
    rmssd_ms: float | None = None
    resting_bpm: float | None = None
    asleep_min: float | None = None


class HrvState(StrEnum):
    """The week against the baseline. Both LOW and HIGH ask for an easier day; UNKNOWN asks for nothing."""

    UNKNOWN = "unknown"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True)
class BaselineConfig:
    """Windows and limits of the lnRMSSD decision.

    The week's mean leaves the baseline when it is more than 0.5 SD off (the smallest worthwhile change;
    Plews 2012, Javaloyes 2019). A week needs three valid days (Plews 2014), a baseline four such weeks.
    """

    week_days: int = 7
    minimum_week: int = 3
    baseline_days: int = 60
    minimum_baseline: int = 12
    minimum_span_days: int = 28
    worthwhile_sd: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= self.minimum_week <= self.week_days:
            raise RecoveryError("minimum_week lies within 1 and week_days")
        if not 2 <= self.minimum_baseline <= self.baseline_days:
            raise RecoveryError("minimum_baseline lies within 2 and baseline_days")
        if not self.minimum_span_days <= self.baseline_days:
            raise RecoveryError("minimum_span_days must fit into baseline_days")
        if self.worthwhile_sd <= 0:
            raise RecoveryError("worthwhile_sd must be above 0")


@dataclass(frozen=True)
class HrvBaseline:
    """lnRMSSD of the latest week against the baseline before it.

    `z` is the latest morning's own distance from the baseline in SDs. Numbers are None where UNKNOWN.
    """

    day: date
    source: str
    state: HrvState
    nights: int
    week_nights: int
    mean: float | None = None
    sd: float | None = None
    week_mean: float | None = None
    z: float | None = None
    method: str = "lnRMSSD, 7-day mean against baseline"
    version: int = BASELINE_VERSION


def hrv_baseline(
    mornings: Sequence[Morning], day: date, source: str, config: BaselineConfig | None = None
) -> HrvBaseline:
    """Judge the week of `source` that ends on `day`; the baseline ends where the week begins."""
    config = config or BaselineConfig()
    logs = {
        morning.day: math.log(morning.rmssd_ms)
        for morning in mornings
        if morning.source == source and morning.rmssd_ms is not None and morning.rmssd_ms > 0
    }
    week_start = day - timedelta(days=config.week_days - 1)
    baseline_start = week_start - timedelta(days=config.baseline_days)
    week = [value for when, value in logs.items() if week_start <= when <= day]
    baseline_days = [when for when in logs if baseline_start <= when < week_start]
    enough = (
        len(week) >= config.minimum_week
        and len(baseline_days) >= config.minimum_baseline
        and (day - min(baseline_days)).days >= config.minimum_span_days
    )
    if not enough:
        return HrvBaseline(day, source, HrvState.UNKNOWN, len(baseline_days), len(week))
    baseline = [logs[when] for when in baseline_days]
    mean, week_mean = fmean(baseline), fmean(week)
    sd = sample_sd(baseline, mean)
    margin = config.worthwhile_sd * sd
    if week_mean < mean - margin:
        state = HrvState.LOW
    elif week_mean > mean + margin:
        state = HrvState.HIGH
    else:
        state = HrvState.NORMAL
    z = (logs[day] - mean) / sd if day in logs and sd > 0 else None
    return HrvBaseline(day, source, state, len(baseline), len(week), mean, sd, week_mean, z)


@dataclass(frozen=True)
class DriftConfig:
    """When a resting heart rate has drifted: two of three mornings at least 2 SD above the person's mean.

    The SD has a floor of 1 bpm: a very even sleeper would otherwise drift at a rounding error.
    """

    baseline_days: int = 60
    minimum_baseline: int = 14
    high_sd: float = 2.0
    floor_sd_bpm: float = 1.0
    mornings: int = 3
    high_mornings: int = 2

    def __post_init__(self) -> None:
        if not 2 <= self.minimum_baseline <= self.baseline_days:
            raise RecoveryError("minimum_baseline lies within 2 and baseline_days")
        if not 1 <= self.high_mornings <= self.mornings:
            raise RecoveryError("high_mornings lies within 1 and mornings")
        if self.high_sd <= 0 or self.floor_sd_bpm <= 0:
            raise RecoveryError("high_sd and floor_sd_bpm must be above 0")


@dataclass(frozen=True)
class RestingDrift:
    """Whether resting heart rate has drifted up.

    `begins` is true only on the first day of a spell: one alert, no storm. `drifted` is None where the
    baseline or the latest mornings are too few to say.
    """

    day: date
    source: str
    drifted: bool | None
    begins: bool
    mean_bpm: float | None = None
    limit_bpm: float | None = None
    z: float | None = None
    method: str = "2 of 3 mornings at mean + 2 SD"
    version: int = DRIFT_VERSION


def _drift_on(resting: dict[date, float], day: date, source: str, config: DriftConfig) -> RestingDrift:
    recent_start = day - timedelta(days=config.mornings - 1)
    baseline_start = recent_start - timedelta(days=config.baseline_days)
    recent = [bpm for when, bpm in resting.items() if recent_start <= when <= day]
    baseline = [bpm for when, bpm in resting.items() if baseline_start <= when < recent_start]
    if len(baseline) < config.minimum_baseline or len(recent) < config.high_mornings:
        return RestingDrift(day, source, None, False)
    mean = fmean(baseline)
    sd = max(sample_sd(baseline, mean), config.floor_sd_bpm)
    limit = mean + config.high_sd * sd
    drifted = sum(bpm >= limit for bpm in recent) >= config.high_mornings
    z = (resting[day] - mean) / sd if day in resting else None
    return RestingDrift(day, source, drifted, drifted, mean, limit, z)


def resting_drift(
    mornings: Sequence[Morning], day: date, source: str, config: DriftConfig | None = None
) -> RestingDrift:
    """Judge the mornings of `source` that end on `day`; readiness asks for one more signal before it acts."""
    config = config or DriftConfig()
    resting = {
        morning.day: morning.resting_bpm
        for morning in mornings
        if morning.source == source and morning.resting_bpm is not None
    }
    today = _drift_on(resting, day, source, config)
    if not today.drifted:
        return today
    yesterday = _drift_on(resting, day - timedelta(days=1), source, config)
    if not yesterday.drifted:
        return today
    return replace(today, begins=False)
