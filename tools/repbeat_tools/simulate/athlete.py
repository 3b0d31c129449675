"""A simulated body: strength that answers training, fatigue that clears, nights, illness, and honest answers.

After Banister's two components: each session adds to what is retained and to what is tired; nights and
answers show the tiredness, sleep and illness, with noise. The numbers of each athlete are drawn around the
population's and known, so that a learner can be checked against them.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date

from repbeat.coach.learn import population
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import CheckIn

BAND = "band"  # the source of every night
ILLNESSES_A_YEAR = 1.5
USUAL_DAYS = 28.0  # the body takes for usual how tired it was over so long


@dataclass(frozen=True)
class Truth:
    """What is true of one athlete, and what a learner should find out."""

    ln_rmssd: float
    resting_bpm: float
    asleep_min: float
    recovery_bpm: float
    response: float
    fatigue: float
    clearing_days: float
    velocity_intercept: float
    velocity_fall: float
    answers: float
    unwell_presses: float

    @classmethod
    def drawn(cls, rng: random.Random) -> Truth:
        """One athlete of the population."""
        days = population.CLEARING_DAYS
        return cls(
            rng.gauss(*population.LN_RMSSD),
            rng.gauss(*population.RESTING_BPM),
            rng.gauss(*population.ASLEEP_MIN),
            rng.gauss(*population.RECOVERY_BPM),
            max(0.0005, rng.gauss(*population.RESPONSE)),
            max(0.002, rng.gauss(*population.FATIGUE)),
            rng.uniform(days[0] - 0.5, days[-1] + 0.5),
            rng.gauss(*population.VELOCITY_INTERCEPT),
            rng.gauss(*population.VELOCITY_FALL),
            rng.uniform(0.6, 1.0),
            rng.choice((0.0, 0.5)),
        )


class Body:
    """One athlete's body, day by day."""

    def __init__(self, rng: random.Random, truth: Truth) -> None:
        self.rng = rng
        self.truth = truth
        self.retained = 0.0
        self.tired = 0.0
        self.usual_tired = 0.0
        self.ill_days = 0
        self.debt_min = 0.0
        self._lingering = [0.0, 0.0, 0.0]

    @property
    def ill(self) -> bool:
        """Whether an illness is running."""
        return self.ill_days > 0

    @property
    def gain(self) -> float:
        """Logarithm of today's strength against the beginning's."""
        gain = self.truth.response * self.retained - self.truth.fatigue * self.tired
        return gain - 0.0001 * self.debt_min - (0.10 if self.ill else 0.0)

    def begin_day(self, day: date) -> tuple[Morning, CheckIn | None, bool]:
        """The night that ended on `day`, the answers, and whether an illness begins."""
        begins = not self.ill and self.rng.random() < ILLNESSES_A_YEAR / 365
        if begins:
            self.ill_days = self.rng.randint(4, 10)
        elif self.ill:
            self.ill_days -= 1
        load = self.tired - self.usual_tired
        shift = (-0.012 * load, 0.15 * load, 0.0)
        if self.ill:
            shift = (shift[0] - 0.4, shift[1] + 8.0, -90.0)
        asleep = self.truth.asleep_min + self._night(2, population.ASLEEP_NIGHT_SD) + shift[2]
        self.debt_min = max(0.0, 0.7 * self.debt_min + self.truth.asleep_min - asleep)
        morning = Morning(
            day,
            BAND,
            math.exp(self.truth.ln_rmssd + self._night(0, population.LN_RMSSD_NIGHT_SD) + shift[0]),
            self.truth.resting_bpm + self._night(1, population.RESTING_NIGHT_SD) + shift[1],
            max(60.0, asleep),
        )
        return morning, self._answers(day, asleep), begins

    def end_day(self, dose: float) -> None:
        """A day's training is taken in."""
        self.retained = self.retained * math.exp(-1 / population.RETAINED_DAYS) + dose
        self.tired = self.tired * math.exp(-1 / self.truth.clearing_days) + dose
        self.usual_tired += (self.tired - self.usual_tired) / USUAL_DAYS

    def _night(self, which: int, sd: float) -> float:
        lingering = sd * population.LINGERING_SHARE**0.5
        fresh = self.rng.gauss(0, lingering * (1 - population.LINGERS**2) ** 0.5)
        self._lingering[which] = population.LINGERS * self._lingering[which] + fresh
        return self._lingering[which] + self.rng.gauss(0, sd * (1 - population.LINGERING_SHARE) ** 0.5)

    def _answers(self, day: date, asleep: float) -> CheckIn | None:
        if self.rng.random() > self.truth.answers:
            return None
        slept = 4 + (asleep - self.truth.asleep_min) / 60
        tired = 4 - 0.2 * (self.tired - self.usual_tired)
        general = -2.2 if self.ill else 0.0
        items = [
            min(5, max(1, round(centre + general + self.rng.gauss(0, 0.5))))
            for centre in (slept, tired, tired, 3.8, 4.0)
        ]
        unwell = self.ill and self.rng.random() < self.truth.unwell_presses
        sleep, fatigue, soreness, stress, mood = items
        return CheckIn(day, sleep, fatigue, soreness, stress, mood, unwell)
