"""What tells steps and the swing of a walker's arm from repetitions, in a window with its period."""

from array import array

from .window import SCALE, Window

STRIDE = 20  # cells: two steps are faster
WALKING_PERCENT = 100  # unrest of slower ones, in the magnitude: lifts up to 82 %
STEADY = 55  # autocorrelation (0-100): lifts of that pace, jerky ones too, repeat as well; first steps do not
USUAL_STRIDE = 16  # cells: two steps at 75 a minute
STRIDE_PERCENT = 38  # unrest of slower ones: lifts between rests up to 32 %, most walking from 60 %
FAINT_STEADY = 60  # the same of slight ones: fast leg extensions up to 72
BRISK_PERCENT = 25  # of faster ones: the fastest rows between rests 15-19 %
BRISK = 80 * SCALE  # what goes 8 cm and back within that time accelerates by more
SWING_PACE = 14  # cells: a stride takes 0.9-1.3 s
SWING_TILT = 1000 * SCALE  # some 60 degrees; brisk walkers swing 40-50
WALKING_AFTER_PERCENT = 150
FIDGET_STRENGTH = 30  # slow standing about up to 28, lifts from 30 on, as a rule from 35 (wrist)
FIDGET_PERCENT = 125  # of the strength: standing about from 129, lifts up to 121 (wrist)
WATCHED_CELLS = 60
STEP_CELLS = 100  # the latest 10 s show steps
STEP_REACH = 3
FIRST_LAG, LAST_LAG = 3, 8  # cells: 75 to 180 steps a minute, faster ones by two at a time
STEPS_PERCENT = 70  # autocorrelation at a step: on a treadmill, also slowed down by up to 1.6, mostly above;
# lifts below 51, the fastest rows, at 0.75 of their time, below 70
CLIP = 3  # times the mean size
UNIT = 100


class Walking:
    """Keeps what a search for steps needs."""

    def __init__(self) -> None:
        self._rest = array("i", [0] * STEP_CELLS)
        self._r = array("i", [0] * (LAST_LAG + 2))

    def is_seen(self, window: Window) -> bool:
        """Whether the movement is restless, has the rhythm of steps, or swings like the arm of a walker."""
        if is_arm_swing(window):
            return True
        if window.pace >= STRIDE and window.by_tilt:
            return False  # slow, shaky curls are restless too
        if window.pace < STRIDE:
            least = FAINT_STEADY if window.spread < BRISK else STEADY
            told = window.strength < least and not self._is_smooth(window)
        else:
            told = window.unrest_percent(0) >= WALKING_PERCENT
        return told or self.steps_percent(window) >= STEPS_PERCENT

    def _is_smooth(self, window: Window) -> bool:
        """Whether it may be a short set between rests, which lower its autocorrelation and not its size."""
        if window.spread < 2 * BRISK:
            return False
        most = STRIDE_PERCENT if window.pace >= USUAL_STRIDE else BRISK_PERCENT
        return window.unrest_percent(0) < most

    def steps_percent(self, window: Window) -> int:
        """How well what smoothing over 0.7 s leaves repeats after the time of a step, 0-100."""
        m = self._take(window)
        if m < 4 * LAST_LAG:
            return 0
        rest, r = self._rest, self._r
        energy = 0
        for i in range(m):
            energy += rest[i] * rest[i]
        for lag in range(FIRST_LAG - 1, LAST_LAG + 2):
            product = 0
            for i in range(lag, m):
                product += rest[i] * rest[i - lag]
            r[lag] = product // (m - lag)
        best = 0
        for lag in range(FIRST_LAG, LAST_LAG + 1):
            if r[lag] > best and r[lag - 1] <= r[lag] >= r[lag + 1]:
                best = r[lag]
        return best * m * 100 // max(1, energy)

    def _take(self, window: Window) -> int:
        """The latest sizes less their mean over 0.7 s, clipped, to +-UNIT; how many there are."""
        rest, size = self._rest, window.sizes
        end = window.n - STEP_REACH
        begin = max(STEP_REACH, end - STEP_CELLS)
        width = 2 * STEP_REACH + 1
        near = sum(memoryview(size)[begin - STEP_REACH : begin + STEP_REACH])
        for i in range(begin, end):
            near += size[i + STEP_REACH]
            rest[i - begin] = size[i] * width - near
            near -= size[i - STEP_REACH]
        m = max(0, end - begin)
        limit = max(1, CLIP * sum(map(abs, memoryview(rest)[:m])) // max(1, m))
        for i in range(m):
            rest[i] = max(-limit, min(limit, rest[i])) * UNIT // limit
        return m


def is_arm_swing(window: Window) -> bool:
    """An arm that swings as one walks is as fast as the fastest curls, and not nearly as wide."""
    return window.by_tilt and window.pace < SWING_PACE and window.spread < SWING_TILT


def fidgets(window: Window) -> bool:
    """Whether an arm merely moves about: what is restless and hardly repeats."""
    if window.by_tilt:
        return False
    return (
        window.strength < FIDGET_STRENGTH or window.unrest_percent(0) * 100 > window.strength * FIDGET_PERCENT
    )


def walks_off(window: Window) -> bool:
    """Whether the latest movement of a set is walking."""
    if window.by_tilt:
        return False
    return window.unrest_percent(window.n - WATCHED_CELLS) >= WALKING_AFTER_PERCENT
