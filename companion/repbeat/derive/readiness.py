"""Readiness of one morning: five signals, each against the person's own history, and one state from them.

Only agreement counts: a single signal never makes a morning amber, and what is not known is never bad. The
state is about today's training, not about health; it foretells no injury.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean

from repbeat.derive.hrv import HrvState, Morning, RecoveryError, hrv_baseline, resting_drift, sample_sd

READINESS_VERSION = 1


class State(StrEnum):
    """UNKNOWN leaves every plan as it is; GREEN allows the plan's own progression and nothing beyond."""

    UNKNOWN = "unknown"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Signal(StrEnum):
    """What readiness is made of (SCIENCE section 5, rule 3)."""

    HRV = "hrv"
    RESTING = "resting"
    SLEEP = "sleep"
    WELLNESS = "wellness"
    EFFORT = "effort"


NIGHT_SIGNALS = (Signal.HRV, Signal.RESTING, Signal.SLEEP)


@dataclass(frozen=True)
class CheckIn:
    """The five items of a morning, 1-5 with 5 the best (None: not answered), and whether one feels ill."""

    day: date
    sleep: int | None = None
    fatigue: int | None = None
    soreness: int | None = None
    stress: int | None = None
    mood: int | None = None
    unwell: bool = False

    @property
    def answers(self) -> tuple[int, ...]:
        """Those that were given."""
        items = (self.sleep, self.fatigue, self.soreness, self.stress, self.mood)
        return tuple([item for item in items if item is not None])

    @property
    def score(self) -> float | None:
        """Mean of the answers, 1-5; None where fewer than three were given."""
        answers = self.answers
        return sum(answers) / len(answers) if len(answers) >= 3 else None


@dataclass(frozen=True)
class Effort:
    """How hard a session was against how hard it was meant to be: perceived exertion 0-10."""

    day: date
    rpe: float
    planned_rpe: float


@dataclass(frozen=True)
class ReadinessConfig:
    """Limits of the single signals; those of HRV and resting heart rate are in `hrv`.

    `bad` limits are SCIENCE section 5's; `strong` ones are ours: twice as far out.
    """

    sleep_share: float = 0.8
    sleep_share_strong: float = 0.6
    baseline_days: int = 60
    minimum_nights: int = 14
    wellness: float = 2.0
    wellness_strong: float = 1.5
    effort_above: float = 2.0
    effort_above_strong: float = 3.0
    effort_days: int = 3
    hrv_strong_sd: float = 1.0
    resting_strong_z: float = 3.0
    minimum_signals: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.sleep_share_strong < self.sleep_share < 1:
            raise RecoveryError("the sleep shares rise within 0-1, the strong one first")
        if not 1 <= self.wellness_strong < self.wellness < 5:
            raise RecoveryError("the wellness limits rise within 1-5, the strong one first")
        if not 0 < self.effort_above < self.effort_above_strong:
            raise RecoveryError("effort_above_strong lies above effort_above")
        if not 2 <= self.minimum_nights <= self.baseline_days:
            raise RecoveryError("minimum_nights lies within 2 and baseline_days")
        if self.minimum_signals < 2:
            raise RecoveryError("one signal alone never makes a state")


@dataclass(frozen=True)
class Reading:
    """One signal of the morning. `bad` None: not known. `z` in the person's own standard deviations."""

    signal: Signal
    bad: bool | None = None
    strong: bool = False
    value: float | None = None
    reference: float | None = None
    z: float | None = None
    nights: int = 0
    source: str = ""


@dataclass(frozen=True)
class Readiness:
    """The state of a morning with all that made it."""

    day: date
    state: State
    readings: tuple[Reading, ...]
    method: str = "agreement of five signals"
    version: int = READINESS_VERSION

    @property
    def bad(self) -> tuple[Signal, ...]:
        """The signals that speak for an easier day."""
        return tuple(reading.signal for reading in self.readings if reading.bad)

    @property
    def known(self) -> tuple[Signal, ...]:
        """The signals that could be read at all."""
        return tuple(reading.signal for reading in self.readings if reading.bad is not None)


def readiness(
    mornings: Sequence[Morning],
    check_ins: Sequence[CheckIn],
    efforts: Sequence[Effort],
    day: date,
    config: ReadinessConfig | None = None,
) -> Readiness:
    """Readiness of the morning of `day`. Later entries are not looked at, so any past day can be replayed.

    Each night signal is read from one source: of those that can say anything the one with the most nights.
    """
    config = config or ReadinessConfig()
    readings = (
        _hrv(mornings, day, config),
        _resting(mornings, day, config),
        _sleep(mornings, day, config),
        _wellness(check_ins, day, config),
        _effort(efforts, day, config),
    )
    return Readiness(day, state_of(readings, config), readings)


