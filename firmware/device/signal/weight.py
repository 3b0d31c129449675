"""A load cell's counts as grams, and what hung on it over a stretch of time. Pure."""

from array import array

KEEP = 256  # means: 25 s, longer than a repetition that is slow
MEAN_MS = 100


def grams(counts: int, zero: int, per_kg: int) -> int:
    """`zero`: counts without a load; `per_kg`: counts a kilogram, below 0 where a pull lowers them."""
    if not per_kg:
        return 0
    off = counts - zero
    if per_kg < 0:
        off, per_kg = -off, -per_kg
    return off // per_kg * 1000 + off % per_kg * 1000 // per_kg


class Trace:
    """The last readings, as means of a tenth of a second, so that a fast part takes no more room."""

    def __init__(self) -> None:
        self._ms = array("i", [0] * KEEP)
        self._counts = array("i", [0] * KEEP)
        self.clear()

    def clear(self) -> None:
        """Nothing was read: times begin anew."""
        self._n = self._sum = self._in_mean = self._begun_ms = 0

    def push(self, t_ms: int, counts: int) -> None:
        """One reading."""
        if not self._in_mean:
            self._begun_ms = t_ms
        self._sum += counts
        self._in_mean += 1
        if t_ms - self._begun_ms + 1 >= MEAN_MS or self._in_mean == MEAN_MS or not self._n:
            self._close(t_ms)

    def _close(self, t_ms: int) -> None:
        at = self._n % KEEP
        self._ms[at] = (self._begun_ms + t_ms) // 2
        self._counts[at] = self._sum // self._in_mean
        self._n += 1
        self._sum = self._in_mean = 0

    def mean(self, from_ms: int, until_ms: int) -> int | None:
        """Counts between two moments, the ends included; None: nothing was read then.

        Over a repetition, from rest to rest, what speeds the weight up and slows it down cancels out.
        """
        total = n = 0
        for i in range(max(0, self._n - KEEP), self._n):
            at = i % KEEP
            if from_ms <= self._ms[at] <= until_ms:
                total += self._counts[at]
                n += 1
        return total // n if n else None
