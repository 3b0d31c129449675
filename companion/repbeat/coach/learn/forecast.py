"""Forecasts as probabilities, and whether they deserve belief: Brier's score against the person's average."""

from __future__ import annotations

import msgspec

from repbeat.derive.readiness import Readiness, State

# Chance of amber or red after a morning with 0, 1, 2, 3 and more bad signals: people in general.
POPULATION = (0.015, 0.10, 0.55, 0.70)
POPULATION_WEIGHT = 8.0
FLOOR = 0.005


def _population_low() -> list[float]:
    return [POPULATION_WEIGHT * chance for chance in POPULATION]


def _population_all() -> list[float]:
    return [POPULATION_WEIGHT] * len(POPULATION)


class TomorrowsReadiness(msgspec.Struct, kw_only=True):
    """Chance that the next morning is amber or red, by how many signals were bad this morning.

    `low` of `all` mornings were, the population's among them.
    """

    low: list[float] = msgspec.field(default_factory=_population_low)
    all: list[float] = msgspec.field(default_factory=_population_all)

    def chance(self, today: Readiness) -> float:
        """0-1; with little of the person's own it is the population's."""
        row = self._row(today)
        return min(max(self.low[row] / self.all[row], FLOOR), 1 - FLOOR)

    @property
    def seen(self) -> float:
        """The person's own mornings among them."""
        return sum(self.all) - POPULATION_WEIGHT * len(POPULATION)

    def update(self, today: Readiness, tomorrow: Readiness) -> None:
        """What became of a morning."""
        row = self._row(today)
        self.all[row] += 1
        self.low[row] += tomorrow.state in (State.AMBER, State.RED)

    @staticmethod
    def _row(today: Readiness) -> int:
        return min(len(today.bad), len(POPULATION) - 1)


class Calibration(msgspec.Struct, kw_only=True):
    """Brier's score of forecasts that came true or not, beside that of the person's own average so far.

    `bins`, by tenths of the chance: forecasts, the sum of their chances, how many came true.
    """

    count: int = 0
    score: float = 0.0
    average_score: float = 0.0
    came_true: float = 1.0  # the average begins at one half: one each way
    bins: dict[int, list[float]] = {}

    def add(self, chance: float, came_true: bool) -> None:
        """A forecast and what happened."""
        average = self.came_true / (self.count + 2)
        self.score += (chance - came_true) ** 2
        self.average_score += (average - came_true) ** 2
        self.count += 1
        self.came_true += came_true
        kept = self.bins.setdefault(min(int(chance * 10), 9), [0.0, 0.0, 0.0])
        kept[0] += 1
        kept[1] += chance
        kept[2] += came_true

    @property
    def skill(self) -> float | None:
        """1 - score / score of the average: above 0 the forecast knows more than the average does."""
        return 1 - self.score / self.average_score if self.average_score else None
