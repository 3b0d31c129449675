"""A person's usual value of something measured again and again: a baseline that knows how sure it is."""

from __future__ import annotations

import msgspec

from repbeat.coach.learn.population import Prior
from repbeat.coach.learn.regression import Estimate, Regression

OUTLIER_SCALES = 3.0


class Level(msgspec.Struct, kw_only=True):
    """The usual value under nights that differ, part of which lingers from one to the next.

    A Kalman filter over (usual value, what lingers). `decay`: how much of it is left a night later.
    """

    filter: Regression
    decay: float
    stationary: float

    @classmethod
    def begun(cls, prior: Prior, night_sd: float, lingering: float = 0.0, decay: float = 0.0) -> Level:
        """Before any night; `lingering` is the share of a night's variance that lingers."""
        noise_sd = night_sd * (1 - lingering) ** 0.5
        return cls(
            filter=Regression.begun((prior.mean, 0.0), (prior.sd, night_sd * lingering**0.5), noise_sd),
            decay=decay,
            stationary=lingering / (1 - lingering),
        )

    def night_passed(self) -> None:
        """A night goes by, measured or not: what lingers fades, and something new may come."""
        inner = self.filter
        inner.means[1] *= self.decay
        inner.cov[0][1] *= self.decay
        inner.cov[1][0] *= self.decay
        inner.cov[1][1] = inner.cov[1][1] * self.decay**2 + self.stationary * (1 - self.decay**2)

    def update(self, value: float) -> None:
        """Take a measured value in; one far outside, as in an illness, says nothing of what is usual."""
        expected = self.filter.predict((1.0, 1.0))
        if abs(value - expected.mean) <= OUTLIER_SCALES * expected.scale:
            self.filter.update((1.0, 1.0), value)

    @property
    def usual(self) -> Estimate:
        """The usual value."""
        return self.filter.estimate((1.0, 0.0))
