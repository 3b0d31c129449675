"""Heart rate variability of a series of RR intervals: RMSSD, lnRMSSD, SDNN, pNN50, mean heart rate.

Sums are whole numbers, so a chip's 32-bit floats give what 64-bit ones give.
"""

from math import log, sqrt

from device.signal.rr import RrSeries

USABLE_KEPT_PERMILLE = 800  # more than 20 % rejected: unusable
DISPLAY_KEPT_PERMILLE = 970  # optical beats: a few lost ones already bend RMSSD
COVERAGE_PERMILLE = (800, 1020)  # sum of intervals against the clock: beyond, beats are lost or made up


class Hrv:
    """Figures of one window. `kept_permille`: intervals that were normal beats, of all."""

    def __init__(
        self, intervals: int, removed: int, mean_bpm: float, rmssd_ms: float, sdnn_ms: float, pnn50: float
    ) -> None:
        self.intervals = intervals
        self.removed = removed
        self.kept_permille = 1000 * (intervals - removed) // intervals
        self.mean_bpm = mean_bpm
        self.rmssd_ms = rmssd_ms
        self.ln_rmssd = log(rmssd_ms) if rmssd_ms > 0 else None
        self.sdnn_ms = sdnn_ms
        self.pnn50 = pnn50  # percent of successive differences beyond 50 ms

    def displayable(self) -> bool:
        """Whether enough intervals were kept to show figures that came from an optical sensor."""
        return self.kept_permille >= DISPLAY_KEPT_PERMILLE


def figures(series: RrSeries, keep_all: bool = False) -> Hrv | None:
    """Figures of the series' normal beats, or of every interval as stored with `keep_all`.

    Successive differences count only between linked neighbours that are both kept. SDNN has n - 1
    below the line. None where fewer than two intervals or no difference remain.
    """
    series.settle()
    kept = total = squares = 0
    differences = difference_squares = beyond_50 = 0
    previous = 0  # 0: no kept neighbour
    for i in range(series.count):
        if not keep_all and series.rejected(i):
            previous = 0
            continue
        value = series.rr_ms(i)
        kept += 1
        total += value
        squares += value * value
        if previous and series.linked(i):
            step = value - previous
            differences += 1
            difference_squares += step * step
            if step > 50 or step < -50:
                beyond_50 += 1
        previous = value
    if kept < 2 or differences == 0 or total == 0:
        return None
    return Hrv(
        series.count,
        series.count - kept,
        60000 * kept / total,
        sqrt(difference_squares / differences),
        sqrt((kept * squares - total * total) / (kept * (kept - 1))),
        100 * beyond_50 / differences,
    )


def measure(series: RrSeries, wall_ms: int | None = None) -> Hrv | None:
    """Figures of the normal beats, or None: unusable.

    Unusable is a series with more than 20 % of its intervals rejected, or, where `wall_ms` tells how
    long the beats were listened to, one whose intervals cover less than 80 % or more than 102 % of it.
    """
    result = figures(series)
    if result is None or result.kept_permille < USABLE_KEPT_PERMILLE:
        return None
    if wall_ms is not None:
        low, high = COVERAGE_PERMILLE
        covered = 1000 * series.sum_ms()
        if not low * wall_ms <= covered <= high * wall_ms:
            return None
    return result
