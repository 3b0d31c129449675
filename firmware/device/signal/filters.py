"""Fixed-point building blocks of the motion signals. Integers only: no allocation on the chip."""

CELL_MS = 100
GAP_MS = 1000
LEAST_MS = 30  # ours: samples that follow sooner say nothing of a lift; the counter is tuned on 8-12 a second
CHANNELS = 6
_EACH = range(CHANNELS)


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
    """Turns an irregular stream of six channels at 8 to 100 Hz into means over cells of 100 ms.

    The mean is that of the straight lines between samples, so jitter does no harm and fast movement does not
    alias. After a gap of more than a second a new grid starts at the next sample.
    """

    def __init__(self) -> None:
        self.mean = [0] * CHANNELS
        self._last = [0] * CHANNELS
        self._next = [0] * CHANNELS
        self._area2 = [0] * CHANNELS  # twice the area so far, value x ms
        self.restart()

    def restart(self) -> None:
        """Forget the stream; the next sample starts a new grid."""
        self.samples = 0  # taken since
        self.end_ms = 0  # of the latest cell
        self._started = False
        self._last_ms = 0
        self._next_ms = 0
        self._edge_ms = 0

    def push(self, t_ms: int, u: int, v: int, w: int, x: int, y: int, z: int) -> bool:
        """Take a sample; True when a cell ended at or before it: then call `next_cell` until it is False.

        One that does not advance time is passed over.
        """
        span = t_ms - self._last_ms
        last = self._last
        if t_ms < self._edge_ms and span > 0:  # inside a cell, as nearly all are: no loop, no further call
            area2 = self._area2
            a, b, c, d, e, f = last
            area2[0] += (a + u) * span
            area2[1] += (b + v) * span
            area2[2] += (c + w) * span
            area2[3] += (d + x) * span
            area2[4] += (e + y) * span
            area2[5] += (f + z) * span
        elif self._started and span <= 0:
            return False
        elif self._started and span <= GAP_MS:
            last = self._next
            self._next_ms = t_ms
        else:
            self._start(t_ms)
        last[0], last[1], last[2] = u, v, w
        last[3], last[4], last[5] = x, y, z
        self.samples += 1
        if t_ms >= self._edge_ms:
            return True
        self._last_ms = t_ms
        return False

    def _start(self, t_ms: int) -> None:
        """A new grid."""
        self._started = True
        self._last_ms = t_ms
        self._edge_ms = t_ms + CELL_MS
        for i in _EACH:
            self._area2[i] = 0

    def next_cell(self) -> bool:
        """True when one more cell has ended: its means are in `mean`, its end in `end_ms`."""
        t_ms, start_ms, edge_ms = self._next_ms, self._last_ms, self._edge_ms
        if edge_ms > t_ms:
            return False
        last, following = self._last, self._next
        area2, mean = self._area2, self.mean
        span, part, rest = t_ms - start_ms, edge_ms - start_ms, t_ms - edge_ms
        if rest >= CELL_MS:  # the next cell ends before the sample, too
            rest = 0
        width2 = 2 * CELL_MS
        for i in _EACH:
            before, after = last[i], following[i]
            at_edge = before + (after - before) * part // span
            mean[i] = (area2[i] + (before + at_edge) * part) // width2
            area2[i] = (at_edge + after) * rest
            last[i] = after if rest else at_edge
        self._last_ms = edge_ms + rest
        self.end_ms = edge_ms
        self._edge_ms = edge_ms + CELL_MS
        return True
