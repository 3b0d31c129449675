"""From raw samples at 25-125 Hz to four channels at 12.5 Hz: one of light, motion cancelled, three of motion.

Samples are averaged over bins of 40 ms on a fixed time grid, so rate and jitter do not matter; a 5-tap
low-pass (-6 dB at 4.3 Hz) takes every second bin; a two-pole high-pass at 0.4 Hz removes light level and
gravity. Both optical channels are brought to the same size and added: a pulse is in phase in both, noise is
not (on recordings in exercise this alone took the error from 2.5 to 2.0 bpm). The sum goes through the
motion canceller. The last 8 s of each channel are kept.
"""

from array import array

from device.signal.nlms import REFERENCE_LIMIT, TAPS, MotionCanceller

BIN_MS = 40
WINDOW = 100
"""Points kept per channel: 8 s at 12.5 Hz."""

GAP_BINS = 15
"""A hole of up to 0.6 s is bridged by a straight line; a longer one starts a new window."""
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
        self._sums = array("i", [0] * _CHANNELS)
        self._previous = array("i", [0] * _CHANNELS)
        self._history = [array("i", [0] * 8) for _ in range(_CHANNELS)]
        self._low = array("i", [0] * _CHANNELS)
        self._pole1 = array("i", [0] * _CHANNELS)
        self._pole2 = array("i", [0] * _CHANNELS)
        self._size = array("i", [0, 0])
        self.sizes = array("i", [0, 0])
        """Running mean size (times 16) of the added light, and of what is left of it without motion."""
        self._reference = array("i", [0] * TAPS)
        self._canceller = MotionCanceller()
        self._origin_ms = -1
        self._t_ms = -1
        self._bin = 0
        self._newest = 0
        self._count = 0
        self.restart()

    def restart(self) -> None:
        """Forget the signal, not what was learned about motion: the next bin starts a new window."""
        self.points = 0
        self._bins = 0

    def add(self, t_ms: int, ppg1: int, ppg2: int, ax: int, ay: int, az: int) -> bool:
        """Take a sample; True when it completed a bin. A sample that does not advance time is ignored."""
        if t_ms <= self._t_ms:
            return False
        if self._origin_ms < 0:
            self._origin_ms = t_ms
        self._t_ms = t_ms
        current = (t_ms - self._origin_ms) // BIN_MS
        count = self._count
        completed = current != self._bin and count > 0
        if completed:
            self._close_bin(count)
            count = 0
        self._bin = current
        self._count = count + 1
        sums = self._sums
        sums[0] += ppg1
        sums[1] += ppg2
        sums[2] += ax
        sums[3] += ay
        sums[4] += az
        return completed

    def _close_bin(self, count: int) -> None:
        """End the running bin; bins since the one before without a sample lie on the line between both."""
        span = self._bin - self._newest
        self._newest = self._bin
        sums, previous = self._sums, self._previous
        self.light = sums[0] // count
        if span > GAP_BINS:
            self.restart()
        if self._bins == 0:
            self._settle(count)
            span = 1
        for i in range(1, span + 1):
            slot = self._bins & 7
            self._bins += 1
            for c in range(_CHANNELS):
                value = sums[c] * _FRACTION // count
                if i < span:
                    value = previous[c] + (value - previous[c]) * i // span
                else:
                    previous[c] = value
                    sums[c] = 0
                self._history[c][slot] = value
            if slot & 1:
                self._point(slot)

    def _settle(self, count: int) -> None:
        """Begin as if every channel had always been at this value, so that the filters do not ring."""
        for c in range(_CHANNELS):
            value = self._sums[c] * _FRACTION // count
            self._low[c] = value
            self._pole1[c] = 0
            self._pole2[c] = 0
            for slot in range(8):
                self._history[c][slot] = value

    def _point(self, slot: int) -> None:
        """Low-pass around the bin two back, high-pass, add the light, cancel motion, keep."""
        reference, ring = self._reference, self.ring
        at = self.points % WINDOW
        self.points += 1
        power = 0
        for axis in range(3):
            level = self._filtered(axis + 2, slot)
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
        light = self._sized(0, self._filtered(0, slot)) + self._sized(1, self._filtered(1, slot))
        cleaned = self._canceller.clean(light, reference, power)
        ring[0][at] = cleaned
        sizes = self.sizes
        span = self.points if self.points < _SIZE_POINTS else _SIZE_POINTS
        sizes[0] += ((abs(light) << 4) - sizes[0]) // span
        sizes[1] += ((abs(cleaned) << 4) - sizes[1]) // span

    def _filtered(self, c: int, slot: int) -> int:
        """The next 12.5 Hz value of a channel, in 1/32 of its unit."""
        h = self._history[c]
        low = (
            84 * h[slot - 2 & 7] + 66 * (h[slot - 1 & 7] + h[slot - 3 & 7]) + 20 * (h[slot] + h[slot - 4 & 7])
        ) >> 8
        rise = low - self._low[c]
        self._low[c] = low
        if rise > _JUMP_LIMIT:
            rise = _JUMP_LIMIT
        elif rise < -_JUMP_LIMIT:
            rise = -_JUMP_LIMIT
        before = self._pole1[c]
        level = ((before * _KEEP_Q8) >> 8) + (rise << 3)
        if level > _LEVEL_LIMIT:
            level = _LEVEL_LIMIT
        elif level < -_LEVEL_LIMIT:
            level = -_LEVEL_LIMIT
        self._pole1[c] = level
        level += ((self._pole2[c] * _KEEP_Q8) >> 8) - before
        if level > _LEVEL_LIMIT:
            level = _LEVEL_LIMIT
        elif level < -_LEVEL_LIMIT:
            level = -_LEVEL_LIMIT
        self._pole2[c] = level
        return level

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
