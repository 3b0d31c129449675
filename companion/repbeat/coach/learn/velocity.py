"""The load-velocity line of one person and exercise, learned set by set, wandering as strength grows."""

from __future__ import annotations

import math

import msgspec

from repbeat.coach.learn import population
from repbeat.coach.learn.regression import Estimate, Regression, student_90

SLOPE_WALK = 0.015
"""By how much, as a share of itself, the slope wanders between two sessions: strength and the day's form."""


class VelocityLine(msgspec.Struct, kw_only=True):
    """velocity = intercept - slope x load."""

    filter: Regression

    @classmethod
    def begun(cls, guess_kg: float) -> VelocityLine:
        """Before any set; `guess_kg` is where the athlete's maximum is thought to begin."""
        slope = population.VELOCITY_FALL.mean / guess_kg
        return cls(
            filter=Regression.begun(
                (population.VELOCITY_INTERCEPT.mean, slope),
                (population.VELOCITY_INTERCEPT.sd, slope * 0.3),
                population.VELOCITY_SD,
            )
        )

    def session_passed(self) -> None:
        """Between two sessions strength may change."""
        wander = SLOPE_WALK * self.filter.means[1]
        self.filter.cov[1][1] += wander**2 / self.filter.noise_variance

    def update(self, load_kg: float, velocity_m_s: float) -> None:
        """A set's best mean velocity with a load."""
        self.filter.update((1.0, -load_kg), velocity_m_s)

    def load_at(self, velocity_m_s: float) -> Estimate:
        """The load that moves at this velocity, kg: a trend, never a prescription."""
        inner = self.filter
        intercept, slope = inner.means
        load = (intercept - velocity_m_s) / slope
        gradient = (1 / slope, -load / slope)
        variance = sum(gradient[i] * inner.cov[i][j] * gradient[j] for i in range(2) for j in range(2))
        reach = student_90(inner.freedom) * math.sqrt(max(variance, 0.0) * inner.noise_variance)
        return Estimate(load, load - reach, load + reach, inner.count)
