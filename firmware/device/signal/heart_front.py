"""From raw optical and acceleration samples at 25-125 Hz to five channels at 12.5 Hz, motion cancelled.

Samples are averaged over bins of 40 ms on a fixed time grid, so rate and jitter do not matter; a 9-tap
low-pass (-6 dB at 4.7 Hz) takes every second bin; a two-pole high-pass at 0.4 Hz removes light level and
gravity; the motion canceller cleans both optical channels. The last 8 s of each are kept.
"""

from array import array

from device.signal.nlms import TAPS, MotionCanceller

BIN_MS = 40
WINDOW = 100
"""Points kept per channel: 8 s at 12.5 Hz."""
CHANNELS = 5
"""Two optical, three of acceleration, in this order everywhere."""

GAP_BINS = 15
"""A hole of up to 0.6 s is bridged by a straight line; a longer one starts a new window."""
_FRACTION = 4  # bin averages keep two more bits
_KEEP_Q8 = 209  # e^(-2 pi 0.4 Hz / 12.5 Hz)
_JUMP_LIMIT = 1 << 17
_LEVEL_LIMIT = 1 << 20
_REFERENCE_LIMIT = 2047


class HeartFront:
    """`points` counts the 12.5 Hz points since the last restart; the next one goes to `points % WINDOW`."""

    def __init__(self) -> None:
        self.ring = [array("i", [0] * WINDOW) for _ in range(CHANNELS)]
        self.light = 0
        """Mean of ppg1 over the latest bin, counts."""
        self._sums = array("i", [0] * CHANNELS)
        self._previous = array("i", [0] * CHANNELS)
        self._step = array("i", [0] * CHANNELS)
        self._history = [array("i", [0] * 16) for _ in range(CHANNELS)]
        self._low = array("i", [0] * CHANNELS)
        self._pole1 = array("i", [0] * CHANNELS)
        self._pole2 = array("i", [0] * CHANNELS)
        self._reference = array("i", [0] * TAPS)
        self._cancellers = (MotionCanceller(), MotionCanceller())
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
        completed = current != self._bin and self._count > 0
        if completed:
            self._close_bin()
        self._bin = current
        self._count += 1
        sums = self._sums
        sums[0] += ppg1
        sums[1] += ppg2
        sums[2] += ax
        sums[3] += ay
        sums[4] += az
        return completed

    def _close_bin(self) -> None:
        """End the running bin; bins since the one before without a sample lie on the line between both."""
        span = self._bin - self._newest
        self._newest = self._bin
        if span > GAP_BINS:
            self.restart()
        fresh = self._bins == 0
        if fresh:
            span = 1
        sums, previous, step = self._sums, self._previous, self._step
        self.light = sums[0] // self._count
        for c in range(CHANNELS):
            value = sums[c] * _FRACTION // self._count
            sums[c] = 0
            if fresh:
                self._settle(c, value)
            step[c] = value - previous[c]
        self._count = 0
        for i in range(1, span + 1):
            slot = self._bins & 15
            self._bins += 1
            for c in range(CHANNELS):
                self._history[c][slot] = previous[c] + step[c] * i // span
            if self._bins & 1 == 0:
                self._point(slot)
        for c in range(CHANNELS):
            previous[c] += step[c]

    def _settle(self, c: int, value: int) -> None:
        """Begin as if the channel had always been at this value, so that the filters do not ring."""
        self._previous[c] = value
        self._low[c] = value
        self._pole1[c] = 0
        self._pole2[c] = 0
        history = self._history[c]
        for i in range(16):
            history[i] = value

    def _point(self, slot: int) -> None:
        """Low-pass around the bin four back, high-pass, cancel motion, keep."""
        reference = self._reference
        at = self.points % WINDOW
        for c in range(2, CHANNELS):
            level = self._filtered(c, slot)
            self.ring[c][at] = level
            level >>= 6  # to 2 mg
            if level > _REFERENCE_LIMIT:
                level = _REFERENCE_LIMIT
            elif level < -_REFERENCE_LIMIT:
                level = -_REFERENCE_LIMIT
            reference[c + 1] = reference[c - 2]
            reference[c - 2] = level
        power = 0
        for value in reference:
            power += value * value
        for c in range(2):
            self.ring[c][at] = self._cancellers[c].clean(self._filtered(c, slot), reference, power)
        self.points += 1

    def _filtered(self, c: int, slot: int) -> int:
        """The next 12.5 Hz value of a channel, in 1/32 of its unit."""
        h = self._history[c]
        low = (
            96 * h[(slot - 4) & 15]
            + 66 * (h[(slot - 3) & 15] + h[(slot - 5) & 15])
            + 18 * (h[(slot - 2) & 15] + h[(slot - 6) & 15])
            - 2 * (h[(slot - 1) & 15] + h[(slot - 7) & 15] + h[slot] + h[(slot - 8) & 15])
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
        level = ((self._pole2[c] * _KEEP_Q8) >> 8) + level - before
        if level > _LEVEL_LIMIT:
            level = _LEVEL_LIMIT
        elif level < -_LEVEL_LIMIT:
            level = -_LEVEL_LIMIT
        self._pole2[c] = level
        return level
