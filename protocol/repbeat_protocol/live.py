"""LIVE: what the device is doing now, latest value only.

Over the smallest MTU a notification carries the first 20 bytes, which are those of version 1; a read has all.
"""

import struct

FORM = "<BBBBHBBHHBBHIHBB"
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
)
SIZE = struct.calcsize(FORM)
FIRST_SIZE = struct.calcsize(FIRST_FORM)
VERSION = 2
UNKNOWN_STRAIN = 255


def read(value: bytes) -> dict[str, int]:
    """LIVE as a dict by field name, those that came; ValueError for another size or version."""
    if len(value) == SIZE and value[0] == VERSION:
        return dict(zip(FIELDS, struct.unpack(FORM, value)))
    if len(value) == FIRST_SIZE and value[0] in (1, VERSION):
        return dict(zip(FIELDS[:FIRST], struct.unpack(FIRST_FORM, value)))
    raise ValueError("not a LIVE value of version 1 or %d" % VERSION)
