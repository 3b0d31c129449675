"""Spectra of one 8 s window as three maps of log power over frequency, in slices.

Bins are 12.5 Hz / 128 = 5.86 bpm apart. Two real channels share one complex FFT. `clean` is the power of the
light after motion cancelling; `wiener` is the same with each bin weighted by its share against the
accelerometer's power there; `motion` is that of the axis that moves most (adding the other two took a second
transform, and the value was no nearer). All maps hold
64 * log2(power / mean power + 1/8).
"""

from array import array
from math import log2, pi, sin

from device.signal import fft
from device.signal.heart_front import WINDOW

FIRST_BIN = 6
LAST_BIN = 62
BAND_END = 40
"""Bins from FIRST_BIN to below this (3.9 Hz) hold the fundamental of any pulse: means are taken there."""

QUIET_MG = 64
"""Motion below this masks in proportion only: the spectrum of a resting arm is sensor noise."""

LOG_UNIT = 64
BLOCKS = fft.SIZE // 4
_FLOOR = 8  # 1/8 of the mean power, which is 64
_SKEW = 2.3
"""The window's weight leans to the newest samples: the belief, which lags, is made up for."""
_SLOPE = 1.15
"""Nearly a sine, where a Hann window has a 2: more of the 8 s counts, near rates are told apart better."""
_WEIGHTS = array(
    "h", [round(2047 * sin(pi * ((i + 0.5) / WINDOW) ** _SKEW) ** _SLOPE) for i in range(WINDOW)]
)
_AXES = range(1, 4)
_EACH_BLOCK = range(BLOCKS)
_EACH_BIN = range(FIRST_BIN, LAST_BIN + 1)
_LOG2 = array("h", [0] + [round(LOG_UNIT * log2(i)) for i in range(1, 512)])


def log2_scaled(value: int) -> int:
    """64 * log2(value) for 1 <= value < 2^21, to about 3 units."""
    if value < 512:
        return _LOG2[value]
    if value < 8192:
        return _LOG2[value >> 4] + 4 * LOG_UNIT
    if value < 131072:
        return _LOG2[value >> 8] + 8 * LOG_UNIT
    return _LOG2[value >> 12] + 12 * LOG_UNIT


