"""LIVE: what the device is doing now, latest value only.

Over the smallest MTU a notification carries the first 20 bytes, which are those of version 1; a read has all.
Version 3 is said while a set with an angle range is under way, version 2 else.
"""

import struct

FORM = "<BBBBHBBHHBBHIHBB"
ANGLE_FORM = FORM + "BBBB"
FIRST = 13  # fields of version 1
FIRST_FORM = "<BBBBHBBHHBBHI"

# phase
IDLE = 0
READY = 1  # session begun, set not started
IN_SET = 2
REST = 3
DONE = 4
QUESTION = 5  # the wearer is asked, by the button
BREATHING = 6

FIELDS = (
    "version",
    "phase",
    "set_index",
    "reps",
    "exercise",
    "reps_low",
    "reps_high",
    "rest_left_s",
    "mean_velocity_mm_s",
    "bpm",
    "zone",
    "form_bits",
    "plan_revision",
    "steps",
    "cadence",
    "strain_x10",
    "angle",
    "angle_low",
    "angle_high",
    "angle_within",
)
SECOND = 16  # fields of version 2
SIZE = struct.calcsize(FORM)
ANGLE_SIZE = struct.calcsize(ANGLE_FORM)
FIRST_SIZE = struct.calcsize(FIRST_FORM)
VERSION = 2
ANGLES = 3
UNKNOWN_STRAIN = 255
UNKNOWN_ANGLE = 255


def read(value: bytes) -> dict[str, int]:
    """LIVE as a dict by field name, those that came; ValueError for another size or version."""
    if len(value) == ANGLE_SIZE and value[0] == ANGLES:
        return dict(zip(FIELDS, struct.unpack(ANGLE_FORM, value)))
    if len(value) == SIZE and value[0] == VERSION:
        return dict(zip(FIELDS[:SECOND], struct.unpack(FORM, value)))
    if len(value) == FIRST_SIZE and value[0] in (1, VERSION, ANGLES):
        return dict(zip(FIELDS[:FIRST], struct.unpack(FIRST_FORM, value)))
    raise ValueError("not a LIVE value of version 1 to %d" % ANGLES)
