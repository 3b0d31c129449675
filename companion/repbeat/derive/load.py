"""Training load: impulses from heart rate, session RPE, their trends, and the 0-21 display.

Acute-to-chronic ratios are left out on purpose: they say nothing about injury (Impellizzeri 2021).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from statistics import fmean, stdev

from repbeat.derive.heart import ZONE_COUNT, HeartScale

TRIMP_VERSION = 1
TREND_VERSION = 1
MONOTONY_VERSION = 1
STRAIN_VERSION = 1
"""The device writes the same number into its STRAIN records while the display is the same."""


class LoadError(ValueError):
    """Input that makes no load: the message says what to mend."""


class Curve(Enum):
    """Banister's weighting: share x scale x e^(rate x share) a minute (Banister 1991, Morton 1990).

    NEUTRAL, for whoever states no sex, is the mean of the other two: our choice.
    """

    MEN = ((0.64, 1.92),)
    WOMEN = ((0.86, 1.67),)
    NEUTRAL = ((0.64, 1.92), (0.86, 1.67))

    def per_minute(self, share: float) -> float:
        """Load of one minute at `share` of heart rate reserve, 0-1."""
        terms = [share * scale * math.exp(rate * share) for scale, rate in self.value]
        return math.fsum(terms) / len(terms)


def seconds_at(bpm: Iterable[int]) -> dict[int, int]:
    """Seconds at each heart rate, from one value a second; values of 0 (none) are left out."""
    counts: dict[int, int] = {}
    for value in bpm:
        if value > 0:
            counts[value] = counts.get(value, 0) + 1
    return counts


def banister(seconds: Mapping[int, int], scale: HeartScale, curve: Curve = Curve.NEUTRAL) -> float:
    """Banister's training impulse of `seconds` at each bpm, every second priced by its own heart rate."""
    return math.fsum(n * curve.per_minute(scale.reserve_share(bpm)) for bpm, n in seconds.items()) / 60


def zone_seconds(seconds: Mapping[int, int], scale: HeartScale) -> tuple[int, ...]:
    """Seconds in zones 0-5."""
    zones = [0] * ZONE_COUNT
    for bpm, n in seconds.items():
        zones[scale.zone(bpm)] += n
    return tuple(zones)


def edwards(zones_s: Sequence[int]) -> float:
    """Edwards's training impulse: minutes in zones 0-5 times the zone's number (Edwards 1993)."""
    if len(zones_s) != ZONE_COUNT:
        raise LoadError(f"seconds of zones 0-5 are needed, {len(zones_s)} were given")
    return sum(zone * n for zone, n in enumerate(zones_s)) / 60


@dataclass(frozen=True)
class StrainDisplay:
    """Constants of the 0-21 display: load above quiet waking, from the gate on, on a logarithmic scale."""

    quiet_share: float = 0.2
    gate_share: float = 0.5
    full_net: float = 400.0
    curve: float = 14.0
    top: float = 21.0

    def __post_init__(self) -> None:
        if not 0 <= self.quiet_share < self.gate_share <= 1:
            raise LoadError("quiet and gate shares must rise within 0-1")
        if min(self.full_net, self.curve, self.top) <= 0:
            raise LoadError("full_net, curve and top must be above 0")

    def net_impulse(
        self, seconds: Mapping[int, int], scale: HeartScale, curve: Curve = Curve.NEUTRAL
    ) -> float:
        """Banister's impulse above quiet waking, of the seconds at or above the gate."""
        quiet = curve.per_minute(self.quiet_share)
        gate_bpm = scale.resting_bpm + math.ceil(self.gate_share * (scale.max_bpm - scale.resting_bpm))
        return (
            math.fsum(
                n * (curve.per_minute(scale.reserve_share(bpm)) - quiet)
                for bpm, n in seconds.items()
                if bpm >= gate_bpm
            )
            / 60
        )

    def show(self, net: float) -> float:
        """0-21 of a net impulse."""
        share = min(net / self.full_net, 1.0)
        return self.top * math.log1p(self.curve * share) / math.log1p(self.curve)


def session_rpe_load(rpe: float, minutes: float) -> float:
    """Foster's session load: perceived exertion 0-10 times minutes (Foster 2001)."""
    if not 0 <= rpe <= 10:
        raise LoadError(f"perceived exertion {rpe:g} is outside 0-10: ask again")
    if minutes < 0:
        raise LoadError(f"a session of {minutes:g} minutes: mend its start or end")
    return rpe * minutes


@dataclass(frozen=True)
class TrendConfig:
    """Time constants, in days, of fitness and fatigue (Banister 1975, Coggan)."""

    fitness_days: float = 42.0
    fatigue_days: float = 7.0
    warming_up_days: int = 42

    def __post_init__(self) -> None:
        if not 0 < self.fatigue_days < self.fitness_days:
            raise LoadError("fatigue must have a shorter time constant than fitness, both above 0")
        if self.warming_up_days < 0:
            raise LoadError("warming_up_days must not be negative")


@dataclass(frozen=True)
class TrendDay:
    """Fitness (CTL), fatigue (ATL) and form (TSB) of one day; a trend, not an injury forecast.

    `form` is yesterday's fitness less yesterday's fatigue. While `warming_up`, the averages still carry
    the zero they began with.
    """

    day: date
    load: float
    fitness: float
    fatigue: float
    form: float
    warming_up: bool
    method: str = "exponential"
    version: int = TREND_VERSION


def load_trend(
    loads: Mapping[date, float], until: date, config: TrendConfig | None = None, shown: date = date.min
) -> list[TrendDay]:
    """A TrendDay for each day from the first load, or from `shown` on, to `until`; days without one count 0.

    x += (load - x) (1 - e^(-1/N)), the form that GoldenCheetah uses, not the approximation 1/N.
    """
    config = config or TrendConfig()
    for day, load in loads.items():
        if not (math.isfinite(load) and load >= 0):
            raise LoadError(f"load {load} on {day} is no load: mend or delete its session")
    trend: list[TrendDay] = []
    if not loads:
        return trend
    fitness_gain = -math.expm1(-1 / config.fitness_days)
    fatigue_gain = -math.expm1(-1 / config.fatigue_days)
    fitness = fatigue = 0.0
    first = min(loads)
    daily = [0.0] * max(0, (until - first).days + 1)
    for day, load in loads.items():
        if day <= until:
            daily[(day - first).days] = load
    begin = (shown - first).days
    for index, load in enumerate(daily):
        form = fitness - fatigue
        fitness += (load - fitness) * fitness_gain
        fatigue += (load - fatigue) * fatigue_gain
        if index >= begin:
            day = first + timedelta(days=index)
            trend.append(TrendDay(day, load, fitness, fatigue, form, index < config.warming_up_days))
    return trend


@dataclass(frozen=True)
class Week:
    """Foster's week: monotony = mean / SD of seven daily loads, rest days included; strain = sum x monotony.

    The SD has n - 1 below the line. Both are None where all seven days are alike, as there is no SD then.
    """

    load: float
    monotony: float | None
    strain: float | None
    method: str = "foster-1998, sample SD"
    version: int = MONOTONY_VERSION


def week(daily_loads: Sequence[float]) -> Week:
    """Foster's figures of seven daily loads, 0 for a rest day."""
    if len(daily_loads) != 7:
        raise LoadError(f"a week has seven daily loads (0 for a rest day), {len(daily_loads)} were given")
    total = math.fsum(daily_loads)
    if min(daily_loads) == max(daily_loads):
        return Week(total, None, None)
    monotony = fmean(daily_loads) / stdev(daily_loads)
    return Week(total, monotony, total * monotony)
