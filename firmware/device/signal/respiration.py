"""Breaths a minute from RR intervals at rest: the heart speeds up on each breath in.

The latest 64 s of intervals are laid on a grid of 2 Hz (enough for breathing up to 24 a minute and a
resting heart), differenced, which takes away drift and most of the slow blood pressure wave near 0.1 Hz, and
looked at in a spectrum of 128 points. There is a rate only where one peak holds most of the power: a
moving wearer, a heart without this rhythm (paced, old, ill, in exercise) and artefacts give None.
"""

from array import array
from math import cos, pi

from device.signal.fft import INPUT_LIMIT, REVERSED, SIZE, first_passes, middle_passes, powers
from device.signal.rr import RrSeries

STEP_MS = 500
WINDOW_MS = SIZE * STEP_MS
LOW_BIN = 6  # 5.6 a minute
HIGH_BIN = 26  # 24.4 a minute
FIRST_BIN = 3  # 2.8 a minute: slower is drift
LAST_BIN = 34
SLOW_BIN = 8  # below 7.5 a minute the blood pressure wave can look like breath
PEAK_PERCENT = 50  # of the power that a peak and its neighbours must hold: noise reaches it 7 times in 1000
SLOW_PEAK_PERCENT = 75
REJECTED_PERCENT = 10

_WEIGHT_BITS = 10
_WEIGHT = array("h", [round((0.5 - 0.5 * cos(2 * pi * i / SIZE)) * (1 << _WEIGHT_BITS)) for i in range(SIZE)])


class Respiration:
    """Working memory of the estimate, about 1.5 KB."""

    def __init__(self) -> None:
        self._re = array("i", [0] * SIZE)
        self._im = array("i", [0] * SIZE)
        self._grid = array("i", [0] * SIZE)
        self._power = array("i", [0] * (SIZE // 2))
        self._none = array("i", [0] * (SIZE // 2))  # of the imaginary part

    def measure(self, series: RrSeries, still_ms: int) -> int | None:
        """Tenths of a breath a minute, or None.

        `still_ms`: for how long the wearer has not moved; less than the 64 s that are looked at gives None.
        """
        if still_ms < WINDOW_MS or not self._lay(series):
            return None
        largest = 0
        for i in range(SIZE - 1):
            self._grid[i] = self._grid[i + 1] - self._grid[i]
            largest = max(largest, abs(self._grid[i]))
        self._grid[SIZE - 1] = 0
        if largest == 0:
            return None
        for i in range(SIZE):
            j = REVERSED[i]
            self._re[j] = self._grid[i] * INPUT_LIMIT // largest * _WEIGHT[i] >> _WEIGHT_BITS
            self._im[j] = 0
        first_passes(self._re, self._im)
        middle_passes(self._re, self._im)
        powers(self._re, self._im, self._power, self._none)
        return self._rate_x10()

    def _lay(self, series: RrSeries) -> bool:
        """Put the latest intervals on the grid, backwards in time; rejected ones are bridged."""
        series.settle()
        beat_ms = 0  # before the latest beat
        known_ms = known_rr_ms = -1
        filled = used = rejected = 0
        i = series.count - 1
        while i >= 0 and filled < SIZE:
            rr_ms = series.rr_ms(i)
            used += 1
            if series.rejected(i):
                rejected += 1
            else:
                if known_ms < 0:
                    known_ms, known_rr_ms = beat_ms, rr_ms
                while filled < SIZE and filled * STEP_MS <= beat_ms:
                    span = beat_ms - known_ms
                    part = max(0, filled * STEP_MS - known_ms)
                    value = known_rr_ms + ((rr_ms - known_rr_ms) * part // span if span else 0)
                    self._grid[SIZE - 1 - filled] = value
                    filled += 1
                known_ms, known_rr_ms = beat_ms, rr_ms
            if not series.linked(i):
                break
            beat_ms += rr_ms
            i -= 1
        return filled == SIZE and 100 * rejected <= REJECTED_PERCENT * used

    def _rate_x10(self) -> int | None:
        power, total = self._power, 0.0
        for k in range(FIRST_BIN, LAST_BIN + 1):
            total += power[k]
        peak = LOW_BIN
        for k in range(LOW_BIN + 1, HIGH_BIN + 1):
            if power[k] > power[peak]:
                peak = k
        below, top, above = power[peak - 1], power[peak], power[peak + 1]
        needed = SLOW_PEAK_PERCENT if peak < SLOW_BIN else PEAK_PERCENT
        if below > top or above > top or 100 * (below + top + above) < needed * total:
            return None
        # The centre of a Hann peak, from its neighbours' amplitudes.
        left, middle, right = below**0.5, top**0.5, above**0.5
        shift = 2 * (right - left) / (left + 2 * middle + right)
        return round((peak + shift) * 600000 / WINDOW_MS)
