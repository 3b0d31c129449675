"""Exercises both ends know by number. A code is never reused; 0 is "unknown"."""

UNKNOWN = 0

CODES = {
    "unknown": 0,
    "bench_press": 1,
    "squat": 2,
    "deadlift": 3,
    "overhead_press": 4,
    "row": 5,
    "biceps_curl": 6,
    "concentration_curl": 7,
    "triceps_extension": 8,
    "overhead_extension": 9,
    "lat_pulldown": 10,
    "leg_extension": 11,
    "leg_press": 12,
    "leg_curl": 13,
    "chest_press": 14,
    "chest_fly": 15,
    "shoulder_press": 16,
    "lateral_raise": 17,
    "seated_row": 18,
    "pull_up": 19,
    "push_up": 20,
    "dip": 21,
    "lunge": 22,
    "hip_thrust": 23,
    "calf_raise": 24,
    "crunch": 25,
    "twist": 26,
    "side_bend": 27,
    "wheelchair_push": 28,
    "arm_crank": 29,
    "paced_breathing": 30,
    # rehabilitation
    "knee_flexion": 31,
    "knee_extension": 32,
    "heel_slide": 33,
    "straight_leg_raise": 34,
    "hip_abduction": 35,
    "hip_extension": 36,
    "ankle_dorsiflexion": 37,
    "shoulder_flexion": 38,
    "shoulder_abduction": 39,
    "elbow_flexion": 40,
    "wrist_extension": 41,
}

# Upper-body lifts progress in smaller steps than lower-body ones (SCIENCE: +5 % and +10 % a week at most).
LOWER_BODY = (2, 3, 11, 12, 13, 22, 23, 24, 31, 32, 33, 34, 35, 36, 37)

# How a repetition begins, of those exercises where it is plain. Arcs about a joint are not among them: in a
# curl the size of the acceleration does not say which way is up.
LOWERED_FIRST = (1, 2, 22)
LIFTED_FIRST = (3, 4, 5, 16, 23, 24)  # and the hand goes with the load
STACK_FIRST = (11, 13, 18)  # the stack goes up, the wrist does not
PULLED_DOWN = (8, 10)  # the stack goes up, the hand goes down


PACED_BREATHING = 30  # a plan's item: breaths as repetitions, in and out as concentric and eccentric time


def code(slug: str) -> int:
    """Number of an exercise; KeyError names an unknown one."""
    return CODES[slug]


def slug(number: int) -> str:
    """Name of an exercise; "exercise-N" for a number that a newer peer knows."""
    for name in CODES:
        if CODES[name] == number:
            return name
    return "exercise-%d" % number


def first_way(number: int, at_wrist: bool) -> int:
    """Which way a sensor at the wrist, or else on the load, goes first in a repetition: 1 up, -1 down, 0
    unknown."""
    if number in LOWERED_FIRST:
        return -1
    if number in LIFTED_FIRST:
        return 1
    if number in PULLED_DOWN:
        return -1 if at_wrist else 1
    return 1 if number in STACK_FIRST and not at_wrist else 0
