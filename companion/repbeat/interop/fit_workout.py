"""A plan as a FIT workout: a step for each set (until it is done), a step for each rest."""

from __future__ import annotations

from collections.abc import Iterator

from fit_tool.fit_file_builder import FitFileBuilder
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.workout_message import WorkoutMessage
from fit_tool.profile.messages.workout_step_message import WorkoutStepMessage
from fit_tool.profile.profile_type import (
    FileType,
    Intensity,
    Manufacturer,
    Sport,
    SubSport,
    WorkoutStepDuration,
    WorkoutStepTarget,
)

from repbeat.interop.errors import ExportRefused
from repbeat.interop.exercise_names import category_of
from repbeat_protocol.plan import Item, Plan

KG_CODE = 1  # fit_base_unit: kilogram


def write(plan: Plan, created_ms: int) -> bytes:
    """A FIT workout of the plan's items in order. ExportRefused for an empty plan."""
    steps = [step for item in plan.items for step in _steps(item)]
    if not steps:
        raise ExportRefused("the plan has no exercise")
    builder = FitFileBuilder(auto_define=True)
    file_id = FileIdMessage()
    file_id.type = FileType.WORKOUT
    file_id.manufacturer = Manufacturer.DEVELOPMENT.value
    file_id.product = 0
    file_id.time_created = created_ms
    file_id.serial_number = 1
    builder.add(file_id)
    workout = WorkoutMessage()
    workout.workout_name = plan.name or "RepBeat"
    workout.sport = Sport.TRAINING
    workout.sub_sport = SubSport.STRENGTH_TRAINING
    workout.num_valid_steps = len(steps)
    builder.add(workout)
    for index, step in enumerate(steps):
        step.message_index = index
        builder.add(step)
    return bytes(builder.build().to_bytes())


def _steps(item: Item) -> Iterator[WorkoutStepMessage]:
    for number in range(item.sets):
        step = WorkoutStepMessage()
        step.intensity = Intensity.ACTIVE
        step.duration_type = WorkoutStepDuration.REPS
        step.duration_value = max(1, item.reps_high)
        step.target_type = WorkoutStepTarget.OPEN
        step.target_value = 0
        step.exercise_category = category_of(item.exercise)
        step.exercise_weight = item.load_g / 1000
        step.weight_display_unit = KG_CODE
        yield step
        if item.rest_s and number + 1 < item.sets:
            rest = WorkoutStepMessage()
            rest.intensity = Intensity.REST
            rest.duration_type = WorkoutStepDuration.TIME
            rest.duration_value = item.rest_s * 1000
            rest.target_type = WorkoutStepTarget.OPEN
            rest.target_value = 0
            yield rest
