"""The load-velocity line of one person and exercise, learned set by set, wandering as strength grows."""

from __future__ import annotations

import math

from repbeat.coach.learn import population
from repbeat.coach.learn.regression import Estimate, Regression, student_90

SLOPE_WALK = 0.015
"""By how much, as a share of itself, the slope wanders between two sessions: strength and the day's form."""


class VelocityLine:
    """velocity = intercept - slope x load. `guess_kg` is where the athlete's maximum is thought to begin."""

    def __init__(self, guess_kg: float) -> None:
        fall = population.VELOCITY_FALL
        slope = fall.mean / guess_kg
        self._filter = Regression(
            (population.VELOCITY_INTERCEPT.mean, slope),
            (population.VELOCITY_INTERCEPT.sd, slope * 0.3),
            population.VELOCITY_SD,
        )

    def session_passed(self) -> None:
        """Between two sessions strength may change."""
        wander = SLOPE_WALK * self._filter.means[1]
        self._filter.cov[1][1] += wander**2 / self._filter.noise_variance

    def update(self, load_kg: float, velocity_m_s: float) -> None:
        """A set's best mean velocity with a load."""
        self._filter.update((1.0, -load_kg), velocity_m_s)

    def load_at(self, velocity_m_s: float) -> Estimate:
        """The load that moves at this velocity, kg: a trend, never a prescription."""
        inner = self._filter
        intercept, slope = inner.means
        load = (intercept - velocity_m_s) / slope
        gradient = (1 / slope, -load / slope)
        variance = sum(gradient[i] * inner.cov[i][j] * gradient[j] for i in range(2) for j in range(2))
        reach = student_90(inner.freedom) * math.sqrt(max(variance, 0.0) * inner.noise_variance)
        return Estimate(load, load - reach, load + reach, inner.count)
