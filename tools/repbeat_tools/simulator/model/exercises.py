"""How the wrist moves in each exercise that the model knows.

Ranges of motion and lifting times are typical of the strength literature (bench press 0.35-0.45 m and squat
0.5-0.6 m of bar travel, mean concentric velocity at 70 % of the maximum 0.5-0.7 m/s; Sanchez-Medina 2014,
Gonzalez-Badillo 2010); the arm's tilt is an estimate by hand.
"""

from __future__ import annotations

from dataclasses import dataclass


class UnknownExercise(KeyError):
    """The model has no kinematics for it: choose another, or describe it in model/exercises.py."""


@dataclass(frozen=True)
class Exercise:
    """One repetition leads from the start pose to the far pose and back."""

    slug: str
    rise_m: float  # of the far pose above the start pose, negative: below
    reach_m: float  # of the far pose in front of the start pose
    bow_m: float  # sideways bulge of the path, forward
    tilt_deg: float  # turn of the forearm on the way, about the body's lateral axis
    twist_deg: float  # and about itself
    pitch_deg: float  # of the forearm at the start: 0 level and forward, 90 hanging down
    roll_deg: float
    lifts_first: bool  # concentric on the way out, as in a press; else on the way back, as in a squat
    concentric_s: float
    eccentric_s: float
    turn_s: float  # pause at the far end
    start_s: float  # pause at the start
    elbow_m: float = 0.0  # forearm turning about a still elbow: the path is an arc of this radius


_ALL = (
    #        slug                rise   reach  bow   tilt twist pitch roll first con  ecc  turn start elbow
    Exercise("bench_press", -0.38, 0.05, 0.02, 10, 4, -80, 0, False, 0.9, 1.3, 0.15, 0.45),
    Exercise("squat", -0.55, 0.06, 0.02, 8, 0, -60, 20, False, 1.1, 1.5, 0.15, 0.6),
    Exercise("deadlift", 0.60, 0.02, 0.03, -8, 0, 85, 0, True, 1.1, 1.3, 0.25, 0.5),
    Exercise("overhead_press", 0.48, 0.04, 0.04, -20, 10, -70, 0, True, 1.0, 1.4, 0.2, 0.4),
    Exercise("row", 0.38, -0.12, 0.0, -25, 15, 80, 0, True, 0.8, 1.2, 0.25, 0.35),
    Exercise("biceps_curl", 0.0, 0.0, 0.0, -125, 20, 75, -60, True, 1.0, 1.5, 0.2, 0.3, 0.26),
    Exercise("triceps_extension", 0.0, 0.0, 0.0, 85, 0, -10, 0, True, 0.8, 1.3, 0.2, 0.3, 0.26),
    Exercise("lat_pulldown", -0.52, -0.08, 0.05, 20, 10, -85, 0, True, 0.9, 1.5, 0.25, 0.4),
    Exercise("seated_row", 0.06, -0.42, 0.0, -20, 20, 5, 0, True, 0.8, 1.3, 0.25, 0.35),
    Exercise("chest_press", 0.02, 0.42, 0.03, -10, 5, 0, 0, True, 0.9, 1.4, 0.2, 0.35),
    Exercise("lateral_raise", 0.52, 0.10, 0.12, -75, 10, 85, 0, True, 0.9, 1.4, 0.2, 0.35),
)
EXERCISES = {exercise.slug: exercise for exercise in _ALL}


def exercise(slug: str) -> Exercise:
    """Kinematics by the name that plans use. Raises UnknownExercise."""
    try:
        return EXERCISES[slug]
    except KeyError:
        raise UnknownExercise(f"{slug}: the model knows {', '.join(EXERCISES)}") from None
