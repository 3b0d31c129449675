"""All that is learned of one person, fed day by day; plain values that are kept and go on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from repbeat.coach.learn import population
from repbeat.coach.learn.forecast import Calibration, TomorrowsReadiness
from repbeat.coach.learn.level import Level
from repbeat.coach.learn.regression import Estimate
from repbeat.coach.learn.response import Response
from repbeat.coach.learn.velocity import VelocityLine
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import Readiness, State

VERSION = 1
SET_FADE_REPS = 0.5
"""Repetitions that each further set of an exercise takes from the next: ours, from practice."""


def _recovery() -> Level:
    return Level.begun(population.RECOVERY_BPM, population.RECOVERY_SET_SD)


class Nights(msgspec.Struct, kw_only=True):
    """The usual night of one source: devices are never mixed."""

    ln_rmssd: Level
    resting_bpm: Level
    asleep_min: Level

    @classmethod
    def begun(cls) -> Nights:
        """The population's."""
        night = (population.LINGERING_SHARE, population.LINGERS)
        return cls(
            ln_rmssd=Level.begun(population.LN_RMSSD, population.LN_RMSSD_NIGHT_SD, *night),
            resting_bpm=Level.begun(population.RESTING_BPM, population.RESTING_NIGHT_SD, *night),
            asleep_min=Level.begun(population.ASLEEP_MIN, population.ASLEEP_NIGHT_SD, *night),
        )

    def passed(self) -> None:
        """A night went by."""
        for level in (self.ln_rmssd, self.resting_bpm, self.asleep_min):
            level.night_passed()

    def update(self, morning: Morning) -> None:
        """What was measured in it."""
        if morning.rmssd_ms:
            self.ln_rmssd.update(math.log(morning.rmssd_ms))
        if morning.resting_bpm is not None:
            self.resting_bpm.update(morning.resting_bpm)
        if morning.asleep_min is not None:
            self.asleep_min.update(morning.asleep_min)

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The usual values by name."""
        return {
            "ln_rmssd": self.ln_rmssd.usual,
            "resting_bpm": self.resting_bpm.usual,
            "asleep_min": self.asleep_min.usual,
        }


class Lift(msgspec.Struct, kw_only=True):
    """One exercise: its load-velocity line, and how strength answers training."""

    line: VelocityLine
    response: Response

    @classmethod
    def begun(cls, guess_kg: float) -> Lift:
        """Before any session; `guess_kg` is where the maximum is thought to be."""
        return cls(line=VelocityLine.begun(guess_kg), response=Response.begun(math.log(guess_kg)))

    def chance(self, needed: float) -> float:
        """Chance that today's strength is above `needed`, a logarithm as from `needed_ln_max`."""
        return self.response.predict().above(needed)


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """What a session showed of a lift: the maximum that its sets tell, and (load_kg, velocity_m_s) of each.

    `needed` is what the top of the range asked for, `reached` whether it was; both None: it was not asked.
    """

    ln_max: float
    needed: float | None = None
    reached: bool = False
    velocities: tuple[tuple[float, float], ...] = ()


class Person(msgspec.Struct, kw_only=True):
    """Estimates of one person; `nights` by source, `lifts` by exercise. `usual_dose`: the first session's."""

    nights: dict[str, Nights] = {}
    recovery: Level = msgspec.field(default_factory=_recovery)
    lifts: dict[int, Lift] = {}
    tomorrow: TomorrowsReadiness = msgspec.field(default_factory=TomorrowsReadiness)
    readiness_calibration: Calibration = msgspec.field(default_factory=Calibration)
    load_calibration: Calibration = msgspec.field(default_factory=Calibration)
    usual_dose: float | None = None

    def morning(self, mornings: Sequence[Morning], before: Readiness | None, today: Readiness) -> None:
        """One day's nights, and yesterday's forecast of it. An amber or red spell teaches no baseline."""
        if before is not None and State.UNKNOWN not in (before.state, today.state):
            low = today.state in (State.AMBER, State.RED)
            self.readiness_calibration.add(self.tomorrow.chance(before), low)
            self.tomorrow.update(before, today)
        for morning in mornings:
            if morning.source not in self.nights:
                self.nights[morning.source] = Nights.begun()
        for nights in self.nights.values():
            nights.passed()
        if today.state not in (State.AMBER, State.RED):
            for morning in mornings:
                self.nights[morning.source].update(morning)

    def lifted(self, exercise: int, seen: Lifted, usual: bool = True) -> None:
        """A session of a lift: first the forecast is held against it, then a usual one teaches."""
        lift = self.lifts.get(exercise)
        if lift is None:
            lift = self.lifts[exercise] = Lift.begun(math.exp(seen.ln_max))
        elif seen.needed is not None:
            self.load_calibration.add(lift.chance(seen.needed), seen.reached)
        if not usual:
            return
        lift.response.update(seen.ln_max)
        lift.line.session_passed()
        for load_kg, velocity_m_s in seen.velocities:
            lift.line.update(load_kg, velocity_m_s)

    def day(self, dose: float) -> None:
        """A day's training is over; `dose` as muscular load, 0 for rest."""
        if self.usual_dose is None and dose > 0:
            self.usual_dose = dose
        share = dose / self.usual_dose if self.usual_dose else 0.0
        for lift in self.lifts.values():
            lift.response.day_passed(share)

    @property
    def estimates(self) -> Mapping[str, Mapping[str, Estimate]]:
        """All that is learned, by what it is of: a source of nights, an exercise's number, the heart."""
        found: dict[str, dict[str, Estimate]] = {
            source: nights.estimates for source, nights in self.nights.items()
        }
        found["heart"] = {"recovery_bpm": self.recovery.usual}
        for exercise, lift in self.lifts.items():
            found[str(exercise)] = {
                "response": lift.response.response,
                "fatigue": lift.response.fatigue,
                "clearing_days": lift.response.clearing_days,
            }
        return found


def needed_ln_max(load_kg: float, reps: int, sets: int, rpe: float) -> float:
    """Logarithm of the maximum that lets the last set reach `reps` with the reserve that `rpe` leaves."""
    return math.log(load_kg * (1 + (reps + 10 - rpe + SET_FADE_REPS * (sets - 1)) / 30))
