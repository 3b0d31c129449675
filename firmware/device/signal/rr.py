"""RR intervals with their artefacts marked, as they come from a strap, an ECG or a clean optical signal.

An interval is kept when
- it lies within 300-2000 ms, and
- within 20 % of the median of the seven intervals around it, itself included (seven follow the deep
  swings of slow breathing, which eleven would cut, and still outvote two ectopic beats in a row), and
- it is no spike: a change and its reversal, each more than three times the median of the sixteen
  successive differences around it and more than 20 ms. This is how an early beat and its pause look in
  a calm heart, where 20 % is a wide gate. Our rule, after the adaptive threshold of Lipponen and
  Tarvainen 2019; it takes 1 of 1000 intervals from a clean series.

A verdict becomes final eight intervals later; until then the neighbours there are decide. So a series
can be measured at any moment, and how the intervals were grouped on their way here changes nothing.
"""

from array import array

RR_MIN_MS = 300
RR_MAX_MS = 2000
MEDIAN_PERCENT = 20
MEDIAN_REACH = 3  # neighbours on each side
SPIKE_FACTOR = 3
SPIKE_FLOOR_MS = 20
SPIKE_REACH = 8  # successive differences on each side

REJECTED = 0x8000  # the interval is an artefact or belongs to an ectopic beat
BREAK = 0x4000  # no beat-to-beat link to the interval before: the stream had a gap
DOUBTFUL = 0x2000  # the detector itself was not sure of one of the two beats
VALUE = 0x1FFF


def ms_from_1024(rr_1024: int) -> int:
    """Milliseconds, rounded, of an interval in 1/1024 s (Heart Rate service)."""
    return (rr_1024 * 1000 + 512) >> 10


class RrSeries:
    """The latest `capacity` intervals in whole ms, two bytes each; the oldest makes room for a new one."""

    def __init__(self, capacity: int = 512) -> None:
        self._data = array("H", [0] * capacity)
        self._sorted = array("H", [0] * (2 * SPIKE_REACH))
        self._capacity = capacity
        self.reset()

    def reset(self) -> None:
        """Forget all intervals."""
        self._first = 0
        self.count = 0
        self._broken = True

    def gap(self) -> None:
        """The stream was interrupted: the next interval has no successive difference."""
        self._broken = True

    def push(self, rr_ms: int, doubtful: bool = False) -> None:
        """One interval; what does not fit in 0-8191 ms is clamped there (and is an artefact anyhow).

        `doubtful`: the beat detector gives it too little quality; it is never kept.
        """
        value = VALUE if rr_ms > VALUE else rr_ms if rr_ms > 0 else 0
        if self.count == self._capacity:
            self._first = (self._first + 1) % self._capacity
        else:
            self.count += 1
        if self._broken:
            value |= BREAK
            self._broken = False
        if doubtful:
            value |= DOUBTFUL
        self._data[(self._first + self.count - 1) % self._capacity] = value
        if self.count > SPIKE_REACH:
            self._judge(self.count - 1 - SPIKE_REACH)

    def settle(self) -> None:
        """Judge the latest intervals by the neighbours they have; later ones may still change the verdict."""
        for i in range(max(0, self.count - SPIKE_REACH), self.count):
            self._judge(i)

    def rr_ms(self, i: int) -> int:
        """Interval `i`, 0 the oldest, as it came."""
        return self._data[(self._first + i) % self._capacity] & VALUE

    def rejected(self, i: int) -> bool:
        """Whether interval `i` is no normal beat; final for all but the latest eight."""
        return self._data[(self._first + i) % self._capacity] & REJECTED != 0

    def linked(self, i: int) -> bool:
        """Whether interval `i` directly follows interval `i` - 1."""
        return i > 0 and self._data[(self._first + i) % self._capacity] & BREAK == 0

    def sum_ms(self) -> int:
        """Time that all intervals together cover."""
        total = 0
        for i in range(self.count):
            total += self.rr_ms(i)
        return total

    def _judge(self, i: int) -> None:
        at = (self._first + i) % self._capacity
        value = self._data[at] & VALUE
        keep = RR_MIN_MS <= value <= RR_MAX_MS and self._data[at] & DOUBTFUL == 0
        if keep:
            twice = self._twice_median(i)
            keep = abs(2 * value - twice) * 100 <= MEDIAN_PERCENT * twice and not self._spike(i)
        if keep:
            self._data[at] &= VALUE | BREAK  # sure, or it would not be kept
        else:
            self._data[at] |= REJECTED

    def _twice_median(self, i: int) -> int:
        """Twice the median of the plausible intervals around `i` (twice, so that it is whole)."""
        n = 0
        for j in range(max(0, i - MEDIAN_REACH), min(self.count, i + MEDIAN_REACH + 1)):
            value = self.rr_ms(j)
            if RR_MIN_MS <= value <= RR_MAX_MS:
                self._insert(value, n)
                n += 1
        return self._sorted[(n - 1) // 2] + self._sorted[n // 2]

    def _spike(self, i: int) -> bool:
        if i + 1 >= self.count or not (self.linked(i) and self.linked(i + 1)):
            return False
        value = self.rr_ms(i)
        before = value - self.rr_ms(i - 1)
        after = value - self.rr_ms(i + 1)
        if before < 0:
            before = -before
            after = -after
        smaller = min(before, after)  # negative where the change goes on instead of turning back
        return smaller > SPIKE_FLOOR_MS and 2 * smaller > SPIKE_FACTOR * self._twice_typical_step(i)

    def _twice_typical_step(self, i: int) -> int:
        """Twice the median size of the successive differences around interval `i`."""
        n = 0
        for j in range(max(1, i - SPIKE_REACH + 1), min(self.count, i + SPIKE_REACH + 1)):
            if self.linked(j):
                self._insert(abs(self.rr_ms(j) - self.rr_ms(j - 1)), n)
                n += 1
        return self._sorted[(n - 1) // 2] + self._sorted[n // 2]

    def _insert(self, value: int, n: int) -> None:
        """Put `value` among the `n` sorted ones."""
        while n > 0 and self._sorted[n - 1] > value:
            self._sorted[n] = self._sorted[n - 1]
            n -= 1
        self._sorted[n] = value
