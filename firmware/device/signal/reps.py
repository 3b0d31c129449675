"""Counts repetitions from an accelerometer in any orientation, live.

The magnitude of the acceleration, as means over 100 ms, is smoothed by two low-pass stages (0.35 Hz) and
freed of its slow drift (1.5 s). Turning points of the result, with a hysteresis that follows the size of
the last swings, are the repetitions' ends. A repetition counts once it stands in a run of four of like
pace, and is credited then.
"""

from array import array

from .filters import CellMeans, isqrt

# Why a movement that looked like a repetition was not one (REP record, `reject_reason`).
ACCEPTED = 0
TOO_SMALL = 1
TOO_FAST = 2
TOO_SLOW = 3
NO_RUN = 4  # a single movement, or one that does not fit its neighbours' pace: racking, un-racking, a bump
WALKING = 5
STILL = 6

CAPACITY = 64
HISTORY = 5
RUN = 4
SCALE = 64  # fixed point: signals are in mg / 64
SMOOTH = 50  # of 256 per cell: 0.35 Hz
DRIFT = 16  # of 256 per cell: 1.5 s
FLOOR = 24 * SCALE
MERGE_MS = 800
PACE = 5  # halves: intervals of one run lie within a factor of 2.5


class Rep:
    """One repetition; times are those of the pushed samples, 0 in a measured field means not known."""

    def __init__(self) -> None:
        self.start_ms = 0
        self.turn_ms = 0
        self.end_ms = 0
        self.concentric_ms = 0
        self.pause_ms = 0
        self.eccentric_ms = 0
        self.range_mg = 0
        self.range_permille = 0
        self.mean_velocity_mm_s = 0
        self.peak_velocity_mm_s = 0
        self.form_bits = 0
        self.confidence = 0


