"""Which heart rate? A hidden Markov model over 36-216 bpm, forward step only, in whole numbers.

Each state is scored from the log spectra at its own frequency and at twice it, by weights learned from
recordings (heart_weights.py). Between estimates the rate moves a little (95 %: up to 5 bpm), or
further (5 %: two-sided exponential of 5 bpm), or anywhere (one in a million per state), so a lost track comes
back by itself. The score's reach is bounded: one window never rules a rate out for good.
"""

from array import array
from math import exp

from device.signal import heart_weights as weights
from device.signal.heart_spectrum import FIRST_BIN, LAST_BIN, HeartSpectrum

LOWEST_BPM = 36
STEP_BPM = 2
STATES = 91
ONE = 1 << 20
"""Probability one."""

REACH = 2
"""States a heart rate may move in two seconds, all equally likely: 4 bpm."""
HALF_WIDTH = 4
"""States each side that count as the same pulse: 8 bpm."""
CLOSE = 2
"""States each side that count as close to the value: 4 bpm."""
_EVEN = 128
"""A quarter of the greatest likelihood: what the read-out grants every state near the track."""

_EACH = range(STATES)
_BACKWARDS = range(STATES - 1, -1, -1)
_EACH_BIN = range(FIRST_BIN, LAST_BIN + 1)
BIN_Q8_PER_BPM = 43.6907  # 128 / (12.5 * 60) bins a bpm, times 256
_PLACE = array("H", [round((LOWEST_BPM + STEP_BPM * s) * BIN_Q8_PER_BPM) for s in range(STATES)])
_EXP_SHIFT = 2  # 64 score units are a nat, 16 entries too
_EXP_REACH = 100 << _EXP_SHIFT
_EXP = array("H", [max(1, round(511 * exp(-i / 16))) for i in range(100)])
_FULL_SHIFT = 6
_FAR_Q8 = 84  # 1 - e^(-2 bpm / 5 bpm)
_FAR_SHARE_Q8 = 13  # 5 %


class HeartStates:
    """Each time `combine(spectrum)`, `predict()`, `update()`; then bpm_x10 and mass say what is believed."""

    def __init__(self) -> None:
        self._belief = array("i", [0] * STATES)
        self._next = array("i", [0] * STATES)
        self._local = array("i", [0] * (2 * HALF_WIDTH + 1))
        self._near = array("h", [0] * (LAST_BIN + 1))
        self._double = array("h", [0] * (LAST_BIN + 1))
        self.bpm_x10 = 0
        self.mass = 0
        """Belief within 8 bpm of its median, of ONE."""
        self.close, self.anywhere = 0, 1
        """Belief within 4 bpm of the value and in all, where this window's evidence is taken in full."""
        self.restart()

    def restart(self) -> None:
        """What is believed before any signal: around 85 bpm, widely."""
        total = 0
        for s in range(STATES):
            d = (LOWEST_BPM + STEP_BPM * s - 85) / 30
            value = int(ONE / 32 * exp(-d * d / 2))
            self._belief[s] = value
            total += value
        for s in range(STATES):
            self._belief[s] = self._belief[s] * (ONE >> 8) // (total >> 8)

    def predict(self) -> None:
        """Let two seconds pass."""
        belief, out = self._belief, self._next
        _spread(belief, out)
        far, share = _FAR_Q8, _FAR_SHARE_Q8
        run = 0
        for s in _EACH:
            run += ((out[s] - run) * far) >> 8
            belief[s] = run
        run = 0
        for s in _BACKWARDS:
            near = out[s]
            run += ((near - run) * far) >> 8
            belief[s] = near + ((((belief[s] + run) >> 1) - near) * share >> 8) + 1

    def combine(self, spectrum: HeartSpectrum) -> None:
        """Weigh the maps bin by bin: once for a pulse's fundamental, once for its double."""
        clean, wiener, motion = spectrum.clean, spectrum.wiener, spectrum.motion
        near, double = self._near, self._double
        a, b, c = weights.FUNDAMENTAL
        d, e, f = weights.DOUBLE
        for k in _EACH_BIN:
            x, y, z = clean[k], wiener[k], motion[k]
            near[k] = (a * x + b * y + c * z) >> 8
            double[k] = (d * x + e * y + f * z) >> 8

    def update(self) -> None:
        """Score every state, weigh the belief, read the estimate."""
        belief, score, near, double = self._belief, self._next, self._near, self._double
        prior, places = weights.PRIOR, _PLACE
        end, bits = LAST_BIN << 7, _EXP_SHIFT
        best = -(1 << 20)
        for s in _EACH:
            place = places[s]
            k = place >> 8
            here = near[k]
            value = here + ((near[k + 1] - here) * (place & 255) >> 8) + prior[s]
            if place < end:
                k = place >> 7
                here = double[k]
                value += here + ((double[k + 1] - here) * (place & 127) >> 7)
            score[s] = value
            if value > best:
                best = value
        total = 0
        likelihood = self._next
        table, lowest = _EXP, best - _EXP_REACH
        for s in _EACH:
            value = score[s]
            chance = table[(best - value) >> bits] if value > lowest else 1
            likelihood[s] = chance
            belief[s] = value = belief[s] * chance
            total += value
        shift = 0
        while total < 1 << 28:
            total <<= 1
            shift += 1
        total >>= 20
        anywhere = 1
        for s in _EACH:
            belief[s] = value = (belief[s] << shift) // total
            anywhere += value * likelihood[s] >> _FULL_SHIFT
        self.anywhere = anywhere
        self._read()

    def _read(self) -> None:
        """Around the belief's median, the median of belief and, in part, this window once more.

        The belief itself takes each window's evidence by half, since windows overlap; that makes it steady
        and late. Part of the other half brings the value up to date without moving the track; all of it
        would follow every window that lies.
        """
        belief, likelihood = self._belief, self._next
        at = _median(belief, sum(belief) >> 1)
        mass = total = 0
        local = self._local
        first = max(0, at - HALF_WIDTH)
        for s in range(first, min(STATES, at + HALF_WIDTH + 1)):
            believed = belief[s]
            mass += believed
            local[s - first] = value = (believed * (likelihood[s] + _EVEN) >> 10) + 1
            total += value
        self.mass = mass
        half = total >> 1
        at = _median(local, half)
        below = 0
        for s in range(at):
            below += local[s]
        middle_x10 = (LOWEST_BPM + STEP_BPM * (first + at)) * 10
        self.bpm_x10 = middle_x10 - 5 * STEP_BPM + 10 * STEP_BPM * (half - below) // local[at]
        at += first
        close = 0
        for s in range(max(0, at - CLOSE), min(STATES, at + CLOSE + 1)):
            close += belief[s] * likelihood[s] >> _FULL_SHIFT
        self.close = close


def _median(weights: "array[int]", half: int) -> int:
    """The index where the running sum passes `half`, which is less than the sum."""
    run = at = 0
    while True:
        run += weights[at]
        if run > half:
            return at
        at += 1


def _spread(source: "array[int]", target: "array[int]") -> None:
    """Running mean over 2 * REACH + 1 states; the ends repeat, so no belief is lost.

    What is believed of the lowest rate is added to every other: light that drifts looks like that rate, and
    without this a fifth of 1/f^2 noise is called good.
    """
    reach, width, last = REACH, 2 * REACH + 1, STATES - 1
    run = source[0] * (reach + 1)
    for s in range(reach):
        run += source[s]
    for s in _EACH:
        ahead = s + reach
        run += source[ahead if ahead < last else last]
        target[s] = run // width
        behind = s - reach
        run -= source[behind if behind > 0 else 0]
