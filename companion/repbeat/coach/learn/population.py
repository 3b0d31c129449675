"""People in general: where every estimate begins. Means and spreads between people, our own rounding of the
literature's ranges; a person's own values soon outweigh them.
"""

from __future__ import annotations

from typing import NamedTuple


class Prior(NamedTuple):
    """A normal distribution over people."""

    mean: float
    sd: float


LN_RMSSD = Prior(3.8, 0.4)  # 30-67 ms
RESTING_BPM = Prior(58.0, 7.0)
ASLEEP_MIN = Prior(440.0, 35.0)
RECOVERY_BPM = Prior(28.0, 8.0)  # fall of the heart rate in the first minute after a set
# How much one night differs from another, and how much of it lingers to the next.
LN_RMSSD_NIGHT_SD = 0.12
RESTING_NIGHT_SD = 1.8
ASLEEP_NIGHT_SD = 40.0
RECOVERY_SET_SD = 4.0
LINGERS = 0.5
LINGERING_SHARE = 0.4
# velocity = intercept - slope x load / one-repetition maximum (Garcia-Ramos 2023's order of size).
VELOCITY_INTERCEPT = Prior(1.30, 0.08)
VELOCITY_FALL = Prior(1.05, 0.08)
VELOCITY_SD = 0.03
# Strength: what a usual session adds to the logarithm of the maximum, how it fades, how fatigue clears.
RETAINED_DAYS = 180.0
RESPONSE = Prior(0.0055, 0.0018)
FATIGUE = Prior(0.020, 0.006)
CLEARING_DAYS = (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0)
PERFORMANCE_SD = 0.03
