"""Strength: one-repetition maximum from sets and from velocity, velocity loss, muscular load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import correlation, linear_regression

REPETITION_MAX_VERSION = 1
LOAD_VELOCITY_VERSION = 1
VELOCITY_LOSS_VERSION = 1
MUSCULAR_VERSION = 1
"""The device's muscular load uses the same rule under the same number."""

MAX_FORMULA_REPS = 10
"""Beyond ten repetitions the formulas drift apart and from the truth."""


class StrengthError(ValueError):
    """A set or a line from which no estimate can be made: the message says why."""


@dataclass(frozen=True)
class RepetitionMax:
    """An estimated one-repetition maximum."""

    load_kg: float
    method: str
    version: int = REPETITION_MAX_VERSION


def _checked_reps(load_kg: float, reps: float) -> None:
    if load_kg <= 0:
        raise StrengthError(f"a load of {load_kg:g} kg: enter what was lifted")
    if not 1 <= reps <= MAX_FORMULA_REPS:
        raise StrengthError(f"{reps:g} repetitions: the formulas hold for 1-{MAX_FORMULA_REPS}")


def epley(load_kg: float, reps: float) -> RepetitionMax:
    """w (1 + r/30); `reps` are those done plus those left in reserve, 1-10. A single is its own maximum."""
    _checked_reps(load_kg, reps)
    return RepetitionMax(load_kg if reps == 1 else load_kg * (1 + reps / 30), "epley")


def brzycki(load_kg: float, reps: float) -> RepetitionMax:
    """36 w / (37 - r); `reps` as in `epley`."""
    _checked_reps(load_kg, reps)
    return RepetitionMax(36 * load_kg / (37 - reps), "brzycki")


def velocity_losses(mean_velocities: Sequence[float]) -> list[float]:
    """Loss of each repetition against the best so far in its set, 0-1."""
    losses: list[float] = []
    best = 0.0
    for velocity in mean_velocities:
        if velocity <= 0:
            raise StrengthError("a repetition without a velocity: leave it out of the set")
        best = max(best, velocity)
        losses.append((best - velocity) / best)
    return losses


def stop_rep(mean_velocities: Sequence[float], threshold: float) -> int | None:
    """Repetition, from 1, after which a set ends at `threshold` (0-1) of loss; None if not reached."""
    if not 0 < threshold < 1:
        raise StrengthError(f"a velocity loss threshold of {threshold:g}: choose one between 0 and 1")
    for number, loss in enumerate(velocity_losses(mean_velocities), start=1):
        if loss >= threshold:
            return number
    return None


@dataclass(frozen=True)
class LoadVelocityConfig:
    """When a load-velocity line is trusted, and the velocity at which a maximum moves, by exercise.

    Bench press 0.17 m/s is measured; squat and deadlift are of the literature's order, and people vary.
    """

    minimal_velocity_m_s: Mapping[str, float]
    minimum_loads: int = 3
    minimum_r2: float = 0.9

    def __post_init__(self) -> None:
        if any(velocity <= 0 for velocity in self.minimal_velocity_m_s.values()):
            raise StrengthError("a minimal velocity must be above 0")
        if self.minimum_loads < 3:
            raise StrengthError("a line needs three loads at least")
        if not 0 <= self.minimum_r2 <= 1:
            raise StrengthError("minimum_r2 lies within 0-1")


DEFAULT_LOAD_VELOCITY = LoadVelocityConfig({"bench": 0.17, "squat": 0.30, "deadlift": 0.15})


@dataclass(frozen=True)
class LoadVelocityLine:
    """velocity = intercept + slope x load of one person and exercise: a trend, not a prescription."""

    slope: float
    intercept: float
    r2: float
    loads: int
    method: str = "individual line, least squares"
    version: int = LOAD_VELOCITY_VERSION

    def load_at(self, velocity_m_s: float) -> float:
        """Load, in kg, that would move at this mean velocity."""
        return (velocity_m_s - self.intercept) / self.slope


def load_velocity_line(
    points: Sequence[tuple[float, float]], config: LoadVelocityConfig = DEFAULT_LOAD_VELOCITY
) -> LoadVelocityLine:
    """Line through (load_kg, best mean velocity in m/s) of at least three different loads.

    StrengthError where there are too few loads, velocity does not fall with load, or the points scatter.
    """
    loads = [load for load, _ in points]
    velocities = [velocity for _, velocity in points]
    if len(set(loads)) < config.minimum_loads:
        raise StrengthError(f"{len(set(loads))} different loads: lift at least {config.minimum_loads}")
    slope, intercept = linear_regression(loads, velocities)
    if slope >= 0:
        raise StrengthError("velocity does not fall with load: check the loads entered")
    r2 = correlation(loads, velocities) ** 2
    if r2 < config.minimum_r2:
        raise StrengthError(f"the points scatter (r2 {r2:.2f}): lift with full effort at each load")
    return LoadVelocityLine(slope, intercept, r2, len(set(loads)))


def velocity_one_rep_max(
    exercise: str, line: LoadVelocityLine, config: LoadVelocityConfig = DEFAULT_LOAD_VELOCITY
) -> RepetitionMax:
    """One-repetition maximum: the line at the exercise's minimal velocity; StrengthError for others."""
    if exercise not in config.minimal_velocity_m_s:
        raise StrengthError(f"no minimal velocity is known for {exercise}: use a repetition formula")
    load_kg = line.load_at(config.minimal_velocity_m_s[exercise])
    return RepetitionMax(load_kg, "load-velocity", line.version)


@dataclass(frozen=True)
class MuscularConfig:
    """How near to failure a set came, from RPE or else from velocity loss; our rule.

    A loss of 0, 20, 40 % reads as RPE 6, 8, 10: sets to failure lose about 40 % (Pareja-Blanco 2017).
    """

    unknown_effort: float = 0.8
    effort_floor: float = 0.6

    def __post_init__(self) -> None:
        if not 0 < self.effort_floor <= self.unknown_effort <= 1:
            raise StrengthError("efforts must rise within 0-1")

    def effort(self, rpe: float | None, velocity_loss: float | None) -> float:
        """Effort 0-1 of a set; the athlete's own word comes before the velocity."""
        if rpe is not None:
            effort = rpe / 10
        elif velocity_loss is not None:
            effort = self.effort_floor + velocity_loss
        else:
            effort = self.unknown_effort
        return min(max(effort, self.effort_floor), 1.0)


def muscular_load(
    reps: int,
    load_kg: float | None = None,
    one_rep_max_kg: float | None = None,
    rpe: float | None = None,
    velocity_loss: float | None = None,
    config: MuscularConfig | None = None,
) -> float:
    """Muscular load of one set: reps x load / maximum x effort.

    Where load or maximum are unknown the set itself tells its share of the maximum, by Epley's formula
    over the repetitions done and those left in reserve.
    """
    if reps < 0:
        raise StrengthError(f"a set of {reps} repetitions")
    effort = (config or MuscularConfig()).effort(rpe, velocity_loss)
    if load_kg and one_rep_max_kg:
        share = min(load_kg / one_rep_max_kg, 1.0)
    else:
        share = 30 / (30 + reps + 10 * (1 - effort))
    return reps * share * effort
