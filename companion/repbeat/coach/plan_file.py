"""A plan as a person writes it: a JSON file in kilograms and seconds, checked field by field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec

from repbeat_protocol import exercises
from repbeat_protocol import plan as wire

Kilograms = Annotated[float, msgspec.Meta(ge=0, le=500)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=10)]
Degrees = Annotated[int, msgspec.Meta(ge=0, le=180)]


class PlanFileError(ValueError):
    """The file is no plan; the message names the place."""


class FileItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exercise: `reps` is [lowest, highest], `tempo_s` [eccentric, pause, concentric] with 0 for free.

    `angle_deg`: [lowest, highest] angle, from its beginning, at which a repetition is to turn.
    """

    exercise: str
    sets: int
    reps: tuple[int, int]
    load_kg: Kilograms = 0
    rest_s: int = 120
    rest_until_bpm: int = 0
    tempo_s: tuple[Seconds, Seconds, Seconds] = (0, 0, 0)
    velocity_loss_percent: int = 0
    warm_up: bool = False
    angle_deg: tuple[Degrees, Degrees] | None = None


class FilePlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One session."""

    items: list[FileItem]
    name: str = ""
    rpe: Annotated[float, msgspec.Meta(ge=1, le=10)] | None = None
    """How hard the session is meant to feel; without it no session counts as harder than meant."""
    strain_cap: Annotated[float, msgspec.Meta(ge=0, le=21)] = 0


def read(path: Path) -> tuple[wire.Plan, float | None]:
    """The plan in a file, without revision and athlete, and its `rpe`; PlanFileError or wire.PlanError."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=FilePlan)
    except OSError as error:
        raise PlanFileError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise PlanFileError(f"{path}: {error}") from error
    return plan_of(found, str(path)), found.rpe


def plan_of(found: FilePlan, where: str) -> wire.Plan:
    """The plan that a person wrote, without revision and athlete; `where` it was written, for the errors."""
    plan = wire.Plan(
        1,
        [_item(where, number, item) for number, item in enumerate(found.items, start=1)],
        name=found.name,
        strain_cap_x10=round(found.strain_cap * 10),
    )
    wire.check(plan)
    return plan


def _item(where: str, number: int, item: FileItem) -> wire.Item:
    if item.exercise not in exercises.CODES:
        known = ", ".join(sorted(exercises.CODES))
        raise PlanFileError(
            f"{where}: item {number}: no exercise is named {item.exercise!r}; there are: {known}"
        )
    eccentric_s, pause_s, concentric_s = item.tempo_s
    angle_low, angle_high = item.angle_deg or (0, 0)
    return wire.Item(
        exercises.code(item.exercise),
        item.sets,
        item.reps[0],
        item.reps[1],
        load_g=round(item.load_kg * 100) * 10,
        rest_s=item.rest_s,
        rest_until_bpm=item.rest_until_bpm,
        eccentric_ds=round(eccentric_s * 10),
        pause_ds=round(pause_s * 10),
        concentric_ds=round(concentric_s * 10),
        velocity_loss_percent=item.velocity_loss_percent,
        flags=wire.WARM_UP if item.warm_up else 0,
        angle_low=angle_low,
        angle_high=angle_high,
    )


def shown(plan: wire.Plan) -> dict[str, Any]:
    """A plan in the file's own terms."""
    return {
        "name": plan.name,
        "strain_cap": plan.strain_cap_x10 / 10,
        "items": [
            {
                "exercise": exercises.slug(item.exercise),
                "sets": item.sets,
                "reps": [item.reps_low, item.reps_high],
                "load_kg": item.load_g / 1000,
                "rest_s": item.rest_s,
                "rest_until_bpm": item.rest_until_bpm,
                "tempo_s": [item.eccentric_ds / 10, item.pause_ds / 10, item.concentric_ds / 10],
                "velocity_loss_percent": item.velocity_loss_percent,
                "warm_up": bool(item.flags & wire.WARM_UP),
                **({"angle_deg": [item.angle_low, item.angle_high]} if item.angle_high else {}),
            }
            for item in plan.items
        ],
    }
