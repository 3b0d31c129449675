"""LIVE: what the device is doing now, latest value only; 20 bytes, fits the smallest MTU."""

import struct

FORM = "<BBBBHBBHHBBHI"

# phase
IDLE = 0
READY = 1  # session begun, set not started
IN_SET = 2
REST = 3
DONE = 4

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
)
SIZE = struct.calcsize(FORM)
VERSION = 1


def read(value: bytes) -> dict[str, int]:
    """LIVE as a dict by field name; ValueError for another size or version."""
    if len(value) != SIZE or value[0] != VERSION:
        raise ValueError("not a LIVE value of version %d" % VERSION)
    return dict(zip(FIELDS, struct.unpack(FORM, value)))
