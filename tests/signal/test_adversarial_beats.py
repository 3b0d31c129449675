"""Series of intervals that no heart makes, or a broken sensor does: nothing is invented, nothing raises."""

from random import Random

import pytest

from device.signal.hrv import measure
from device.signal.respiration import Respiration
from device.signal.rr import RrSeries

STILL_MS = 64000
LOTTERY = Random(1)
SERIES = {
    "stuck": [900] * 120,
    "stuck at its least": [300] * 220,
    "stuck at its most": [2000] * 60,
    "zeros": [0] * 120,
    "all bits set": [65535] * 120,
    "negative": [-5] * 120,
    "every other beat early": [800, 1200] * 60,
    "every third beat early": [600, 1000, 950] * 40,
    "from end to end": [300, 2000] * 60,
    "at random": [LOTTERY.randint(300, 2000) for _ in range(120)],
    "one beat, then two lost": [800, 0, 0] * 60,
    "every fifth beat missed": [900, 900, 900, 900, 1800] * 24,
    "one": [800],
    "none": [],
}
REGULAR = {"stuck", "stuck at its least", "stuck at its most"}


def series(name: str) -> RrSeries:
    intervals = SERIES[name]
    out = RrSeries(max(1, len(intervals)))
    for rr_ms in intervals:
        out.push(rr_ms)
    return out


@pytest.mark.parametrize("name", SERIES)
def test_no_breath_is_read_from_it(name: str) -> None:
    assert Respiration().measure(series(name), STILL_MS) is None


@pytest.mark.parametrize("name", SERIES)
def test_no_variability_is_shown_for_it(name: str) -> None:
    result = measure(series(name))
    if name in REGULAR:  # a pacemaker is as even
        assert result is not None
        assert (result.rmssd_ms, result.ln_rmssd, result.sdnn_ms) == (0, None, 0)
    else:
        assert result is None or not result.displayable()


def test_intervals_that_do_not_fill_the_clock_are_unusable() -> None:
    assert measure(series("stuck"), 120 * 900) is not None
    assert measure(series("stuck"), 2 * 120 * 900) is None
    assert measure(series("stuck"), 120 * 900 * 9 // 10) is None
