"""Which heart rate? A hidden Markov model over 36-216 bpm, forward step only, in whole numbers.

Each state is scored from the log spectra at its own frequency and at twice it, by weights learned from
recordings (heart_weights.py). Between estimates the rate moves a little (95 %: bell of SD 3.3 bpm), or
further (5 %: two-sided exponential), or anywhere (one in a million per state), so a lost track comes back by
itself. The score's reach is bounded: one window can never rule a rate out for good.
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

HALF_WIDTH = 4
"""States each side that count as the same pulse: 8 bpm."""

_BIN_Q8_PER_BPM = 43.6907  # 128 / (12.5 * 60) bins a bpm, times 256
_PLACE = array("H", [round((LOWEST_BPM + STEP_BPM * s) * _BIN_Q8_PER_BPM) for s in range(STATES)])
_EXP_STEP = 4  # score units per entry: 1/16 nat
_EXP = array("H", [max(1, round(511 * exp(-i / 16))) for i in range(101)])
_FAR_KEEP_Q8 = 210  # e^(-2 bpm / 10 bpm)


class HeartStates:
    """`predict()` then `update(spectrum)` per estimate; then bpm_x10, mass, margin describe the belief."""

    def __init__(self) -> None:
        self._belief = array("i", [0] * STATES)
        self._next = array("i", [0] * STATES)
        self._near = array("h", [0] * (LAST_BIN + 2))
        self._double = array("h", [0] * (LAST_BIN + 2))
        self._score = array("i", [0] * STATES)
        self.bpm_x10 = 0
        self.mass = 0
        """Belief within 8 bpm of the estimate, of ONE."""
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
        _box(belief, out, 1)
        _box(out, belief, 2)
        # belief now holds the near spread; add the far one, an exponential in both directions
        run = 0
        for s in range(STATES):
            run += ((belief[s] - run) * (256 - _FAR_KEEP_Q8)) >> 8
            out[s] = run
        run = 0
        for s in range(STATES - 1, -1, -1):
            run += ((belief[s] - run) * (256 - _FAR_KEEP_Q8)) >> 8
            far = (out[s] + run) >> 1
            belief[s] += ((far - belief[s]) * 13 >> 8) + 1

    def combine(self, spectrum: HeartSpectrum) -> None:
        """Weigh the maps bin by bin: once for a pulse's fundamental, once for its double."""
        clean, wiener, motion = spectrum.clean, spectrum.wiener, spectrum.motion
        a, b, c = weights.FUNDAMENTAL
        d, e, f = weights.DOUBLE
        for k in range(FIRST_BIN, LAST_BIN + 1):
            x, y, z = clean[k], wiener[k], motion[k]
            self._near[k] = (a * x + b * y + c * z) >> 8
            self._double[k] = (d * x + e * y + f * z) >> 8

    def update(self) -> None:
        """Score every state, weigh the belief, read the estimate."""
        belief, score, near, double = self._belief, self._score, self._near, self._double
        best = -(1 << 20)
        for s in range(STATES):
            place = _PLACE[s]
            k = place >> 8
            value = near[k] * 256 + (near[k + 1] - near[k]) * (place & 255)
            place += place
            k = place >> 8
            if k < LAST_BIN:
                value += double[k] * 256 + (double[k + 1] - double[k]) * (place & 255)
            value = (value >> 8) + weights.PRIOR[s]
            score[s] = value
            if value > best:
                best = value
        total = 0
        for s in range(STATES):
            i = (best - score[s]) // _EXP_STEP
            value = belief[s] * (_EXP[i] if i < 100 else 1)
            belief[s] = value
            total += value
        self._normalise(total)
        self._read()

    def _normalise(self, total: int) -> None:
        belief = self._belief
        shift = 0
        while total < 1 << 28:
            total <<= 1
            shift += 1
        total >>= 20
        for s in range(STATES):
            belief[s] = (belief[s] << shift) // total

    def _read(self) -> None:
        """The densest stretch of 9 states and the mean within it."""
        belief = self._belief
        mass = 0
        for s in range(HALF_WIDTH):
            mass += belief[s]
        most, at = 0, 0
        for s in range(STATES):
            if s + HALF_WIDTH < STATES:
                mass += belief[s + HALF_WIDTH]
            if s > HALF_WIDTH:
                mass -= belief[s - HALF_WIDTH - 1]
            if mass > most:
                most, at = mass, s
        moment = 0
        for s in range(max(0, at - HALF_WIDTH), min(STATES, at + HALF_WIDTH + 1)):
            moment += (s - at) * belief[s]
        self.mass = most
        self.bpm_x10 = (LOWEST_BPM + STEP_BPM * at) * 10 + moment * 10 * STEP_BPM // max(1, most)


def _box(source: "array[int]", target: "array[int]", half: int) -> None:
    """Running mean over 2 * half + 1 states; the ends repeat, so no belief is lost."""
    width = 2 * half + 1
    run = source[0] * (half + 1)
    for s in range(half):
        run += source[s]
    last = STATES - 1
    for s in range(STATES):
        ahead = s + half
        run += source[ahead if ahead < last else last]
        target[s] = run // width
        behind = s - half
        run -= source[behind if behind > 0 else 0]
