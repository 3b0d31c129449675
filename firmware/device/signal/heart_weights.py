"""Learned numbers of the heart rate model (heart_states.py, heart_quality.py).

Made by `python -m repbeat_tools.training.heart DIR --write`: do not edit.
"""

from array import array

# In nats x 256 per octave of power: the clean, the motion-weighted and the motion map.
FUNDAMENTAL = (90, 79, -7)
DOUBLE = (30, 31, -40)

# Per state, in 1/64 nat.
PRIOR = array("h", [-83, -79, -75, -71, -67, -63, -60, -56, -53, -50, -47, -43, -40, -38, -35, -32, -29, -27, -24, -22, -20, -18, -16, -14, -12, -10, -8, -7, -5, -4, -2, -1, 0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 6, 6, 6, 6, 5, 5, 4, 3, 3, 2, 1, 0, -1, -3, -4, -6, -7, -9, -10, -12, -14, -16, -18, -20, -23, -25, -28, -30, -33, -36, -38, -41, -44, -47, -51, -54, -57, -61, -64, -68, -72, -76, -80, -84, -88, -92])

# Belief, doubt, light left, peak, offset.
QUALITY = (-0.926, -2.606, 5.578, 0.771, -6.976)
GOOD_QUALITY = 62
