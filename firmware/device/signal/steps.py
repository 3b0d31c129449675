"""Steps, cadence and how steady it is, from the size of the acceleration on a wrist; any rate from 20 Hz on.

The size needs no orientation. Two exponential averages with time constants, not sample counts, make a band
around the step; a step is a peak of it that stands out of the usual ones. Only a run of steps with like
intervals counts (and then from its first): a repetition, a wave of the hand or a bump is no walk.
"""

from array import array

from device.signal.filters import isqrt

FINE = 16  # fixed-point steps per milli-g
SMOOTH_MS = 60  # the heel's ring goes, the step stays
BASE_MS = 700
FLOOR_MG = 35  # the slowest walk swings the filtered size by more
USUAL_PERCENT = 35  # of the usual swing: an arm that swings makes every second step smaller
STEP_MIN_MS = 250  # 240 steps a minute
STEP_MAX_MS = 1200  # 50 steps a minute
RUN = 8  # steps in a row before they count; two or three repetitions never make it
UNLIKE_PERCENT = 40  # an interval further from the usual one ends the run
GAP_MS = 500
SPAN_MIN_MS = 16  # a step needs no more than 60 samples a second: what comes faster is passed over
INTERVALS = 32  # of the latest steps, for cadence and its variation


class StepCounter:
    """`steps` counted so far; `cadence_x10` and `cv_permille` of the latest steps of the present walk."""

    def __init__(self) -> None:
        self._intervals = array("H", [0] * INTERVALS)
        self.steps = 0
        self._last_ms = -1
        self._start_stream(0)

    def push(self, t_ms: int, ax: int, ay: int, az: int) -> int:
        """One sample in milli-g; the number of steps it confirmed: 0, 1, or a whole run at once."""
        span_ms = t_ms - self._last_ms
        if 0 <= span_ms < SPAN_MIN_MS:
            return 0
        size = FINE * isqrt(ax * ax + ay * ay + az * az, self._size // FINE + 1)
        self._size = size
        if self._last_ms < 0 or not 0 < span_ms <= GAP_MS:
            self._start_stream(size)
            self._last_ms = t_ms
            return 0
        self._last_ms = t_ms
        self._smooth += (size - self._smooth) * span_ms // (SMOOTH_MS + span_ms)
        self._smoother += (self._smooth - self._smoother) * span_ms // (SMOOTH_MS + span_ms)
        self._base += (self._smoother - self._base) * span_ms // (BASE_MS + span_ms)
        value = self._smoother - self._base
        confirmed = self._turn(t_ms, span_ms, value)
        self._value = value
        return confirmed

    def cadence_x10(self) -> int:
        """Tenths of a step a minute over the latest steps; 0 when not walking."""
        if self._run < RUN:
            return 0
        n = min(self._run - 1, INTERVALS)
        total = 0
        for i in range(n):
            total += self._intervals[i]
        return 600000 * n // total

    def cv_permille(self) -> int:
        """Variation of the step interval, standard deviation over mean in permille; 0 when not walking."""
        if self._run < RUN:
            return 0
        n = min(self._run - 1, INTERVALS)
        total = squares = 0
        for i in range(n):
            total += self._intervals[i]
            squares += self._intervals[i] * self._intervals[i]
        variance = max(0, n * squares - total * total) / (n * (n - 1))
        return int(1000 * variance**0.5 * n / total + 0.5)

    def _start_stream(self, size: int) -> None:
        self._size = self._smooth = self._smoother = self._base = size
        self._rising = True
        self._value = self._extreme = self._low = 0
        self._extreme_ms = 0
        self._before = self._after = 0  # beside the top, to place it between samples
        self._after_ms = 0  # 0: still to come
        self._swing = 0
        self._step_ms = -1
        self._run = 0

    def _top_ms(self) -> int:
        """Time of the parabola's top through the highest sample and its neighbours."""
        bend = 2 * self._extreme - self._before - self._after
        if bend <= 0:
            return self._extreme_ms
        return self._extreme_ms + (self._after - self._before) * self._after_ms // (2 * bend)

    def _turn(self, t_ms: int, span_ms: int, value: int) -> int:
        """Follow the turning points; a top is a step once the signal has fallen far enough below it."""
        enough = max(FLOOR_MG * FINE, self._swing * USUAL_PERCENT // 100)
        if self._step_ms >= 0 and t_ms - self._step_ms > 2 * STEP_MAX_MS:
            self._run = 0
            self._step_ms = -1
            self._swing = 0
        if self._rising:
            if value > self._extreme:
                self._mark_top(t_ms, value)
                return 0
            if self._after_ms == 0:
                self._after = value
                self._after_ms = span_ms
            if self._extreme - value > enough and self._extreme - self._low > enough:
                swing = self._extreme - self._low
                self._rising = False
                self._low = value
                return self._step(self._top_ms(), swing)
        elif value < self._low:
            self._low = value
        elif value - self._low > enough:
            self._rising = True
            self._mark_top(t_ms, value)
        return 0

    def _mark_top(self, t_ms: int, value: int) -> None:
        self._extreme = value
        self._extreme_ms = t_ms
        self._before = self._value
        self._after_ms = 0

    def _step(self, top_ms: int, swing: int) -> int:
        interval_ms = top_ms - self._step_ms
        if self._step_ms >= 0 and interval_ms < STEP_MIN_MS:
            self._run = 0  # shaking; the heel's ring is gone by now
            self._step_ms = top_ms
            return 0
        self._swing += (min(swing, 2 * self._swing or swing) - self._swing) // 4 if self._swing else swing
        before_ms = self._step_ms
        self._step_ms = top_ms
        if before_ms < 0 or interval_ms > STEP_MAX_MS or not self._like(interval_ms):
            self._run = 1
            return 0
        self._intervals[(self._run - 1) % INTERVALS] = interval_ms
        self._run += 1
        if self._run < RUN:
            return 0
        confirmed = RUN if self._run == RUN else 1
        self.steps += confirmed
        return confirmed

    def _like(self, interval_ms: int) -> bool:
        """Whether an interval is like the mean of the latest few of this run."""
        n = min(self._run - 1, 4)
        if n <= 0:
            return True
        total = 0
        for i in range(n):
            total += self._intervals[(self._run - 2 - i) % INTERVALS]
        return abs(n * interval_ms - total) * 100 <= UNLIKE_PERCENT * total
