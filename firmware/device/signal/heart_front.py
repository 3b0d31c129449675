"""From raw samples at 25-125 Hz to four channels at 12.5 Hz: one of light, motion cancelled, three of motion.

Samples are averaged over bins of 80 ms on a fixed time grid, so rate and jitter do not matter: a point each.
A two-pole high-pass at 0.4 Hz removes light level and gravity. Both optical channels are brought to the same
size and added: a pulse is in phase in both, noise is not (on recordings in exercise this alone took the error
from 2.5 to 2.0 bpm). The sum goes through the motion canceller. The last 8 s of each channel are kept.
"""

from array import array

from device.signal.nlms import REFERENCE_LIMIT, TAPS, MotionCanceller

BIN_MS = 80
WINDOW = 100
"""Points kept per channel: 8 s at 12.5 Hz."""

LEAST_MS = 15
"""Samples that follow sooner are passed over: 50 of 100 a second say as much of a pulse (recordings)."""
GAP_BINS = 7
"""A hole of up to 0.56 s is bridged by a straight line; a longer one starts a new window."""
_CHANNELS = 5  # two of light, three of acceleration
_FRACTION = 4  # bin averages keep two more bits
_KEEP_Q8 = 209  # e^(-2 pi 0.4 Hz / 12.5 Hz)
_JUMP_LIMIT = 1 << 17
_LEVEL_LIMIT = 1 << 20
_SIZE_POINTS = 100
_SIZE_FLOOR = 16  # half a count: a flat line stays flat
_CLIP = 4  # of the mean size: a burst must not own the spectrum
_UNIT = 256


