"""Our exercises in FIT's categories, and back. Numbers: Garmin FIT SDK profile, type exercise_category."""

from __future__ import annotations

from repbeat_protocol import exercises

UNKNOWN_CATEGORY = 65534

CATEGORY = {
    "bench_press": 0,
    "squat": 28,
    "deadlift": 8,
    "overhead_press": 24,
    "row": 23,
    "biceps_curl": 7,
    "concentration_curl": 7,
    "triceps_extension": 30,
    "overhead_extension": 30,
    "lat_pulldown": 21,
    "leg_press": 28,
    "leg_curl": 15,
    "chest_press": 0,
    "chest_fly": 9,
    "shoulder_press": 24,
    "lateral_raise": 14,
    "seated_row": 23,
    "pull_up": 21,
    "push_up": 22,
    "lunge": 17,
    "hip_thrust": 10,
    "calf_raise": 1,
    "crunch": 6,
    "twist": 5,
    "side_bend": 5,
    "arm_crank": 2,
    "wheelchair_push": 2,
}

# One of ours for each category that a file may name: the first above with that number.
_EXERCISE: dict[int, str] = {}
for _name, _category in CATEGORY.items():
    _EXERCISE.setdefault(_category, _name)


def category_of(exercise: int) -> int:
    """FIT category of one of our codes."""
    return CATEGORY.get(exercises.slug(exercise), UNKNOWN_CATEGORY)


def exercise_of(category: int | None) -> int:
    """Our code for a FIT category; unknown where there is none."""
    name = _EXERCISE.get(category) if category is not None else None
    return exercises.code(name) if name else exercises.UNKNOWN
