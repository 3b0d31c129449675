"""The learner beside one simulated athlete: it sees what a companion sees; the truth is held against it."""

from __future__ import annotations

import math

from repbeat.coach.learn import population
from repbeat.coach.learn.forecast import Calibration, TomorrowsReadiness
from repbeat.coach.learn.level import Level
from repbeat.coach.learn.regression import Estimate
from repbeat.coach.learn.response import Response
from repbeat.coach.learn.velocity import VelocityLine
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import Readiness, State
from repbeat_tools.simulate.athlete import Truth

TEST_VELOCITY_M_S = 0.5


class Learner:
    """Baselines, load-velocity line, recovery, response and forecasts of one athlete."""

    def __init__(self, guess_kg: float) -> None:
        night = (population.LINGERING_SHARE, population.LINGERS)
        self.levels = {
            "ln_rmssd": Level(population.LN_RMSSD, population.LN_RMSSD_NIGHT_SD, *night),
            "resting_bpm": Level(population.RESTING_BPM, population.RESTING_NIGHT_SD, *night),
            "asleep_min": Level(population.ASLEEP_MIN, population.ASLEEP_NIGHT_SD, *night),
        }
        self.recovery = Level(population.RECOVERY_BPM, population.RECOVERY_SET_SD)
        self.line = VelocityLine(guess_kg)
        self.response = Response(math.log(guess_kg))
        self.tomorrow = TomorrowsReadiness()
        self.readiness_calibration = Calibration()
        self.load_calibration = Calibration()

    def morning(self, morning: Morning, before: Readiness | None, today: Readiness) -> None:
        """A night, and yesterday's forecast of it. Nights of an amber or red spell teach no baseline."""
        if before is not None and State.UNKNOWN not in (before.state, today.state):
            chance = self.tomorrow.chance(before)
            self.readiness_calibration.add(chance, today.state in (State.AMBER, State.RED))
            self.tomorrow.update(before, today)
        for level in self.levels.values():
            level.night_passed()
        if today.state in (State.AMBER, State.RED) or morning.rmssd_ms is None:
            return
        self.levels["ln_rmssd"].update(math.log(morning.rmssd_ms))
        if morning.resting_bpm is not None:
            self.levels["resting_bpm"].update(morning.resting_bpm)
        if morning.asleep_min is not None:
            self.levels["asleep_min"].update(morning.asleep_min)

    def day(self, dose: float) -> None:
        """A day's training."""
        self.response.day_passed(dose)

    def session(
        self,
        ln_max: float,
        needed: float,
        reached: bool,
        velocities: list[tuple[float, float]],
        recovery_bpm: float,
        usual: bool,
    ) -> None:
        """A session of the key lift: first the forecast is held against it, then it teaches."""
        self.load_calibration.add(self.response.predict().above(needed), reached)
        if not usual:
            return
        self.response.update(ln_max)
        self.line.session_passed()
        for load_kg, velocity in velocities:
            self.line.update(load_kg, velocity)
        self.recovery.update(recovery_bpm)

    def against(self, truth: Truth, max_kg: float) -> tuple[dict[str, Estimate], dict[str, float]]:
        """Each estimate, and what is true."""
        load = max_kg * (truth.velocity_intercept - TEST_VELOCITY_M_S) / truth.velocity_fall
        estimates = {
            **{name: level.usual for name, level in self.levels.items()},
            "recovery_bpm": self.recovery.usual,
            "load_at_half_m_s": self.line.load_at(TEST_VELOCITY_M_S),
            "response": self.response.response,
            "fatigue": self.response.fatigue,
            "clearing_days": self.response.clearing_days,
        }
        truths = {name: getattr(truth, name, load) for name in estimates}
        return estimates, truths
