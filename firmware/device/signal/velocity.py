"""Velocity of a lift by integration over a closed cycle, or nothing where that cannot be trusted."""

from .window import Window

MG_CELL_100 = 98  # 1 mg over a cell of 100 ms is 0.98 mm/s
END_LIMIT_MM_S = 100  # SCIENCE section 3: refuse when the end speed is above 0.1 m/s
ROTATION_LIMIT = 4500  # 0.01 deg: beyond 45 degrees the motion is no lift along gravity
SLOWEST_SAMPLE_MS = 85  # slower sensors miss what the integral needs
LEAST_CELLS = 8
END_REACH = 3  # cells


class Velocity:
    """`measure` sets `mean_mm_s` and `peak_mm_s` of the upward phase; both 0 when refused."""

    def __init__(self) -> None:
        self.mean_mm_s = 0
        self.peak_mm_s = 0

    def measure(self, window: Window, first_ms: int, start_ms: int, end_ms: int, sample_ms: int) -> None:
        """One repetition, from `start_ms` to `end_ms`: back at the same height with the same velocity.

        The vertical acceleration is the size of the acceleration less its mean since `first_ms`, an earlier
        start: orientation does not matter and a scale error cancels. The end is moved by up to 300 ms to where
        the velocity closes best; what is left is taken away as a linear drift, and the velocity's mean with it.
        """
        self.mean_mm_s = self.peak_mm_s = 0
        origin, low, high = window.index(first_ms), window.index(start_ms), window.index(end_ms)
        if high - low < LEAST_CELLS or window.by_tilt or sample_ms > SLOWEST_SAMPLE_MS:
            return
        if rotation(window, low, high) > ROTATION_LIMIT:
            return
        total = 0
        for i in range(origin, high):
            total += window.sizes[i]
        rest = total // (high - origin)
        speed, final, end = 0, 1 << 24, low
        for i in range(low, min(high + END_REACH, window.n)):
            speed += window.sizes[i] - rest
            if i >= high - END_REACH and abs(speed) < abs(final):
                final, end = speed, i + 1
        if abs(final) * MG_CELL_100 > 100 * END_LIMIT_MM_S:
            return
        cells = end - low
        speed = mean = 0
        for i in range(low, end):
            speed += window.sizes[i] - rest
            mean += speed - final * (i - low + 1) // cells
        mean //= cells
        speed = peak = way = upward = 0
        for i in range(low, end):
            speed += window.sizes[i] - rest
            level = speed - final * (i - low + 1) // cells - mean
            if level > 0:
                way += level
                upward += 1
                peak = max(peak, level)
        if upward:
            self.mean_mm_s = way * MG_CELL_100 // (100 * upward)
            self.peak_mm_s = peak * MG_CELL_100 // 100


def rotation(window: Window, low: int, high: int) -> int:
    """Greatest turn about any axis between two cells, 0.01 deg (0.1 deg/s over 100 ms)."""
    greatest = 0
    for k in range(3, 6):
        rate = window.axes[k]
        angle = lowest = highest = 0
        for i in range(low, high):
            angle += rate[i]
            lowest = min(lowest, angle)
            highest = max(highest, angle)
        greatest = max(greatest, highest - lowest)
    return greatest


class VelocityLoss:
    """How much slower a repetition is than the set's best so far (Pareja-Blanco 2017)."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new set."""
        self.best_mm_s = 0
        self.permille = 0

    def push(self, mean_mm_s: int) -> int:
        """Mean velocity of a repetition (0 refused: changes nothing); returns the loss now, in permille."""
        if mean_mm_s > 0:
            self.best_mm_s = max(self.best_mm_s, mean_mm_s)
            self.permille = (2000 * (self.best_mm_s - mean_mm_s) + self.best_mm_s) // (2 * self.best_mm_s)
        return self.permille

    def reached(self, stop_permille: int) -> bool:
        """Whether the set should end; a threshold of 0 never does."""
        return 0 < stop_permille <= self.permille
