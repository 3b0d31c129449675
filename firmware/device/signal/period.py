"""Where the period of a repeated movement comes from: the autocorrelation of a recent stretch of signal."""

from array import array

STEP_CELLS = 2  # 200 ms: enough for movements of more than a second
MIN_LAG = 5  # 1.0 s
MAX_LAG = 42  # 8.4 s
SMOOTHINGS = 2
DRIFT_REACH = 15
CLIP = 4  # times the mean size
STRIDE = 2  # steps between the products of a correlation: smoothed over 0.8 s, it loses nothing
SLACK = 20  # percent below the best peak at which a shorter period is preferred


class Period:
    """`find` sets `cells` (period, 0 none) and `strength` (autocorrelation there, 0-100)."""

    def __init__(self, capacity: int) -> None:
        self._x = array("i", [0] * (capacity // STEP_CELLS + 1))
        self._sums = array("i", [0] * (capacity // STEP_CELLS + 2))  # of x, then of its squares
        self._r = array("i", [0] * (MAX_LAG + 2))
        self.cells = 0
        self.strength = 0

    def find(self, values: "array[int]", n: int) -> None:
        """Look at the first `n` values (small integers, one a cell)."""
        self.cells = self.strength = 0
        m = self._prepare(values, n)
        last = min(MAX_LAG, 2 * m // 3)
        if last < MIN_LAG + 2:
            return
        self._correlate(m, last)
        best = 0
        for lag in range(MIN_LAG, last):
            if self._is_peak(lag) and self._r[lag] > best:
                best = self._r[lag]
        if best <= 0:
            return
        for lag in range(MIN_LAG, last):
            if self._is_peak(lag) and self._r[lag] * 100 >= best * (100 - SLACK):
                self.cells = lag * STEP_CELLS + self._offset(lag)
                self.strength = self._r[lag] // 10
                return

    def _correlate(self, m: int, last: int) -> None:
        """Every second lag, and those beside a summit; where nothing turns the mean of both sides serves."""
        r = self._r
        first = MIN_LAG - 1
        for lag in range(first, last + 1, 2):
            r[lag] = self._correlation(m, lag)
        for lag in range(first + 1, last + 1, 2):
            if self._is_summit(lag - 1, last) or self._is_summit(lag + 1, last):
                r[lag] = self._correlation(m, lag)
            else:
                r[lag] = (r[lag - 1] + r[lag + 1]) >> 1

    def _is_summit(self, lag: int, last: int) -> bool:
        """Whether the second neighbours are no higher; there are none beyond the ends."""
        if lag > last:
            return True
        r = self._r
        here = r[lag]
        if here <= 0 or (lag - 2 >= MIN_LAG - 1 and r[lag - 2] > here):
            return False
        return lag + 2 > last or r[lag + 2] <= here

    def _is_peak(self, lag: int) -> bool:
        r = self._r
        return r[lag] > 0 and r[lag] >= r[lag - 1] and r[lag] > r[lag + 1]

    def _offset(self, lag: int) -> int:
        """Where between the steps the peak lies, in cells (parabola through three points)."""
        before, top, after = self._r[lag - 1], self._r[lag], self._r[lag + 1]
        bend = 2 * top - before - after
        return max(-1, min(1, ((after - before) * STEP_CELLS + bend) // (2 * bend))) if bend > 0 else 0

    def _prepare(self, values: "array[int]", n: int) -> int:
        """Sums of pairs, smoothed over 0.8 s, less their mean over 6 s; to +-1000, bumps clipped."""
        x = self._x
        m = n // STEP_CELLS
        self._sums[0] = 0
        for i in range(m):
            x[i] = values[2 * i] + values[2 * i + 1]
        for _ in range(SMOOTHINGS):
            self._smooth_three(m)
        self._less_drift(m)
        usual = sum(map(abs, memoryview(x)[:m]))
        limit = max(1, usual * CLIP // max(1, m))
        lowest = -limit
        sums, total = self._sums, 0
        for i in range(m):
            value = x[i]
            if value > limit:
                value = limit
            elif value < lowest:
                value = lowest
            x[i] = value = value * 1000 // limit
            total += value * value >> 4
            sums[i + 1] = total
        return m

    def _smooth_three(self, m: int) -> None:
        """Each value becomes the mean of itself and its neighbours."""
        x = self._x
        if m < 2:
            return
        before, here = x[0], x[0]
        x[0] = (here + x[1]) // 2
        for i in range(1, m - 1):
            before, here = here, x[i]
            x[i] = (before + here + x[i + 1]) // 3
        x[m - 1] = (here + x[m - 1]) // 2

    def _less_drift(self, m: int) -> None:
        """Take the mean over DRIFT_REACH to both sides away."""
        x, sums, total = self._x, self._sums, 0
        for i in range(m):
            total += x[i]
            sums[i + 1] = total
        reach = min(DRIFT_REACH, max(0, m - 1))
        for i in range(reach):
            high = min(i + reach + 1, m)
            x[i] -= sums[high] // high
        ahead, width = reach + 1, 2 * reach + 1
        for i in range(reach, m - reach):
            x[i] -= (sums[i + ahead] - sums[i - reach]) // width
        for i in range(max(reach, m - reach), m):
            x[i] -= (total - sums[i - reach]) // (m - i + reach)

    def _correlation(self, m: int, lag: int) -> int:
        """Normalised to 0-1000 by the energy of both stretches; a short overlap proves less."""
        x, sums = self._x, self._sums
        product = 0
        for i in range(lag, m, STRIDE):
            product += x[i] * x[i - lag]
        energy = sums[m] - sums[lag] + sums[m - lag]
        return (product >> 4) * STRIDE // max(1, energy // 2000) * (m - lag) // m
