"""How a person's strength answers training, and how fast fatigue clears.

ln(maximum) = start + response x retained - fatigue x tired (after Banister 1975), where each session's dose
adds to both, `retained` fades over half a year and `tired` within days. How many days is the one number that
is not linear: nine regressions stand side by side, one a value, and the evidence weighs them.
"""

from __future__ import annotations

import math

import msgspec

from repbeat.coach.learn import population
from repbeat.coach.learn.regression import Estimate, Predicted, Regression

SURE_AFTER = 12
"""Sessions before a rule may look at the forecast."""


class Response(msgspec.Struct, kw_only=True):
    """One lift of one person: what is retained, how tired by each number of days, a regression each."""

    members: list[Regression]
    tired: list[float]
    retained: float = 0.0

    @classmethod
    def begun(cls, start: float) -> Response:
        """Before any session; `start` is the logarithm of the maximum thought at the beginning."""
        members = [
            Regression.begun(
                (start, population.RESPONSE.mean, population.FATIGUE.mean),
                (0.3, population.RESPONSE.sd, population.FATIGUE.sd),
                population.PERFORMANCE_SD,
            )
            for _ in population.CLEARING_DAYS
        ]
        return cls(members=members, tired=[0.0] * len(members))

    def day_passed(self, dose: float) -> None:
        """A day goes by with so much training (1: a usual session, 0: rest)."""
        self.retained = self.retained * math.exp(-1 / population.RETAINED_DAYS) + dose
        for number, days in enumerate(population.CLEARING_DAYS):
            self.tired[number] = self.tired[number] * math.exp(-1 / days) + dose

    def update(self, ln_max: float) -> None:
        """The logarithm of the maximum that today's sets tell."""
        for member, x in zip(self.members, self._inputs(), strict=True):
            member.update(x, ln_max)

    def predict(self) -> Predicted:
        """Today's performance, all members weighed."""
        parts = [member.predict(x) for member, x in zip(self.members, self._inputs(), strict=True)]
        weights = self.weights
        mean = sum(weight * part.mean for weight, part in zip(weights, parts, strict=True))
        variance = sum(
            weight * (part.scale**2 + (part.mean - mean) ** 2)
            for weight, part in zip(weights, parts, strict=True)
        )
        return Predicted(mean, math.sqrt(variance), parts[0].freedom)

    @property
    def count(self) -> int:
        """Sessions it rests on."""
        return self.members[0].count

    @property
    def sure(self) -> bool:
        """Whether a rule may look at it."""
        return self.count >= SURE_AFTER

    @property
    def weights(self) -> list[float]:
        """How likely each number of days is."""
        best = max(member.log_evidence for member in self.members)
        raw = [math.exp(member.log_evidence - best) for member in self.members]
        return [one / sum(raw) for one in raw]

    @property
    def response(self) -> Estimate:
        """What a usual session adds."""
        return self._mixed(1)

    @property
    def fatigue(self) -> Estimate:
        """What a usual session takes at first."""
        return self._mixed(2)

    @property
    def clearing_days(self) -> Estimate:
        """Days in which fatigue falls to a third."""
        days, weights = population.CLEARING_DAYS, self.weights
        value = sum(day * weight for day, weight in zip(days, weights, strict=True))
        return Estimate(value, self._quantile(0.05), self._quantile(0.95), self.count)

    def _quantile(self, share: float) -> float:
        days = population.CLEARING_DAYS
        width = days[1] - days[0]
        below = 0.0
        for day, weight in zip(days, self.weights, strict=True):
            if below + weight >= share:
                return day - width / 2 + width * (share - below) / weight
            below += weight
        return days[-1] + width / 2

    def _mixed(self, which: int) -> Estimate:
        unit = [1.0 if number == which else 0.0 for number in range(3)]
        parts = [member.estimate(unit) for member in self.members]
        weights = self.weights
        value = sum(weight * part.value for weight, part in zip(weights, parts, strict=True))
        variance = sum(
            weight * (((part.high - part.low) / 2) ** 2 + (1.645 * (part.value - value)) ** 2)
            for weight, part in zip(weights, parts, strict=True)
        )
        reach = math.sqrt(variance)
        return Estimate(value, value - reach, value + reach, self.count)

    def _inputs(self) -> list[tuple[float, float, float]]:
        return [(1.0, self.retained, -tired) for tired in self.tired]
