"""HRV figures: hand-computed vectors, artefacts that must not move them, and windows that are unusable."""

from math import log

from device.signal.hrv import figures, measure
from device.signal.rr import RrSeries

VECTOR = [800, 810, 790, 805, 820, 795]


def series(intervals):
    out = RrSeries(max(len(intervals), 1))
    for rr_ms in intervals:
        out.push(rr_ms)
    return out


def lively(n):
    """A clean series with the variability of an adult at rest, from a small generator."""
    out = []
    state = 1
    level = 0
    for _ in range(n):
        state = (state * 75 + 74) % 65537
        level = (level * 3 + (state % 101 - 50)) // 4
        out.append(800 + level)
    return out


def test_rmssd_of_the_vector() -> None:
    result = figures(series(VECTOR))
    assert abs(result.rmssd_ms - 17.748) < 0.001
    assert abs(result.ln_rmssd - log(17.748)) < 0.0001
    assert abs(result.mean_bpm - 60000 * 6 / 4820) < 0.001
    assert abs(result.sdnn_ms - 10.801) < 0.001  # n - 1 below the line
    assert result.pnn50 == 0


def test_an_ectopic_pair_wrecks_the_raw_figure_and_not_the_clean_one() -> None:
    with_pair = list(VECTOR)
    with_pair[2:4] = [500, 1100]
    assert abs(figures(series(with_pair), keep_all=True).rmssd_ms - 327.18) < 0.01
    clean = figures(series(with_pair))
    assert clean.removed == 2
    assert abs(clean.rmssd_ms - 19.039) < 0.001  # what is left of six: 10 and -25


def test_one_ectopic_pair_of_any_size_moves_rmssd_by_less_than_5_percent() -> None:
    clean = lively(300)
    before = figures(series(clean)).rmssd_ms
    for early, late in ((500, 1100), (560, 1040), (640, 960), (700, 900)):
        for at in (0, 1, 10, 150, 298, 299):
            changed = list(clean)
            changed[at:at] = [early, late]
            assert abs(figures(series(changed)).rmssd_ms / before - 1) < 0.05


def test_pnn50_counts_differences_beyond_50_ms() -> None:
    result = figures(series([800, 851, 800, 850, 800, 749, 749]), keep_all=True)
    assert abs(result.pnn50 - 100 * 3 / 6) < 1e-6  # 51, -51, -51; 50 exactly is not beyond


def test_a_difference_needs_both_intervals() -> None:
    # The difference across the removed interval, 800 to 840, must not count.
    result = figures(series([800, 800, 800, 1700, 840, 840, 840]))
    assert result.removed == 1
    assert result.rmssd_ms == 0
    assert result.ln_rmssd is None


def test_no_difference_across_a_gap() -> None:
    broken = RrSeries(12)
    for rr_ms in [800] * 6:
        broken.push(rr_ms)
    broken.gap()
    for rr_ms in [850] * 6:
        broken.push(rr_ms)
    assert figures(broken).rmssd_ms == 0


def test_more_than_a_fifth_rejected_is_unusable() -> None:
    intervals = lively(100)
    for at in range(2, 100, 5):  # 20 of 100
        intervals[at] = 2500
    assert measure(series(intervals)).kept_permille == 800
    intervals[50] = 2500
    assert measure(series(intervals)) is None


def test_coverage_against_the_clock() -> None:
    intervals = lively(100)
    covered_ms = sum(intervals)
    assert measure(series(intervals), covered_ms) is not None
    assert measure(series(intervals), covered_ms * 5 // 4 - 10) is not None
    assert measure(series(intervals), covered_ms * 13 // 10) is None  # beats were lost
    assert measure(series(intervals), covered_ms * 97 // 100) is None  # beats were made up


def test_too_little_is_unusable() -> None:
    for intervals in ((), (800,), (0, 0, 0), (800, 2500, 800)):
        assert measure(series(intervals)) is None


def test_optical_figures_are_shown_from_97_percent_kept() -> None:
    intervals = lively(100)
    for at in (10, 40, 70):
        intervals[at] = 2500
    assert measure(series(intervals)).displayable()
    intervals[90] = 2500
    assert not measure(series(intervals)).displayable()
