"""Strength: one-repetition maximum from a set, muscular load."""

from __future__ import annotations

from dataclasses import dataclass

REPETITION_MAX_VERSION = 1
MUSCULAR_VERSION = 1
"""The device's muscular load uses the same rule under the same number."""

MAX_FORMULA_REPS = 10
"""Beyond ten repetitions the formulas drift apart and from the truth."""


class StrengthError(ValueError):
    """A set from which no estimate can be made: the message says why."""


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
        raise StrengthError(f"{reps:g} repetitions: the formula holds for 1-{MAX_FORMULA_REPS}")


def epley(load_kg: float, reps: float) -> RepetitionMax:
    """w (1 + r/30); `reps` are those done plus those left in reserve, 1-10. A single is its own maximum."""
    _checked_reps(load_kg, reps)
    return RepetitionMax(load_kg if reps == 1 else load_kg * (1 + reps / 30), "epley")


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