class HeartSpectrum:
    """Call `take(ring, points)`, then `step()` STEPS times; then the maps belong to that window."""

    STEPS = 5

    def __init__(self) -> None:
        self.clean = array("h", [0] * (LAST_BIN + 1))
        self.wiener = array("h", [0] * (LAST_BIN + 1))
        self.motion = array("h", [0] * (LAST_BIN + 1))
        self.motion_mg = 0
        """Peak to peak over the window of the axis that moved most."""
        self.flat = True
        """No light changed at all over the window."""
        self._window = array("h", [0] * WINDOW)
        self._motion_window = array("i", [0] * WINDOW)
        self._motion_span = 1
        self._re = array("i", [0] * fft.SIZE)
        self._im = array("i", [0] * fft.SIZE)
        self._light = array("i", [0] * (fft.SIZE // 2))
        self._moving = array("i", [0] * (fft.SIZE // 2))
        self._step = 0

    def take(self, ring: "list[array[int]]", points: int) -> None:
        """Copy the last 8 s of the light, and beside it of the axis that moves most, oldest first."""
        motion, moving = 1, ring[1]
        for c in _AXES:
            span = max(ring[c]) - min(ring[c])
            if span > motion:
                motion, moving = span, ring[c]
        self._motion_span = motion
        _copy(ring[0], points % WINDOW, self._window)
        _copy(moving, points % WINDOW, self._motion_window)
        self._step = 0

    def step(self) -> None:
        """Do the next slice of the work."""
        step = self._step
        self._step += 1
        if step == 0:
            self._load()
        elif step == 1:
            fft.two_passes(self._re, self._im, 4)
        elif step == 2:
            fft.two_passes(self._re, self._im, 16)
        elif step == 3:
            fft.powers(self._re, self._im, self._light, self._moving)
        else:
            self._maps()

    def _load(self) -> None:
        """Without their means, windowed and scaled, through the first two passes: additions only.

        Those combine every 32nd point, and the last of four is beyond the window but for the first blocks.
        """
        real, imaginary = self._window, self._motion_window
        span, other_span = max(real) - min(real), self._motion_span
        self.motion_mg = other_span >> 5
        self.flat = span == 0
        mean, other_mean = sum(real) // WINDOW, sum(imaginary) // WINDOW
        other_shift = 0
        while other_span >> other_shift > 32767:
            other_shift += 1
        other_span >>= other_shift
        span = max(span, 1)
        re, im, order, weights = self._re, self._im, fft.REVERSED, _WEIGHTS
        points, second = WINDOW, BLOCKS
        third, fourth = 2 * second, 3 * second
        for i in _EACH_BLOCK:
            at, weight = order[i], weights[i]
            ar = (real[i] - mean) * weight // span
            ai = (imaginary[i] - other_mean >> other_shift) * weight // other_span
            j = i + third
            weight = weights[j]
            br = (real[j] - mean) * weight // span
            bi = (imaginary[j] - other_mean >> other_shift) * weight // other_span
            sum_r, sum_i = ar + br, ai + bi
            diff_r, diff_i = ar - br, ai - bi
            j = i + second
            weight = weights[j]
            ar = cr = (real[j] - mean) * weight // span
            ai = ci = (imaginary[j] - other_mean >> other_shift) * weight // other_span
            j = i + fourth
            if j < points:
                weight = weights[j]
                br = (real[j] - mean) * weight // span
                bi = (imaginary[j] - other_mean >> other_shift) * weight // other_span
                cr, ci = ar - br, ai - bi
                ar, ai = ar + br, ai + bi
            re[at], im[at] = sum_r + ar, sum_i + ai
            re[at + 2], im[at + 2] = sum_r - ar, sum_i - ai
            re[at + 1], im[at + 1] = diff_r + ci, diff_i - cr
            re[at + 3], im[at + 3] = diff_r - ci, diff_i + cr

    def _maps(self) -> None:
        light, moving = self._light, self._moving
        logs, floor = _LOG2, _FLOOR
        clean, wiener, motion = self.clean, self.wiener, self.motion
        peak = _relative(light) or 1
        mask_full = _relative(moving) * QUIET_MG // max(1, min(self.motion_mg, QUIET_MG)) or 1
        coarse, unit, end = 4 * LOG_UNIT, 6 * LOG_UNIT, BAND_END
        mean = 1
        for k in _EACH_BIN:
            power, mask = light[k], moving[k]
            value = power + floor  # relative powers are below 2^12: no call for each
            clean[k] = (logs[value] if value < 512 else logs[value >> 4] + coarse) - unit
            value = mask + floor
            motion[k] = (logs[value] if value < 512 else logs[value >> 4] + coarse) - unit
            share = (power << 10) // peak
            light[k] = power = power * share // (share + (mask << 10) // mask_full + 1)
            if k < end:
                mean += power
        mean = mean // (BAND_END - FIRST_BIN) + 1
        for k in _EACH_BIN:
            value = (light[k] << 6) // mean + floor
            wiener[k] = (logs[value] if value < 512 else log2_scaled(value)) - unit


def _copy(ring: "array[int]", oldest: int, window: "array[int]") -> None:
    """The whole of a ring, from its oldest value on."""
    source, target = memoryview(ring), memoryview(window)
    target[: WINDOW - oldest] = source[oldest:]
    target[WINDOW - oldest :] = source[:oldest]


def _relative(power: "array[int]") -> int:
    """Rescale to 64 = the mean over the band, at most 2^12; returns the highest."""
    mean = sum(memoryview(power)[FIRST_BIN:BAND_END]) // (BAND_END - FIRST_BIN) + 1
    highest = 0
    for k in _EACH_BIN:
        value = (power[k] << 4) // mean << 2
        if value > highest:
            highest = value = min(value, 4095)
        power[k] = value
    return highest
