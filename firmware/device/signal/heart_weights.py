"""Learned numbers of the heart rate model, in 1/256 nat per map unit of 1/64 octave; see heart_states.py."""

from array import array

FUNDAMENTAL = (60, 200, -60)
DOUBLE = (60, 60, -20)
PRIOR = array("h", [0] * 91)
