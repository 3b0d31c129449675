"""Rest and sleep windows from the angle of the arm: an estimate of when, not of how deep.

A bout is five minutes or more in which the arm's angle never changes by 5 degrees from one 5 s mean to the
next (van Hees 2015). Bouts grow into a window by merging: two join when the time between them is at most
half of the quiet time in either of them, and at most an hour. So a restless night becomes one window, and a
still breakfast or some television before bed does not stretch it. A window is over when nothing can join it
any more.

Movement cannot tell lying awake from sleep; a device that is not worn is never at rest.
"""

from array import array
from math import atan2, pi, sqrt

EPOCH_MS = 5000
ANGLE_CHANGE_X10 = 50  # degrees
BOUT_MS = 5 * 60000
JOIN_MS = 60 * 60000
WINDOW_MS = 30 * 60000  # shorter ones are not reported
SLEEP_MS = 3 * 3600000  # a longer window is called sleep, a shorter one rest: our rule
WINDOWS = 8  # candidates held at a time

REST = 1
SLEEP = 2


class RestFinder:
    """Feed it acceleration at any rate from 1 Hz on. After `push` or `finish` returned True: the window.

    `start_ms`, `end_ms`: when it was; `quiet_ms`: time in bouts within; `kind`: REST or SLEEP.
    """

    def __init__(self) -> None:
        self._starts = array("i", [0] * WINDOWS)
        self._ends = array("i", [0] * WINDOWS)
        self._quiet = array("i", [0] * WINDOWS)
        self._count = 0
        self._epoch_ms = -1
        self._clear_epoch()
        self._angle_x10 = 0
        self._still_since_ms = 0
        self.start_ms = self.end_ms = self.quiet_ms = self.kind = 0

    def push(self, t_ms: int, ax: int, ay: int, az: int, worn: bool) -> bool:
        """One sample in milli-g; `worn` False where the contact says so. True when a window is over."""
        if self._epoch_ms < 0 or not 0 <= t_ms - self._epoch_ms < 2 * EPOCH_MS:
            if self._epoch_ms >= 0:
                self._moved(self._epoch_ms)  # what happened in the gap is not known
            self._epoch_ms = t_ms
            self._still_since_ms = t_ms
            self._clear_epoch()
        closed = False
        if t_ms - self._epoch_ms >= EPOCH_MS:
            self._end_epoch()
            self._epoch_ms += EPOCH_MS
            self._clear_epoch()
            closed = self._close(self._epoch_ms)
        self._x += ax
        self._y += ay
        self._z += az
        self._n += 1
        self._worn = self._worn and worn
        return closed

    def finish(self, t_ms: int) -> bool:
        """The recording is over: True for each window that was still open, the longest first."""
        if self._epoch_ms >= 0:
            self._moved(t_ms)
            self._still_since_ms = t_ms
        best = -1
        for i in range(self._count):
            if best < 0 or self._ends[i] - self._starts[i] > self._ends[best] - self._starts[best]:
                best = i
        return best >= 0 and self._report(best)

    def still_ms(self) -> int:
        """For how long the arm has kept its angle, by the latest epoch."""
        return max(0, self._epoch_ms - self._still_since_ms)

    def _clear_epoch(self) -> None:
        self._x = self._y = self._z = self._n = 0
        self._worn = True

    def _end_epoch(self) -> None:
        end_ms = self._epoch_ms + EPOCH_MS
        angle_x10 = self._angle_x10
        if self._n:
            level = sqrt(float(self._x) * self._x + float(self._y) * self._y)
            angle_x10 = round(1800 / pi * atan2(self._z, level))
        if not self._worn or not self._n or abs(angle_x10 - self._angle_x10) > ANGLE_CHANGE_X10:
            self._moved(self._epoch_ms)
            self._still_since_ms = end_ms
        self._angle_x10 = angle_x10

    def _moved(self, t_ms: int) -> None:
        """Stillness ended at `t_ms`: keep it if it was a bout, and join what can be joined."""
        quiet_ms = t_ms - self._still_since_ms
        if quiet_ms < BOUT_MS:
            return
        if self._count == WINDOWS:
            self._remove(0)
        last = self._count
        self._starts[last] = self._still_since_ms
        self._ends[last] = t_ms
        self._quiet[last] = quiet_ms
        self._count += 1
        first = 0
        while first < self._count - 1:
            last = self._count - 1
            between_ms = self._starts[last] - self._ends[first]
            if between_ms <= min(JOIN_MS, self._quiet[first] // 2, self._quiet[last] // 2):
                while self._count - 1 > first:
                    last = self._count - 1
                    self._quiet[first] += self._quiet[last]
                    self._ends[first] = max(self._ends[first], self._ends[last])
                    self._count -= 1
                first = 0  # what grew may reach further back
            else:
                first += 1

    def _close(self, now_ms: int) -> bool:
        """Report or drop the oldest candidate once the present stillness can no longer join it."""
        while self._count and min(now_ms, self._still_since_ms) - self._ends[0] > JOIN_MS:
            if self._report(0):
                return True
        return False

    def _report(self, i: int) -> bool:
        self.start_ms = self._starts[i]
        self.end_ms = self._ends[i]
        self.quiet_ms = self._quiet[i]
        self._remove(i)
        length_ms = self.end_ms - self.start_ms
        self.kind = SLEEP if length_ms >= SLEEP_MS else REST
        return length_ms >= WINDOW_MS

    def _remove(self, i: int) -> None:
        for j in range(i, self._count - 1):
            self._starts[j] = self._starts[j + 1]
            self._ends[j] = self._ends[j + 1]
            self._quiet[j] = self._quiet[j + 1]
        self._count -= 1
