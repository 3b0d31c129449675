"""Beats and their intervals from a clean optical signal at rest, or from an ECG; 50-250 samples a second.

Two symmetric filters of boxes, so that their delay is the same for every beat: for the optical pulse the
slope (newest box less the one before; the systolic rise is the steepest part of a pulse), for the ECG
the curvature (twice the middle box less its neighbours; a band around 14 Hz that a QRS fills and a T wave
does not). Which sign a beat has is learnt: a bare sensor sees the pulse upside down, electrodes may be
swapped. A beat is the highest peak above half of the usual height, and its time lies midway between the
places where the peak crosses half its height, interpolated between samples: on recordings this gave
steadier intervals than a parabola through the top.

Movement is not handled here: intervals of a moving wrist are to be thrown away by the caller.
"""

from array import array

OPTICAL = 1
ECG = 2

RATE_MIN_HZ = 50
RATE_MAX_HZ = 250

GOOD_QUALITY = 60  # the beat is 60-167 % as high and as wide as usual

OPTICAL_BOX_MS = 50
ECG_BOX_MS = 24

LEARN_MS = 2000  # long enough to hold a beat at 30 bpm
GAP_SAMPLES = 3  # this many samples missing break the chain of intervals
HOLD_MS = 240  # two beats are further apart, and a higher peak within this is the same beat
MEMORY_MS = 600  # the hold and the rise before it
FRACTION = 64  # steps between two samples; keeps products within small integers
SIGN_VOTES = 2
USUAL_SHIFT = 2  # usual height and width follow a quarter of the way


class RateRefused(ValueError):
    """Beats need 50-250 samples a second: set the sensor's rate."""


def _follow(usual: int, value: int) -> int:
    """`usual` moved a quarter of the way to `value`, which counts as twice the usual at most."""
    return usual + ((min(value, 2 * usual) - usual) >> USUAL_SHIFT)


def _likeness(usual: int, value: int) -> int:
    """Percent that the smaller of the two is of the larger."""
    if usual <= 0 or value <= 0:
        return 0
    return 100 * min(usual, value) // max(usual, value)


