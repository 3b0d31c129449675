"""Bayesian regression, one observation at a time, with a noise that is learned too.

Normal-inverse-gamma: the coefficients' covariance is kept in units of the noise's variance. Whoever widens
it between observations has a Kalman filter (`level`, `velocity`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import msgspec

NORMAL = NormalDist()


class Estimate(NamedTuple):
    """A number with its 90 % interval, and the observations it rests on (0: the population's)."""

    value: float
    low: float
    high: float
    seen: int


class Predicted(NamedTuple):
    """What the next observation will be: centre and scale of a Student distribution."""

    mean: float
    scale: float
    freedom: float

    def above(self, value: float) -> float:
        """Chance that it is above `value`, 0-1."""
        return 1 - student((value - self.mean) / self.scale, self.freedom)


def student(t: float, freedom: float) -> float:
    """Student's distribution function, by Wallace's normal approximation (1959; good to 0.005 from 4 on)."""
    size = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return NORMAL.cdf(math.copysign(size, t))


def student_at(share: float, freedom: float) -> float:
    """Where Student's distribution has `share` (0.5-0.999) below it, by bisection of `student`."""
    low, high = 0.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if student(middle, freedom) < share else (low, middle)
    return low


def student_90(freedom: float) -> float:
    """Half of the 90 % interval: the 95th percentile."""
    return student_at(0.95, freedom)


class Regression(msgspec.Struct, kw_only=True):
    """y = x·coefficients + noise. `squares` over `freedom` is the noise's variance; `cov` is in its units."""

    means: list[float]
    cov: list[list[float]]
    freedom: float
    squares: float
    count: int = 0
    log_evidence: float = 0.0

    @classmethod
    def begun(
        cls, means: Sequence[float], sds: Sequence[float], noise_sd: float, freedom: float = 8.0
    ) -> Regression:
        """Before any observation; the prior's noise stands for `freedom` of them."""
        n = len(means)
        return cls(
            means=list(means),
            cov=[[(sds[i] / noise_sd) ** 2 if i == j else 0.0 for j in range(n)] for i in range(n)],
            freedom=freedom,
            squares=freedom * noise_sd**2,
        )

    @property
    def noise_variance(self) -> float:
        """The noise as it is now believed to be."""
        return self.squares / self.freedom

    def predict(self, x: Sequence[float]) -> Predicted:
        """The next observation at `x`."""
        mean = sum(a * b for a, b in zip(x, self.means, strict=True))
        spread = 1.0 + sum(a * b for a, b in zip(x, self._gains(x), strict=True))
        return Predicted(mean, math.sqrt(self.noise_variance * spread), self.freedom)

    def update(self, x: Sequence[float], y: float) -> None:
        """Take an observation in."""
        gains = self._gains(x)
        spread = 1.0 + sum(a * b for a, b in zip(x, gains, strict=True))
        error = y - sum(a * b for a, b in zip(x, self.means, strict=True))
        scale2 = self.noise_variance * spread
        t2 = error * error / scale2
        nu = self.freedom
        self.log_evidence += (
            math.lgamma((nu + 1) / 2)
            - math.lgamma(nu / 2)
            - 0.5 * math.log(nu * math.pi * scale2)
            - (nu + 1) / 2 * math.log1p(t2 / nu)
        )
        for i, gain in enumerate(gains):
            self.means[i] += gain * error / spread
        for i, row in enumerate(self.cov):
            for j in range(len(row)):
                row[j] -= gains[i] * gains[j] / spread
        self.squares += error * error / spread
        self.freedom += 1
        self.count += 1

    def estimate(self, weights: Sequence[float]) -> Estimate:
        """weights·coefficients, with its interval."""
        value = sum(a * b for a, b in zip(weights, self.means, strict=True))
        variance = sum(a * b for a, b in zip(weights, self._gains(weights), strict=True))
        reach = student_90(self.freedom) * math.sqrt(self.noise_variance * max(variance, 0.0))
        return Estimate(value, value - reach, value + reach, self.count)

    def _gains(self, x: Sequence[float]) -> list[float]:
        return [sum(a * b for a, b in zip(row, x, strict=True)) for row in self.cov]
