"""Programmes as data: JSON files that are checked field by field, and how a day of one becomes a session.

The library is the `*.json` beside this file, written by the project; people import and export the same form.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from repbeat.coach.conditioning import VIGOROUS_ZONE, Conditioning
from repbeat.coach.rules import Limits
from repbeat.coach.situation import Line
from repbeat.coach.texts import Text, say
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire

Kilograms = Annotated[float, msgspec.Meta(ge=0, le=500)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=10)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=60)]
Degrees = Annotated[int, msgspec.Meta(ge=0, le=180)]
Goal = Literal["begin", "strength", "muscle", "endurance", "mobility", "life", ""]
GOALS: tuple[str, ...] = get_args(Goal)
REPETITION_S = 4  # with no tempo asked for; ours
VIGOROUS_RPE = 8  # two repetitions from failure: our own line between moderate and vigorous lifting
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class ProgrammeError(ValueError):
    """The file is no programme, or the athlete may not begin it; the message says why."""


class NotYet(ProgrammeError):
    """The athlete may not begin it as things stand; `text` is why, in any language."""

    def __init__(self, text: Text) -> None:
        super().__init__(say(text))
        self.text = text


class Exercise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One exercise of a day. `rpe` is how hard the last set should feel; rest ends by time or heart rate.

    `angle_deg`: [lowest, highest] angle at which a repetition turns, for rehabilitation.
    """

    exercise: str
    sets: Annotated[int, msgspec.Meta(ge=1, le=20)]
    reps: tuple[int, int]
    start_kg: Kilograms = 0
    rest_s: Annotated[int, msgspec.Meta(ge=0, le=900)] = 120
    rest_until_bpm: int = 0
    tempo_s: tuple[Seconds, Seconds, Seconds] = (0, 0, 0)
    velocity_loss_percent: Percent = 0
    rpe: Annotated[float, msgspec.Meta(ge=1, le=10)] = 7
    warm_up: bool = False
    angle_deg: tuple[Degrees, Degrees] | None = None

    def line(self, load_g: int | None = None, reps: tuple[int, int] | None = None) -> Line:
        """As a line of a session, with the load and repetitions the athlete has come to."""
        low, high = reps or self.reps
        eccentric_s, pause_s, concentric_s = self.tempo_s
        angle_low, angle_high = self.angle_deg or (0, 0)
        return Line(
            exercise=exercises.code(self.exercise),
            sets=self.sets,
            reps_low=low,
            reps_high=high,
            load_g=round(self.start_kg * 100) * 10 if load_g is None else load_g,
            rest_s=self.rest_s,
            rest_until_bpm=self.rest_until_bpm,
            eccentric_ds=round(eccentric_s * 10),
            pause_ds=round(pause_s * 10),
            concentric_ds=round(concentric_s * 10),
            velocity_loss_percent=self.velocity_loss_percent,
            flags=wire.WARM_UP if self.warm_up else 0,
            angle_low=angle_low,
            angle_high=angle_high,
        )


