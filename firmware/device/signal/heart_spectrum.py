"""Spectra of one 8 s window as three maps of log power over frequency, in slices.

Bins are 12.5 Hz / 128 = 5.86 bpm apart. Two real channels share one complex FFT. `clean` is the mean power
of both optical channels after motion cancelling, each relative to its own mean; `wiener` is the same with
each bin weighted by its share against the accelerometer's power there; `motion` is the accelerometer's,
over the two axes that move most. All maps hold 64 * log2(power / mean power + 1/8).
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
_SKEW = 1.4
"""The window's weight leans to the newest samples: the estimate lags half a second less (on recordings)."""
_WEIGHTS = array("h", [round(2047 * sin(pi * ((i + 0.5) / WINDOW) ** _SKEW) ** 2) for i in range(WINDOW)])
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

    STEPS = 9

    def __init__(self) -> None:
        self.clean = array("h", [0] * (LAST_BIN + 2))
        self.wiener = array("h", [0] * (LAST_BIN + 2))
        self.motion = array("h", [0] * (LAST_BIN + 2))
        self.activity_mg = 0
        """RMS of the two moving axes over the window."""
        self.optical = 0
        """Largest excursion of the weaker optical channel in 1/32 counts: 0 means nothing to see."""
        self._window = [array("i", [0] * WINDOW) for _ in range(5)]
        self._re = array("i", [0] * fft.SIZE)
        self._im = array("i", [0] * fft.SIZE)
        self._power1 = array("i", [0] * (LAST_BIN + 1))
        self._power2 = array("i", [0] * (LAST_BIN + 1))
        self._moving = array("i", [0] * (LAST_BIN + 1))
        self._step = 0

    def take(self, ring: "list[array[int]]", points: int) -> None:
        """Copy the last 8 s, oldest first."""
        split = points % WINDOW
        for c in range(5):
            source = memoryview(ring[c])
            window = memoryview(self._window[c])
            window[: WINDOW - split] = source[split:]
            window[WINDOW - split :] = source[:split]
        self._step = 0

    def step(self) -> None:
        """Do the next slice of the work."""
        step = self._step
        self._step += 1
        re, im = self._re, self._im
        if step == 0:
            self._load(re, self._window[0])
            self._load(im, self._window[1])
            fft.first_passes(re, im)
        elif step in (1, 5):
            fft.radix2_pass(re, im, 4)
            fft.radix2_pass(re, im, 8)
            fft.radix2_pass(re, im, 16)
        elif step in (2, 6):
            fft.radix2_pass(re, im, 32)
            fft.radix2_pass(re, im, 64)
        elif step == 3:
            self._optical_power()
        elif step == 4:
            self._load_motion()
            fft.first_passes(re, im)
        elif step == 7:
            self._motion_power()
        elif step == 8:
            self._maps()

    def _load(self, target: "array[int]", values: "array[int]") -> None:
        """Windowed and scaled to the FFT's range, in its input order; all zero for a flat line."""
        mean = sum(values) // WINDOW
        peak = max(max(values) - mean, mean - min(values))
        self._fill(target, values, mean, peak)

    def _load_motion(self) -> None:
        """The two axes that move most, on one scale: any way of wearing the sensor, one FFT."""
        windows = self._window
        still, least = 2, -1
        peak = 0
        for c in (2, 3, 4):
            values = windows[c]
            size = max(values) - min(values)
            if least < 0 or size < least:
                still, least = c, size
            peak = max(peak, size)
        first, second = [c for c in (2, 3, 4) if c != still]
        self._fill(self._re, windows[first], sum(windows[first]) // WINDOW, peak)
        self._fill(self._im, windows[second], sum(windows[second]) // WINDOW, peak)
        self.activity_mg = peak >> 5

    def _fill(self, target: "array[int]", values: "array[int]", mean: int, peak: int) -> None:
        shift = 0
        while peak >> shift > 32767:
            shift += 1
        peak >>= shift
        for i in range(WINDOW, fft.SIZE):
            target[fft.REVERSED[i]] = 0
        if peak == 0:
            peak = 1
        for i in range(WINDOW):
            target[fft.REVERSED[i]] = ((values[i] - mean) >> shift) * _WEIGHTS[i] // peak

    def _optical_power(self) -> None:
        """Split the joint transform into the power of each optical channel."""
        re, im = self._re, self._im
        for k in range(FIRST_BIN, LAST_BIN + 1):
            zr, zi, yr, yi = re[k], im[k], re[fft.SIZE - k], im[fft.SIZE - k]
            a = (zr + yr) >> 5
            b = (zi - yi) >> 5
            self._power1[k] = a * a + b * b
            a = (zi + yi) >> 5
            b = (yr - zr) >> 5
            self._power2[k] = a * a + b * b

    def _motion_power(self) -> None:
        """The sum of both axes' power needs no splitting; 0-1023 relative to its peak in the band."""
        re, im = self._re, self._im
        moving = self._moving
        most = 1
        for k in range(FIRST_BIN, LAST_BIN + 1):
            a, b = re[k] >> 4, im[k] >> 4
            c, d = re[fft.SIZE - k] >> 4, im[fft.SIZE - k] >> 4
            power = a * a + b * b + c * c + d * d
            moving[k] = power
            if power > most and k < BAND_END:
                most = power
        while most > 1 << 19:
            most >>= 1
            for k in range(FIRST_BIN, LAST_BIN + 1):
                moving[k] >>= 1
        for k in range(FIRST_BIN, LAST_BIN + 1):
            share = moving[k] * 1023 // most
            moving[k] = share if share < 4095 else 4095

    def _maps(self) -> None:
        power1, power2, moving = self._power1, self._power2, self._moving
        self._relative(power1)
        self._relative(power2)
        peak1 = peak2 = mean_motion = mean_wiener = 1
        for k in range(FIRST_BIN, BAND_END):
            peak1 = max(peak1, power1[k])
            peak2 = max(peak2, power2[k])
            mean_motion += moving[k]
        mean_motion = mean_motion // (BAND_END - FIRST_BIN) + 1
        masking = min(self.activity_mg, QUIET_MG)
        for k in range(FIRST_BIN, LAST_BIN + 1):
            q1, q2 = power1[k], power2[k]
            self.clean[k] = log2_scaled(q1 + q2 + 16) - 7 * LOG_UNIT
            self.motion[k] = log2_scaled(moving[k] * 64 // mean_motion + 8) - 6 * LOG_UNIT
            mask = moving[k] * masking // QUIET_MG + 1
            r1 = q1 * 1023 // peak1
            r2 = q2 * 1023 // peak2
            both = q1 * r1 // (r1 + mask) + q2 * r2 // (r2 + mask)
            moving[k] = both
            if k < BAND_END:
                mean_wiener += both
        mean_wiener = mean_wiener // (BAND_END - FIRST_BIN) + 1
        for k in range(FIRST_BIN, LAST_BIN + 1):
            self.wiener[k] = log2_scaled(moving[k] * 64 // mean_wiener + 8) - 6 * LOG_UNIT

    def _relative(self, power: "array[int]") -> None:
        """Rescale to 64 = the mean over the band, at most 2^12."""
        mean = 0
        for k in range(FIRST_BIN, BAND_END):
            mean += power[k]
        mean = mean // (BAND_END - FIRST_BIN) + 1
        for k in range(FIRST_BIN, LAST_BIN + 1):
            value = power[k] * 64 // mean
            power[k] = value if value < 4096 else 4096