def middle(values: "array[int]", used: int, scratch: "array[int]") -> int:
    """Median (upper) of the first `used` values."""
    for i in range(used):
        j = i
        while j and scratch[j - 1] > values[i]:
            scratch[j] = scratch[j - 1]
            j -= 1
        scratch[j] = values[i]
    return scratch[used // 2]


class RepCounter:
    """Counts the repetitions of one set at a time; see `begin`, `push`, `finish`."""

    def __init__(self) -> None:
        self._cells = CellMeans(6)
        self._values = array("i", [0] * 6)
        self._reps = [Rep() for _ in range(CAPACITY)]
        self._swings = array("i", [0] * HISTORY)
        self._paces = array("i", [0] * HISTORY)
        self._scratch = array("i", [0] * HISTORY)
        self._waiting = array("i", [0] * (3 * RUN))  # turn, end, swing of candidates not yet in a run
        self.begin(0)

    def begin(self, t_ms: int, exercise: int = 0) -> None:
        """A new set may start now; `exercise` is a code of repbeat_protocol.exercises, 0 unknown."""
        self.exercise = exercise
        self.count = 0
        self.rejected = 0
        self.last_reject = ACCEPTED
        self._cells.restart()
        self._settled = False
        self._smooth1 = self._smooth2 = self._drift = 0
        self._magnitude = 1000
        self._high = self._low = 0
        self._high_ms = self._low_ms = t_ms
        self._rising = True
        self._swing_count = self._pace_count = 0
        self._last_end_ms = t_ms
        self._waiting_count = 0
        self._run = 0

    def rep(self, i: int) -> Rep:
        """The i-th confirmed repetition of the set; the latest 64 are kept."""
        if not max(0, self.count - CAPACITY) <= i < self.count:
            raise IndexError("repetition %d of %d is not kept" % (i, self.count))
        return self._reps[i % CAPACITY]

    def push(self, t_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> int:
        """One sample (mg, 0.1 deg/s); returns how many repetitions it confirmed."""
        values = self._values
        values[0], values[1], values[2] = ax, ay, az
        values[3], values[4], values[5] = gx, gy, gz
        if not self._cells.accept(t_ms, values):
            return 0
        before = self.count
        while self._cells.next_cell(t_ms, values):
            self._cell()
        return self.count - before

    def finish(self, t_ms: int) -> int:
        """The set has ended: a movement under way counts when it is more than half of a usual one."""
        before = self.count
        if self._swing_count and not self._rising:
            swing = self._high - self._low
            if 2 * swing > middle(self._swings, min(self._swing_count, HISTORY), self._scratch):
                self._turned(self._high_ms, self._low_ms, swing)
        return self.count - before

    def _cell(self) -> None:
        mean = self._cells.mean
        ax, ay, az = mean[0], mean[1], mean[2]
        self._magnitude = isqrt(ax * ax + ay * ay + az * az, self._magnitude)
        level = self._magnitude * SCALE
        if not self._settled:
            self._settled = True
            self._smooth1 = self._smooth2 = self._drift = level
        self._smooth1 += (level - self._smooth1) * SMOOTH >> 8
        self._smooth2 += (self._smooth1 - self._smooth2) * SMOOTH >> 8
        self._drift += (self._smooth2 - self._drift) * DRIFT >> 8
        self._turning(self._smooth2 - self._drift, self._cells.end_ms)

    def _turning(self, value: int, t_ms: int) -> None:
        """Follow the signal between turning points that differ by more than the hysteresis."""
        used = min(self._swing_count, HISTORY)
        threshold = FLOOR
        if used:
            threshold = max(FLOOR, middle(self._swings, used, self._scratch) * 2 // 5)
        if value > self._high:
            self._high, self._high_ms = value, t_ms
        if value < self._low:
            self._low, self._low_ms = value, t_ms
        if self._rising and self._high - value > threshold:
            self._rising = False
            self._low, self._low_ms = value, t_ms
        elif not self._rising and value - self._low > threshold:
            self._rising = True
            self._turned(self._high_ms, self._low_ms, self._high - self._low)
            self._high, self._high_ms = value, t_ms

    def _turned(self, turn_ms: int, end_ms: int, swing: int) -> None:
        """A high and the low after it: a candidate for a repetition."""
        used = min(self._swing_count, HISTORY)
        if used and swing * 10 < 3 * middle(self._swings, used, self._scratch):
            return self._reject(TOO_SMALL)
        interval_ms = end_ms - self._last_end_ms
        shortest_ms = MERGE_MS
        if self._pace_count:
            pace_ms = middle(self._paces, min(self._pace_count, HISTORY), self._scratch)
            shortest_ms = max(MERGE_MS, pace_ms * 3 // 5)
        if self._swing_count and interval_ms < shortest_ms:
            return self._reject(TOO_FAST)
        if self._swing_count:
            if self._run and not self._same_pace(interval_ms):
                self._drop_waiting()
            self._paces[self._pace_count % HISTORY] = interval_ms
            self._pace_count += 1
        self._swings[self._swing_count % HISTORY] = swing
        self._swing_count += 1
        self._admit(turn_ms, end_ms, swing)
        self._last_end_ms = end_ms

    def _same_pace(self, interval_ms: int) -> bool:
        if not self._pace_count:
            return True
        pace_ms = middle(self._paces, min(self._pace_count, HISTORY), self._scratch)
        return 2 * interval_ms <= PACE * pace_ms and 2 * pace_ms <= PACE * interval_ms

    def _drop_waiting(self) -> None:
        for _ in range(self._waiting_count):
            self._reject(NO_RUN)
        self._waiting_count = 0
        self._run = 0

    def _admit(self, turn_ms: int, end_ms: int, swing: int) -> None:
        self._run += 1
        at = 3 * self._waiting_count
        self._waiting[at], self._waiting[at + 1], self._waiting[at + 2] = turn_ms, end_ms, swing
        self._waiting_count += 1
        if self._run >= RUN:
            for i in range(0, 3 * self._waiting_count, 3):
                self._confirm(self._waiting[i], self._waiting[i + 1], self._waiting[i + 2])
            self._waiting_count = 0

    def _confirm(self, turn_ms: int, end_ms: int, swing: int) -> None:
        rep = self._reps[self.count % CAPACITY]
        previous = self._reps[(self.count - 1) % CAPACITY]
        rep.start_ms = previous.end_ms if self.count else max(0, 2 * turn_ms - end_ms)
        rep.turn_ms, rep.end_ms = turn_ms, end_ms
        rep.concentric_ms, rep.eccentric_ms = turn_ms - rep.start_ms, end_ms - turn_ms
        rep.range_mg = swing // SCALE
        rep.confidence = 50
        self.count += 1

    def _reject(self, reason: int) -> None:
        self.rejected += 1
        self.last_reject = reason