def state_of(readings: Sequence[Reading], config: ReadinessConfig | None = None) -> State:
    """RED: three signals, or two strong ones. AMBER: two. UNKNOWN: no night's baseline, or too few known."""
    config = config or ReadinessConfig()
    known = [reading for reading in readings if reading.bad is not None]
    if len(known) < config.minimum_signals or not any(one.signal in NIGHT_SIGNALS for one in known):
        return State.UNKNOWN
    bad = [reading for reading in known if reading.bad]
    if len(bad) >= 3 or (len(bad) == 2 and all(reading.strong for reading in bad)):
        return State.RED
    return State.AMBER if len(bad) == 2 else State.GREEN


def _sources(mornings: Sequence[Morning]) -> list[str]:
    return sorted({morning.source for morning in mornings})


def _best(readings: Sequence[Reading], signal: Signal) -> Reading:
    known = [reading for reading in readings if reading.bad is not None]
    return max(known, key=lambda reading: reading.nights, default=Reading(signal))


def _hrv(mornings: Sequence[Morning], day: date, config: ReadinessConfig) -> Reading:
    found = []
    for source in _sources(mornings):
        seen = hrv_baseline(mornings, day, source)
        if seen.state is HrvState.UNKNOWN or seen.mean is None or seen.sd is None or seen.week_mean is None:
            continue
        low = seen.state is HrvState.LOW
        strong = low and seen.week_mean <= seen.mean - config.hrv_strong_sd * seen.sd
        found.append(Reading(Signal.HRV, low, strong, seen.week_mean, seen.mean, seen.z, seen.nights, source))
    return _best(found, Signal.HRV)


def _resting(mornings: Sequence[Morning], day: date, config: ReadinessConfig) -> Reading:
    found = []
    for source in _sources(mornings):
        seen = resting_drift(mornings, day, source)
        if seen.drifted is None:
            continue
        today = [one.resting_bpm for one in mornings if one.source == source and one.day == day]
        strong = seen.drifted and seen.z is not None and seen.z >= config.resting_strong_z
        begin = day - timedelta(days=config.baseline_days)
        nights = sum(
            one.resting_bpm is not None and one.source == source and begin <= one.day < day
            for one in mornings
        )
        value = today[0] if today else None
        found.append(
            Reading(Signal.RESTING, seen.drifted, strong, value, seen.mean_bpm, seen.z, nights, source)
        )
    return _best(found, Signal.RESTING)


def _sleep(mornings: Sequence[Morning], day: date, config: ReadinessConfig) -> Reading:
    begin = day - timedelta(days=config.baseline_days)
    found = []
    for source in _sources(mornings):
        asleep = {
            one.day: one.asleep_min
            for one in mornings
            if one.source == source and one.asleep_min is not None and begin <= one.day <= day
        }
        before = [minutes for when, minutes in asleep.items() if when < day]
        if day not in asleep or len(before) < config.minimum_nights:
            continue
        mean = fmean(before)
        sd = sample_sd(before, mean)
        share = asleep[day] / mean if mean > 0 else 1.0
        z = (asleep[day] - mean) / sd if sd > 0 else None
        found.append(
            Reading(
                Signal.SLEEP,
                share < config.sleep_share,
                share < config.sleep_share_strong,
                asleep[day],
                mean,
                z,
                len(before),
                source,
            )
        )
    return _best(found, Signal.SLEEP)


def _wellness(check_ins: Sequence[CheckIn], day: date, config: ReadinessConfig) -> Reading:
    score = next((one.score for one in reversed(check_ins) if one.day == day), None)
    if score is None:
        return Reading(Signal.WELLNESS)
    begin = day - timedelta(days=config.baseline_days)
    scored = [(one.day, one.score) for one in check_ins if begin <= one.day < day]
    before = [value for _, value in scored if value is not None]
    z = mean = None
    if len(before) >= config.minimum_nights:
        mean = fmean(before)
        sd = sample_sd(before, mean)
        z = (score - mean) / sd if sd > 0 else None
    bad = score <= config.wellness
    return Reading(
        Signal.WELLNESS, bad, score <= config.wellness_strong, score, mean, z, len(before), "check-in"
    )


def _effort(efforts: Sequence[Effort], day: date, config: ReadinessConfig) -> Reading:
    begin = day - timedelta(days=config.effort_days)
    recent = [one for one in efforts if begin <= one.day < day]
    if not recent:
        return Reading(Signal.EFFORT)
    last = max(recent, key=lambda one: one.day)
    above = last.rpe - last.planned_rpe
    before = [one.rpe - one.planned_rpe for one in efforts if one.day < last.day]
    z = None
    if len(before) >= config.minimum_nights:
        usual = fmean(before)
        sd = sample_sd(before, usual)
        z = (above - usual) / sd if sd > 0 else None
    return Reading(
        Signal.EFFORT,
        above >= config.effort_above,
        above >= config.effort_above_strong,
        last.rpe,
        last.planned_rpe,
        z,
        len(before),
        "session",
    )