class HeartFront:
    """`points` counts the 12.5 Hz points since the last restart; the next one goes to `points % WINDOW`."""

    def __init__(self) -> None:
        self.ring = [array("i", [0] * WINDOW) for _ in range(4)]
        """Light (512 = twice the mean size of a channel), then ax, ay, az in 1/32 mg."""
        self.light = 0
        """Mean of ppg1 over the latest bin, counts."""
        self.next_ms = 0
        """Samples before that are to be passed over: they come too soon, or go back."""
        self._sums = array("i", [0] * _CHANNELS)
        self._values = array("i", [0] * _CHANNELS)  # of the bin that ends
        self._from = array("i", [0] * _CHANNELS)  # ends of a bridge
        self._to = array("i", [0] * _CHANNELS)
        self._before = array("i", [0] * _CHANNELS)  # of the bin before
        self._pole1 = array("i", [0] * _CHANNELS)
        self._pole2 = array("i", [0] * _CHANNELS)
        self._levels = array("i", [0] * _CHANNELS)
        self._size = array("i", [0, 0])
        self.sizes = array("i", [0, 0])
        """Running mean size (times 16) of the added light, and of what is left of it without motion."""
        self._reference = array("i", [0] * TAPS)
        self._canceller = MotionCanceller()
        self._end_ms = -1  # of the running bin
        self._newest_ms = 0  # end of the bin before that had a sample
        self._count = 0
        self.restart()

    def restart(self) -> None:
        """Forget the signal, not what was learned about motion: the next bin starts a new window."""
        self.points = 0

    def add(self, t_ms: int, ppg1: int, ppg2: int, ax: int, ay: int, az: int) -> bool:
        """Take a sample, not before `next_ms`; True when it completed a bin."""
        self.next_ms = t_ms + LEAST_MS
        completed = t_ms >= self._end_ms and self._next_bin(t_ms)
        self._count += 1
        sums = self._sums
        sums[0] += ppg1
        sums[1] += ppg2
        sums[2] += ax
        sums[3] += ay
        sums[4] += az
        return completed

    def _next_bin(self, t_ms: int) -> bool:
        """A sample after the running bin: close that; False where there was none."""
        end_ms = self._end_ms
        if end_ms < 0:
            self._newest_ms = t_ms
            self._end_ms = t_ms + BIN_MS
            return False
        self._close_bin((end_ms - self._newest_ms) // BIN_MS)
        self._newest_ms = end_ms
        self._end_ms = t_ms - (t_ms - end_ms) % BIN_MS + BIN_MS
        return True

    def _close_bin(self, span: int) -> None:
        """End the running bin, which is `span` bins after the one before."""
        sums, values, count = self._sums, self._values, self._count
        self._count = 0
        self.light = sums[0] // count
        for c in range(_CHANNELS):
            values[c] = sums[c] * _FRACTION // count
            sums[c] = 0
        if span > GAP_BINS:
            self.restart()
        if self.points == 0:
            self._settle()
        elif span > 1:
            self._bridge(span)
        self._point()

    def _settle(self) -> None:
        """Begin as if every channel had always been at this value, so that the filters do not ring."""
        for c in range(_CHANNELS):
            self._before[c] = self._values[c]
            self._pole1[c] = 0
            self._pole2[c] = 0

    def _bridge(self, span: int) -> None:
        """Bins without a sample lie on the line from the one before to the one that ends."""
        for c in range(_CHANNELS):
            self._from[c], self._to[c] = self._before[c], self._values[c]
        for i in range(1, span + 1):
            for c in range(_CHANNELS):
                start = self._from[c]
                self._values[c] = start + (self._to[c] - start) * i // span
            if i < span:
                self._point()

    def _point(self) -> None:
        """High-pass, add the light, cancel motion, keep."""
        self._filter()
        reference, ring, levels = self._reference, self.ring, self._levels
        at = self.points % WINDOW
        self.points += 1
        power = 0
        for axis in range(3):
            level = levels[axis + 2]
            ring[axis + 1][at] = level
            level >>= 6  # to 2 mg
            if level > REFERENCE_LIMIT:
                level = REFERENCE_LIMIT
            elif level < -REFERENCE_LIMIT:
                level = -REFERENCE_LIMIT
            before = reference[axis]
            reference[axis + 3] = before
            reference[axis] = level
            power += level * level + before * before
        light = self._sized(0, levels[0]) + self._sized(1, levels[1])
        cleaned = self._canceller.clean(light, reference, power)
        ring[0][at] = cleaned
        sizes = self.sizes
        span = self.points if self.points < _SIZE_POINTS else _SIZE_POINTS
        sizes[0] += ((abs(light) << 4) - sizes[0]) // span
        sizes[1] += ((abs(cleaned) << 4) - sizes[1]) // span

    def _filter(self) -> None:
        """The next 12.5 Hz value of each channel, in 1/32 of its unit."""
        values, previous = self._values, self._before
        poles1, poles2, levels = self._pole1, self._pole2, self._levels
        keep, jump, limit = _KEEP_Q8, _JUMP_LIMIT, _LEVEL_LIMIT
        for c in range(_CHANNELS):
            value = values[c]
            rise = value - previous[c]
            previous[c] = value
            if rise > jump:
                rise = jump
            elif rise < -jump:
                rise = -jump
            before = poles1[c]
            level = ((before * keep) >> 8) + (rise << 3)
            if level > limit:
                level = limit
            elif level < -limit:
                level = -limit
            poles1[c] = level
            level += ((poles2[c] * keep) >> 8) - before
            if level > limit:
                level = limit
            elif level < -limit:
                level = -limit
            poles2[c] = levels[c] = level

    def _sized(self, c: int, level: int) -> int:
        """Relative to the channel's mean size over some 8 s: UNIT times that, clipped at CLIP."""
        size = self._size[c]
        points = self.points
        span = points if points < _SIZE_POINTS else _SIZE_POINTS
        size += ((abs(level) << 4) - size) // span
        self._size[c] = size
        size >>= 4
        if size < _SIZE_FLOOR:
            size = _SIZE_FLOOR
        if level > _CLIP * size:
            return _CLIP * _UNIT
        if level < -_CLIP * size:
            return -_CLIP * _UNIT
        return level * _UNIT // size