class Day(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One day's session, its marked light variant, and conditioning."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    exercises: Annotated[list[Exercise], msgspec.Meta(min_length=1, max_length=32)]
    light: list[Exercise] = []
    conditioning: list[Conditioning] = []

    @property
    def seconds(self) -> float:
        """About how long it takes: every set to the top of its range, and the rests."""
        lifting = sum(
            one.sets * (one.reps[1] * (sum(one.tempo_s) or REPETITION_S) + one.rest_s)
            for one in self.exercises
        )
        return lifting + sum(one.rounds * (one.work_s + one.rest_s) for one in self.conditioning)

    @property
    def rpe(self) -> float:
        """How hard the session is meant to feel: its working sets' mean."""
        working = [one for one in self.exercises if not one.warm_up] or self.exercises
        return sum(one.rpe * one.sets for one in working) / sum(one.sets for one in working)


class Caps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What no rule may go beyond. `heart_rate` false: effort by feel only."""

    upper_week_percent: Annotated[int, msgspec.Meta(ge=0, le=5)] = 5
    lower_week_percent: Annotated[int, msgspec.Meta(ge=0, le=10)] = 10
    upper_plate_kg: Annotated[float, msgspec.Meta(ge=0.1, le=20)] = 1
    lower_plate_kg: Annotated[float, msgspec.Meta(ge=0.1, le=20)] = 2.5
    reps_limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    most_rpe: Annotated[float, msgspec.Meta(ge=1, le=10)] = 10
    strain: Annotated[float, msgspec.Meta(ge=0, le=21)] = 0
    heart_rate: bool = True

    def limits(self) -> Limits:
        """The same for the rules."""
        return Limits(
            upper_week_percent=self.upper_week_percent,
            lower_week_percent=self.lower_week_percent,
            upper_plate_g=round(self.upper_plate_kg * 1000),
            lower_plate_g=round(self.lower_plate_kg * 1000),
            reps_limit=self.reps_limit,
        )


class Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Days in the order of `week`: seven entries, the number of a day from 1, or 0 for rest.

    `goal`: what it is looked for by in the library.
    """

    slug: Slug
    name: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    for_whom: str
    goal: Goal = ""
    days: Annotated[list[Day], msgspec.Meta(min_length=1, max_length=14)]
    week: Annotated[list[int], msgspec.Meta(min_length=7, max_length=7)]
    deload_every_weeks: Annotated[int, msgspec.Meta(ge=0, le=12)] = 5
    ages: tuple[int, int] = (18, 100)
    clearance: bool = False
    caps: Caps = Caps()

    def may_begin(self, age_years: int, cleared: bool) -> Text | None:
        """None, or why the athlete may not begin it."""
        low, high = self.ages
        if not low <= age_years <= high:
            return Text("age_limit", {"low": low, "high": high})
        return Text("needs_clearance") if self.clearance and not cleared else None

    @property
    def vigorous(self) -> bool:
        """Whether any of it is meant to feel hard: the questions before training come first then."""
        return any(
            any(one.rpe >= VIGOROUS_RPE for one in day.exercises)
            or any(one.zone >= VIGOROUS_ZONE for one in day.conditioning)
            for day in self.days
        )

    def sessions_a_week(self) -> int:
        """Training days in a week."""
        return sum(day > 0 for day in self.week)

    def minutes(self) -> tuple[int, int]:
        """About how long its shortest and its longest session take, to five minutes."""
        each = [max(1, round(day.seconds / 300)) * 5 for day in self.days]
        return min(each), max(each)

    def compiled(self, day: int, lines: tuple[Line, ...], revision: int = 1) -> wire.Plan:
        """A session of day number `day` (from 0) as the device takes it; PlanOutOfBounds otherwise."""
        plan = wire.Plan(
            revision,
            [line.item() for line in lines],
            self.days[day].name,
            strain_cap_x10=round(self.caps.strain * 10) if self.caps.heart_rate else 0,
        )
        wire.check(plan)
        return plan


def parse(content: bytes, where: str = "the file") -> Programme:
    """A programme from JSON; ProgrammeError names the place of what is wrong."""
    try:
        found = msgspec.json.decode(content, type=Programme)
    except msgspec.DecodeError as error:
        raise ProgrammeError(f"{where}: {error}") from error
    for number in found.week:
        if not 0 <= number <= len(found.days):
            raise ProgrammeError(f"{where}: week names day {number}; there are days 1-{len(found.days)}")
    if not found.sessions_a_week():
        raise ProgrammeError(f"{where}: week has no training day")
    if not 0 < found.ages[0] <= found.ages[1]:
        raise ProgrammeError(f"{where}: ages run from {found.ages[0]} to {found.ages[1]}")
    for index, day in enumerate(found.days):
        _check_day(found, index, f"{where}: {day.name}")
    return found


def _check_day(programme: Programme, index: int, where: str) -> None:
    day, caps = programme.days[index], programme.caps
    for exercise in (*day.exercises, *day.light):
        if exercise.exercise not in exercises.CODES:
            raise ProgrammeError(f"{where}: no exercise is named {exercise.exercise!r}")
        if exercise.rpe > caps.most_rpe:
            raise ProgrammeError(f"{where}: {exercise.exercise} is above most_rpe")
        if exercise.rest_until_bpm and not caps.heart_rate:
            raise ProgrammeError(f"{where}: rest by heart rate, but heart_rate is off")
    for variant in (day.exercises, day.light):
        if variant:
            try:
                programme.compiled(index, tuple(exercise.line() for exercise in variant))
            except wire.PlanError as error:
                raise ProgrammeError(f"{where}: {error}") from error


def read(path: Path) -> Programme:
    """The programme in a file."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise ProgrammeError(f"{path} cannot be read: {error.strerror}") from error


def exported(programme: Programme) -> bytes:
    """The programme as JSON, as `parse` reads it."""
    return msgspec.json.format(msgspec.json.encode(programme), indent=1) + b"\n"


@cache
def library() -> dict[str, Programme]:
    """The project's own programmes by slug."""
    found = {}
    for entry in sorted(resources.files(__name__).iterdir(), key=lambda file: file.name):
        if entry.name.endswith(".json"):
            programme = parse(entry.read_bytes(), entry.name)
            found[programme.slug] = programme
    return found


def schema() -> dict[str, Any]:
    """The JSON schema of the form."""
    return msgspec.json.schema(Programme)