class BeatDetector:
    """One channel; about 8 bytes a sample of 0.6 s.

    After `push` returned True: `beat_ms`, when the beat was; `rr_ms`, the interval that it ended, rounded,
    and `rr_1024`, the same in 1/1024 s, both 0 after a gap or at the start; `quality`, 0-100, how much
    both beats of the interval look like the usual ones, GOOD_QUALITY and above to be used.
    """

    def __init__(self, rate_hz: int, kind: int = OPTICAL) -> None:
        if not RATE_MIN_HZ <= rate_hz <= RATE_MAX_HZ:
            raise RateRefused("%d samples a second: beats need 50-250" % rate_hz)
        box_ms = ECG_BOX_MS if kind == ECG else OPTICAL_BOX_MS
        self._kind = kind
        self._box = max(1, (box_ms * rate_hz + 500) // 1000)
        self._boxes = 3 if kind == ECG else 2
        self._gap_ms = GAP_SAMPLES * 1000 // rate_hz
        self._delay_ms = 500 * self._box * self._boxes // rate_hz
        self._raw = array("i", [0] * (self._box * self._boxes))
        self._size = MEMORY_MS * rate_hz // 1000
        self._feature = array("i", [0] * self._size)
        self._time = array("i", [0] * self._size)
        self._started = False
        self.beat_ms = 0
        self.rr_ms = 0
        self.rr_1024 = 0
        self.quality = 0

    def push(self, t_ms: int, value: int) -> bool:
        """One sample, up to 18 bits and a sign. True when a beat is settled, 0.3-0.4 s after it happened."""
        if not self._started or not 0 < t_ms - self._last_ms <= self._gap_ms:
            self._begin(t_ms, value)
        self._last_ms = t_ms
        feature = self._filter(value)
        n = self._n
        at = n % self._size
        self._feature[at] = feature
        self._time[at] = t_ms
        self._n = n + 1
        if n < len(self._raw):  # the boxes still hold the first sample
            return False
        if feature > self._block_high:
            self._block_high = feature
        elif feature < self._block_low:
            self._block_low = feature
        if t_ms - self._block_ms >= LEARN_MS:
            self._learn(t_ms)
        before = self._sign * self._feature[at - 1]
        if self._height and 2 * before > self._height:
            self._pick(n - 1, before, self._sign * feature)
        if self._candidate < 0 or t_ms - self._candidate_ms <= HOLD_MS:
            return False
        return self._settle(self._candidate)

    def _begin(self, t_ms: int, value: int) -> None:
        """Start anew after a gap: nothing is known of the signal, no beat before this one."""
        self._started = True
        for i in range(len(self._raw)):
            self._raw[i] = value
        self._newest = self._middle = self._oldest = value * self._box
        self._n = 0
        self._votes = 0
        self._sign = 1
        self._height = 0
        self._width_us = 0
        self._block_ms = t_ms
        self._block_high = self._block_low = 0
        self._unlink()

    def _unlink(self) -> None:
        self._candidate = -1
        self._candidate_ms = 0
        self._linked = False
        self._beat_us = 0  # fraction of `beat_ms`
        self._beat_quality = 0
        self._picked_ms = self._block_ms - HOLD_MS
        self._picked_in_block = False

    def _filter(self, value: int) -> int:
        """Slope or curvature over the boxes, from running sums."""
        raw = self._raw
        box = self._box
        at = self._n % len(raw)
        first = raw[(at + len(raw) - box) % len(raw)]  # leaves the newest box
        self._newest += value - first
        if self._boxes == 2:
            self._oldest += first - raw[at]
            raw[at] = value
            return self._newest - self._oldest
        second = raw[(at + box) % len(raw)]  # leaves the middle box
        self._middle += first - second
        self._oldest += second - raw[at]
        raw[at] = value
        return 2 * self._middle - self._newest - self._oldest

    def _learn(self, t_ms: int) -> None:
        """Every two seconds: the beats' sign by vote, and their height anew where none came through."""
        vote = 1 if self._block_high >= -self._block_low else -1
        self._votes = max(-SIGN_VOTES, min(self._votes + vote, SIGN_VOTES))
        sign = self._sign if self._votes == 0 else 1 if self._votes > 0 else -1
        self._block_ms = t_ms
        if sign != self._sign:
            self._sign = sign
            self._unlink()
            self._height = 0
        high = self._block_high if sign > 0 else -self._block_low
        if self._height == 0 or not self._picked_in_block:
            self._height = high
            self._width_us = 0
        self._picked_in_block = False
        self._block_high = self._block_low = 0

    def _pick(self, i: int, here: int, after: int) -> None:
        """Take sample `i` as candidate if it is a top, the highest since the last beat's hold was over."""
        size = self._size
        at_ms = self._time[i % size]
        if (
            here > after
            and here >= self._sign * self._feature[(i - 1) % size]
            and at_ms - self._picked_ms > HOLD_MS
            and (self._candidate < 0 or here > self._sign * self._feature[self._candidate % size])
        ):
            self._candidate = i
            self._candidate_ms = at_ms

    def _settle(self, i: int) -> bool:
        peak_ms = self._candidate_ms
        peak = self._sign * self._feature[i % self._size]
        left_us = self._crossing_us(i, -1, peak >> 1)
        right_us = self._crossing_us(i, 1, peak >> 1)
        width_us = right_us - left_us
        middle_us = (left_us + right_us) >> 1
        quality = min(_likeness(self._height, peak), _likeness(self._width_us, width_us))
        beat_ms = peak_ms - self._delay_ms
        if self._linked:
            rr_us = (beat_ms - self.beat_ms) * 1000 + middle_us - self._beat_us
            self.rr_ms = (rr_us + 500) // 1000
            self.rr_1024 = (rr_us * 64 + 31250) // 62500  # 1024 / 1,000,000 in lowest terms
            self.quality = min(quality, self._beat_quality)
        else:
            self.rr_ms = self.rr_1024 = self.quality = 0
        self._height = _follow(self._height, peak)
        self._width_us = _follow(self._width_us, width_us) if self._width_us else width_us
        self._linked = True
        self._candidate = -1
        self._picked_ms = peak_ms
        self._picked_in_block = True
        self._beat_us = middle_us
        self._beat_quality = quality
        self.beat_ms = beat_ms
        return True

    def _crossing_us(self, i: int, step: int, level: int) -> int:
        """Time, relative to peak `i`, at which the feature falls to `level` going back (-1) or on (1)."""
        size = self._size
        sign = self._sign
        oldest = max(0, self._n - size)
        j = i
        inside = sign * self._feature[i % size]
        while oldest < j + step < self._n:
            outside = sign * self._feature[(j + step) % size]
            if outside <= level:
                part = (inside - level) * FRACTION // (inside - outside)
                near_ms = self._time[j % size] - self._time[i % size]
                wide_ms = self._time[(j + step) % size] - self._time[j % size]
                return near_ms * 1000 + wide_ms * 1000 * part // FRACTION
            inside = outside
            j += step
        return (self._time[j % size] - self._time[i % size]) * 1000
