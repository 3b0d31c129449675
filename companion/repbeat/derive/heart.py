"""The scale that heart rates are read on: resting, maximum, zones; and what is estimated from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ZONE_COUNT = 6
RESERVE_PERCENT = (50, 60, 70, 80, 90)
"""Lowest share of heart rate reserve in zones 1-5 (Edwards 1993 on Karvonen's reserve, 1957)."""
THRESHOLD_PERCENT = (75, 85, 90, 95, 100)
"""Lowest share of lactate threshold heart rate in zones 1-5: Friel's zones; the 75 % is ours."""


class HeartScaleError(ValueError):
    """Heart rates that make no scale: the message says which, enter them anew."""


class MaxFormula(StrEnum):
    """How a maximum heart rate was estimated from age; a measured one always wins."""

    TANAKA = "Tanaka 2001"
    BETA_BLOCKER = "Brawner 2004"


MAX_BY_AGE = {
    MaxFormula.TANAKA: (208.0, 0.7),
    MaxFormula.BETA_BLOCKER: (164.0, 0.7),
}
RESTING_BPM, MAX_BPM = (30, 110), (120, 230)
"""What a person's can be: the bounds of a plan (protocol/plan.md), and below them what nobody has."""
AGES = (10, 100)
MAX_ESTIMATE_SD_BPM = 10
"""People of one age scatter by 7-11 bpm around any of these formulas."""


@dataclass(frozen=True)
class Estimate:
    """An estimated value with what it is: never to be shown without its method and error."""

    value: float
    error: float
    method: str
    version: int = 1


def estimated_max(age_years: float, formula: MaxFormula = MaxFormula.TANAKA) -> Estimate:
    """Maximum heart rate by age, 10-100 years, with one standard deviation as error."""
    if not AGES[0] <= age_years <= AGES[1]:
        raise HeartScaleError(f"age {age_years:g} is outside 10-100 years: enter a measured maximum")
    start, slope = MAX_BY_AGE[formula]
    return Estimate(start - slope * age_years, MAX_ESTIMATE_SD_BPM, formula.value)


def estimated_vo2max(resting_bpm: float, max_bpm: float) -> Estimate:
    """Maximal oxygen uptake from the two heart rates: 15.3 x maximum / resting, in ml/kg/min (Uth 2004).

    Made on well-trained men; its own error there was 4.5 ml/kg/min, and it is no measurement.
    """
    if not 25 <= resting_bpm < max_bpm <= 255:
        raise HeartScaleError(f"resting {resting_bpm:g} and maximum {max_bpm:g} bpm make no reserve")
    return Estimate(15.3 * max_bpm / resting_bpm, 4.5, "Uth 2004")


def check_person(resting_bpm: int, max_bpm: int) -> None:
    """HeartScaleError for a resting or maximum heart rate that no person has, or that is not known (0)."""
    for name, value, (low, high) in (("resting", resting_bpm, RESTING_BPM), ("maximum", max_bpm, MAX_BPM)):
        if not value:
            raise HeartScaleError(f"the {name} heart rate is not known yet: enter both")
        if not low <= value <= high:
            raise HeartScaleError(f"a {name} heart rate lies between {low} and {high} bpm, not at {value}")


@dataclass(frozen=True)
class HeartScale:
    """What heart rates mean; with a tested threshold the zones follow it."""

    resting_bpm: int
    max_bpm: int
    threshold_bpm: int | None = None

    def __post_init__(self) -> None:
        if not 25 <= self.resting_bpm < self.max_bpm <= 255:
            raise HeartScaleError(
                f"resting {self.resting_bpm} and maximum {self.max_bpm} bpm make no reserve"
            )
        if self.threshold_bpm is not None and not self.resting_bpm < self.threshold_bpm <= self.max_bpm:
            raise HeartScaleError(f"threshold {self.threshold_bpm} bpm is not between resting and maximum")

    @property
    def limits(self) -> tuple[int, ...]:
        """Lowest bpm of zones 1-5."""
        if self.threshold_bpm is not None:
            return tuple(-(-self.threshold_bpm * percent // 100) for percent in THRESHOLD_PERCENT)
        reserve = self.max_bpm - self.resting_bpm
        return tuple(self.resting_bpm - (-reserve * percent // 100) for percent in RESERVE_PERCENT)

    def reserve_share(self, bpm: float) -> float:
        """Share of heart rate reserve, held within 0-1."""
        share = (bpm - self.resting_bpm) / (self.max_bpm - self.resting_bpm)
        return min(max(share, 0.0), 1.0)

    def zone(self, bpm: float) -> int:
        """Zone 0-5."""
        return sum(bpm >= limit for limit in self.limits)
