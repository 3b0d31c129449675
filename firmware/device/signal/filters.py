"""Fixed-point building blocks of the motion signals. Integers only: no allocation on the chip."""

from array import array

CELL_MS = 100
GAP_MS = 1000


def isqrt(value: int, guess: int = 1024) -> int:
    """Integer square root (floor) by Newton's method; `guess` > 0 near the answer saves steps."""
    if value <= 0:
        return 0
    root = guess if guess > 0 else 1
    while True:
        better = (root + value // root) >> 1
        if -2 < better - root < 2:
            break
        root = better
    root = better
    while root * root > value:
        root -= 1
    return root


class CellMeans:
    """Turns an irregular stream into means over cells of 100 ms, whatever its rate from 8 to 100 Hz.

    The mean is that of the straight lines between samples, so jitter does no harm and fast movement does not
    alias. After a gap of more than a second a new grid starts at the next sample.
    """

    def __init__(self, channels: int) -> None:
        self.mean = array("i", [0] * channels)
        self._last = array("i", [0] * channels)
        self._area2 = array("i", [0] * channels)  # twice the area so far, value x ms
        self._each = tuple(range(channels))
        self.restart()

    def restart(self) -> None:
        """Forget the stream; the next sample starts a new grid."""
        self._started = False
        self._last_ms = 0
        self._edge_ms = 0
        self.broken = True  # the next cell does not continue the one before

    def accept(self, t_ms: int, values: "array[int]") -> bool:
        """Offer a sample; False if it does not advance time. Then call `next_cell` until it is False."""
        if self._started and t_ms <= self._last_ms:
            return False
        if not self._started or t_ms - self._last_ms > GAP_MS:
            self._started = True
            self.broken = True
            self._last_ms = t_ms
            self._edge_ms = t_ms + CELL_MS
            for i in self._each:
                self._last[i] = values[i]
                self._area2[i] = 0
        return True

    def next_cell(self, t_ms: int, values: "array[int]") -> bool:
        """True when a cell ended at or before this sample: its means are in `mean`, its end in `end_ms`."""
        span = t_ms - self._last_ms
        last, area2 = self._last, self._area2
        if self._edge_ms > t_ms:
            for i in self._each:
                value = values[i]
                area2[i] += (last[i] + value) * span
                last[i] = value
            self._last_ms = t_ms
            return False
        part = self._edge_ms - self._last_ms
        for i in self._each:
            at_edge = last[i] + (values[i] - last[i]) * part // span if span else last[i]
            self.mean[i] = (area2[i] + (last[i] + at_edge) * part) // (2 * CELL_MS)
            last[i] = at_edge
            area2[i] = 0
        self._last_ms = self.end_ms = self._edge_ms
        self._edge_ms += CELL_MS
        return True
