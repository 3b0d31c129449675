"""Where the period of a repeated movement comes from: the autocorrelation of a recent stretch of signal."""

from array import array

STEP_CELLS = 2  # 200 ms: enough for movements of more than a second
MIN_LAG = 5  # 1.0 s
MAX_LAG = 34  # 6.8 s
SMOOTH_REACH = (1, 1)
DRIFT_REACH = 15
CLIP = 4  # times the mean size
SLACK = 20  # percent below the best peak at which a shorter period is preferred


class Period:
    """`find` sets `cells` (period, 0 none) and `strength` (autocorrelation there, 0-100)."""

    def __init__(self, capacity: int) -> None:
        self._x = array("i", [0] * (capacity // STEP_CELLS + 1))
        self._sums = array("i", [0] * (capacity // STEP_CELLS + 2))
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
        for lag in range(MIN_LAG - 1, last + 1):
            self._r[lag] = self._correlation(m, lag)
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
        for i in range(m):
            x[i] = values[2 * i] + values[2 * i + 1]
        for reach in SMOOTH_REACH:
            self._add_up(m)
            for i in range(m):
                x[i] = self._mean_around(i, m, reach)
        self._add_up(m)
        usual = 0
        for i in range(m):
            x[i] -= self._mean_around(i, m, DRIFT_REACH)
            usual += abs(x[i])
        limit = max(1, usual * CLIP // max(1, m))
        for i in range(m):
            x[i] = max(-limit, min(x[i], limit)) * 1000 // limit
        return m

    def _add_up(self, m: int) -> None:
        total = 0
        for i in range(m):
            total += self._x[i]
            self._sums[i + 1] = total

    def _mean_around(self, i: int, m: int, reach: int) -> int:
        low, high = max(0, i - reach), min(m, i + reach + 1)
        return (self._sums[high] - self._sums[low]) // (high - low)

    def _correlation(self, m: int, lag: int) -> int:
        """Normalised to 0-1000 by the energy of both stretches; a short overlap proves less."""
        x = self._x
        product = early = late = 0
        for i in range(lag, m):
            a, b = x[i], x[i - lag]
            product += a * b >> 4
            late += a * a >> 4
            early += b * b >> 4
        return product // max(1, (early + late) // 2000) * (m - lag) // m
