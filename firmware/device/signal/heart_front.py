"""From raw samples at 25-125 Hz to four channels at 12.5 Hz: one of light, motion cancelled, three of motion.

Samples are averaged over bins of 80 ms on a fixed time grid, so rate and jitter do not matter: a point each.
A two-pole high-pass at 0.35 Hz removes light level and gravity. Both optical channels are brought to the same
size and added: a pulse is in phase in both, noise is not (on recordings in exercise this alone took the error
from 2.5 to 2.0 bpm). The sum goes through the motion canceller. The last 8 s of each channel are kept.
"""

from array import array

from device.signal.nlms import MotionCanceller

BIN_MS = 80
WINDOW = 100
"""Points kept per channel: 8 s at 12.5 Hz."""

LEAST_MS = 15
"""Samples that follow sooner are passed over: 50 of 100 a second say as much of a pulse (recordings)."""
GAP_BINS = 7
"""A hole of up to 0.56 s is bridged by a straight line; a longer one starts a new window."""
_EACH = range(5)  # channel: two of light, three of acceleration
_FRACTION_BITS = 2  # more that bin averages keep
VALUE, BEFORE, POLE, LEVEL, SIZE = range(5)
"""A channel: bin average, the one before, the high-pass's first pole, its output, mean size times 16."""
_KEEP_Q8 = 215  # e^(-2 pi 0.35 Hz / 12.5 Hz)
_JUMP_LIMIT = 1 << 17
_LEVEL_LIMIT = 1 << 20
_SIZE_POINTS = 100
_SIZE_FLOOR = 16  # half a count: a flat line stays flat
_CLIP = 3  # of the mean size: a burst must not own the spectrum
_UNIT = 256


class HeartFront:
    """`points` counts the 12.5 Hz points since the last restart; the next one goes to `points % WINDOW`."""

    def __init__(self) -> None:
        self.ring = [array(code, [0] * WINDOW) for code in "hiii"]
        """Light (512 = twice the mean size of a channel), then ax, ay, az in 1/32 mg."""
        self.light = 0
        """Mean of ppg1 over the latest bin, counts."""
        self.next_ms = 0
        """Samples before that are to be passed over: they come too soon, or go back."""
        self._sums = [0] * 5
        self._channels = [[0] * 5 for _ in _EACH]
        self._starts, self._ends = [0] * 5, [0] * 5  # of a bridge
        self.sizes = array("i", [0, 0])
        """Running mean size (times 16) of the added light, and of what is left of it without motion."""
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
        sums, channels = self._sums, self._channels
        count, bits = self._count, _FRACTION_BITS
        self._count = 0
        self.light = sums[0] // count
        for c in _EACH:
            channels[c][VALUE] = (sums[c] << bits) // count
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
        for channel in self._channels:
            channel[BEFORE] = channel[VALUE]
            channel[POLE] = channel[LEVEL] = 0

    def _bridge(self, span: int) -> None:
        """Bins without a sample lie on the line from the one before to the one that ends."""
        starts, ends = self._starts, self._ends
        for c in _EACH:
            starts[c], ends[c] = self._channels[c][BEFORE], self._channels[c][VALUE]
        for i in range(1, span + 1):
            for c in _EACH:
                self._channels[c][VALUE] = starts[c] + (ends[c] - starts[c]) * i // span
            if i < span:
                self._point()

    def _point(self) -> None:
        """High-pass, add the light, cancel motion, keep."""
        keep, most_rise, least_rise = _KEEP_Q8, _JUMP_LIMIT, -_JUMP_LIMIT
        most, least = _LEVEL_LIMIT, -_LEVEL_LIMIT
        for channel in self._channels:
            value, before, pole, level, _ = channel
            rise = value - before
            if not least_rise <= rise <= most_rise:
                rise = most_rise if rise > 0 else least_rise
            following = (pole * keep >> 8) + (rise << 3)
            if not least <= following <= most:
                following = most if following > 0 else least
            level = following + (level * keep >> 8) - pole
            if not least <= level <= most:
                level = most if level > 0 else least
            channel[BEFORE], channel[POLE], channel[LEVEL] = value, following, level
        at = self.points % WINDOW
        self.points += 1
        cleaned_ring, x_ring, y_ring, z_ring = self.ring
        first, second, x, y, z = self._channels
        u, v, w = x[LEVEL], y[LEVEL], z[LEVEL]
        x_ring[at], y_ring[at], z_ring[at] = u, v, w
        span = self.points if self.points < _SIZE_POINTS else _SIZE_POINTS
        light = _sized(first, span) + _sized(second, span)
        cleaned = self._canceller.clean(light, u >> 6, v >> 6, w >> 6)
        cleaned_ring[at] = cleaned
        sizes = self.sizes
        sizes[0] += ((abs(light) << 4) - sizes[0]) // span
        sizes[1] += ((abs(cleaned) << 4) - sizes[1]) // span


def _sized(channel: list[int], span: int) -> int:
    """Relative to the channel's mean size over `span` points: UNIT times that, clipped at CLIP."""
    level, size = channel[LEVEL], channel[SIZE]
    size += (((level if level > 0 else -level) << 4) - size) // span
    channel[SIZE] = size
    size >>= 4
    if size < _SIZE_FLOOR:
        size = _SIZE_FLOOR
    if level > _CLIP * size:
        return _CLIP * _UNIT
    if level < -_CLIP * size:
        return -_CLIP * _UNIT
    return level * _UNIT // size
