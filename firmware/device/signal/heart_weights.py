"""Learned numbers of the heart rate model (heart_states.py, heart_quality.py).

Made by `python -m repbeat_tools.training.heart DIR --write`: do not edit.
"""

from array import array

# In nats x 256 per octave of power: the clean, the motion-weighted and the motion map.
FUNDAMENTAL = (91, 80, -7)
DOUBLE = (31, 33, -40)

# Per state, in 1/64 nat.
PRIOR = array("h", [-85, -81, -77, -73, -69, -66, -62, -58, -55, -51, -48, -45, -42, -39, -36, -33, -31, -28, -25, -23, -21, -18, -16, -14, -12, -10, -9, -7, -5, -4, -2, -1, 0, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7, 7, 7, 6, 6, 5, 5, 4, 3, 2, 1, 0, -1, -2, -4, -5, -7, -8, -10, -12, -14, -16, -18, -20, -22, -25, -27, -30, -33, -35, -38, -41, -44, -47, -51, -54, -57, -61, -65, -68, -72, -76, -80, -84, -88, -93])

# Belief, doubt, light left, peak, offset.
QUALITY = (-1.428, -2.668, 5.159, 0.778, -6.976)
GOOD_QUALITY = 63
