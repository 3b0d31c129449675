"""Every hand-computed vector of the science notes in one place, with the variants not used."""

import math
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from repbeat.derive.heart import HeartScale
from repbeat.derive.load import Curve, banister, load_trend, week

DAY = date(2026, 3, 1)
SCALE = HeartScale(60, 190)


def test_banister() -> None:
    hour = {150: 3600}
    assert banister(hour, SCALE, Curve.MEN) == pytest.approx(100.44, abs=0.005)
    assert banister(hour, SCALE, Curve.WOMEN) == pytest.approx(113.52, abs=0.005)
    share = 90 / 130
    # GoldenCheetah's women: the men's scale with the women's rate.
    assert 60 * share * 0.64 * math.exp(1.67 * share) == pytest.approx(84.48, abs=0.005)
    intervals = {110: 1800, 180: 1800}
    assert banister(intervals, SCALE, Curve.MEN) == pytest.approx(119.7, abs=0.05)
    mean_bpm = sum(bpm * seconds for bpm, seconds in intervals.items()) / 3600
    assert banister({round(mean_bpm): 3600}, SCALE, Curve.MEN) == pytest.approx(88.1, abs=0.05)


def test_reserve_and_zone_follow_the_resting_heart_rate() -> None:
    low, high = HeartScale(60, 190), HeartScale(50, 190)
    assert 100 * low.reserve_share(136) == pytest.approx(58.5, abs=0.05)
    assert 100 * high.reserve_share(136) == pytest.approx(61.4, abs=0.05)
    assert (low.zone(136), high.zone(136)) == (1, 2)


def test_monotony_has_n_less_one_below_the_line() -> None:
    loads = [420.0, 300.0, 0.0, 500.0, 420.0, 0.0, 600.0]
    found = week(loads)
    assert found.monotony == pytest.approx(1.352, abs=0.0005)
    assert found.strain == pytest.approx(3029, abs=0.5)
    with_n = fmean(loads) / (stdev(loads) * math.sqrt(6 / 7))
    assert with_n == pytest.approx(1.461, abs=0.001)


def test_trend_is_exponential_not_one_over_n() -> None:
    loads = {DAY + timedelta(days=day): 100.0 for day in range(42)}
    last = load_trend(loads, DAY + timedelta(days=41))[-1]
    assert (last.fitness, last.fatigue) == (pytest.approx(63.21, abs=0.005), pytest.approx(99.75, abs=0.005))
    assert last.warming_up
    assert pytest.approx(63.65, abs=0.01) == 100 * (1 - (1 - 1 / 42) ** 42)
    assert pytest.approx(99.85, abs=0.01) == 100 * (1 - (1 - 1 / 7) ** 42)


def test_one_ectopic_pair_makes_a_raw_rmssd_worthless() -> None:
    def rmssd(rr_ms: list[int]) -> float:
        return math.sqrt(fmean((b - a) ** 2 for a, b in pairwise(rr_ms)))

    assert rmssd([800, 810, 790, 805, 820, 795]) == pytest.approx(17.748, abs=0.0005)
    # The device drops such beats before it computes; its own vectors are in tests/signal/test_hrv.py.
    assert rmssd([800, 810, 500, 1100, 820, 795]) == pytest.approx(327.2, abs=0.05)
