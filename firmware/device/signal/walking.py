"""What tells steps and the swing of a walker's arm from repetitions, in a window with its period."""

from .window import SCALE, Window

STRIDE = 20  # cells: two steps are faster
STRIDE_PERCENT = 45  # unrest of movements that fast: lifts up to 34 %, walking from 50 %
WALKING_PERCENT = 100  # of slower ones, in the magnitude: lifts up to 82 %, walking from 118 %
SWING_PACE = 14  # cells: a stride takes 0.9-1.3 s
SWING_TILT = 1000 * SCALE  # some 60 degrees; brisk walkers swing 40-50
WALKING_AFTER_PERCENT = 150
WATCHED_CELLS = 60


def is_walking(window: Window) -> bool:
    """Whether the movement is as restless as steps are, or swings like the arm of a walker."""
    if is_arm_swing(window):
        return True
    if window.pace >= STRIDE and window.by_tilt:
        return False  # slow, shaky curls are restless too
    limit = STRIDE_PERCENT if window.pace < STRIDE else WALKING_PERCENT
    return window.unrest_percent(0) >= limit


def is_arm_swing(window: Window) -> bool:
    """An arm that swings as one walks is as fast as the fastest curls, and not nearly as wide."""
    return window.by_tilt and window.pace < SWING_PACE and window.spread < SWING_TILT


def walks_off(window: Window) -> bool:
    """Whether the latest movement of a set is walking."""
    if window.by_tilt:
        return False
    return window.unrest_percent(window.n - WATCHED_CELLS) >= WALKING_AFTER_PERCENT
