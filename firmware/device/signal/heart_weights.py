"""Learned numbers of the heart rate model (heart_states.py), made by `repbeat_tools.training.heart`."""

from array import array

FUNDAMENTAL = (137, 135, -10)
DOUBLE = (51, 57, -94)
PRIOR = array("h", [round(35 * g - 35 * g * g) for g in [(2 * s - 64) / 50 for s in range(91)]])
