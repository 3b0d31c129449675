"""Training load: the hand-computed vectors, and what must hold for any input."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.derive.heart import HeartScale
from repbeat.derive.load import (
    Curve,
    LoadError,
    StrainDisplay,
    TrendConfig,
    banister,
    edwards,
    load_trend,
    seconds_at,
    session_rpe_load,
    week,
    zone_seconds,
)

DAY = date(2026, 3, 1)
SCALE = HeartScale(60, 190)


def test_banister_for_an_hour_at_150() -> None:
    hour = {150: 3600}
    assert banister(hour, SCALE, Curve.MEN) == pytest.approx(100.44, abs=0.005)
    assert banister(hour, SCALE, Curve.WOMEN) == pytest.approx(113.52, abs=0.005)
    assert banister(hour, SCALE) == pytest.approx((100.44 + 113.52) / 2, abs=0.01)


def test_intervals_are_priced_sample_by_sample() -> None:
    assert banister({110: 1800, 180: 1800}, SCALE, Curve.MEN) == pytest.approx(119.7, abs=0.05)
    mean_share = (50 / 130 + 120 / 130) / 2
    assert 60 * Curve.MEN.per_minute(mean_share) == pytest.approx(88.1, abs=0.1)


@given(st.lists(st.integers(0, 255), max_size=300))
def test_load_does_not_depend_on_order_or_grouping(bpm: list[int]) -> None:
    whole = seconds_at(bpm)
    assert banister(whole, SCALE) == banister(seconds_at(sorted(bpm)), SCALE)
    halves = [seconds_at(bpm[::2]), seconds_at(bpm[1::2])]
    assert banister(whole, SCALE) == pytest.approx(sum(banister(half, SCALE) for half in halves))
    zones = zone_seconds(whole, SCALE)
    assert sum(zones) == sum(value > 0 for value in bpm)
    assert 0 <= edwards(zones) <= 5 * len(bpm) / 60


def test_edwards_weighs_minutes_by_zone() -> None:
    assert edwards([600, 300, 240, 180, 120, 60]) == 5 * 1 + 4 * 2 + 3 * 3 + 2 * 4 + 1 * 5
    with pytest.raises(LoadError):
        edwards([600, 300])


def test_strain_display_points_and_gate() -> None:
    display = StrainDisplay()
    shown = [display.show(net) for net in (0, 10, 60, 200, 400, 999)]
    assert shown == pytest.approx([0, 2.3, 8.8, 16.1, 21, 21], abs=0.05)
    assert display.net_impulse({124: 8 * 3600}, SCALE) == 0  # below the gate
    assert display.net_impulse({150: 3600}, SCALE, Curve.MEN) == pytest.approx(100.44 - 11.28, abs=0.01)


def test_session_rpe() -> None:
    assert session_rpe_load(7, 60) == 420
    with pytest.raises(LoadError, match="ask again"):
        session_rpe_load(11, 60)
    with pytest.raises(LoadError):
        session_rpe_load(5, -1)


def test_fosters_week() -> None:
    result = week([420, 300, 0, 500, 420, 0, 600])
    assert result.load == 2240
    assert result.monotony == pytest.approx(1.352, abs=0.0005)  # n - 1 below the line
    assert result.strain == pytest.approx(3029, abs=0.5)


def test_a_week_of_equal_days_has_no_monotony() -> None:
    for daily in ([0.0] * 7, [300.0] * 7):
        assert (week(daily).monotony, week(daily).strain) == (None, None)
    with pytest.raises(LoadError):
        week([100] * 6)


def test_fitness_and_fatigue_after_42_days_of_100() -> None:
    trend = load_trend({DAY + timedelta(days=i): 100 for i in range(42)}, DAY + timedelta(days=42))
    assert trend[41].fitness == pytest.approx(63.21, abs=0.005)
    assert trend[41].fatigue == pytest.approx(99.75, abs=0.005)
    assert trend[42].form == pytest.approx(63.21 - 99.75, abs=0.01)  # of the evening before
    assert [trend[i].warming_up for i in (0, 41, 42)] == [True, True, False]
    assert trend[0].form == 0


def test_days_without_a_load_count_as_rest() -> None:
    trend = load_trend({DAY: 100, DAY + timedelta(days=3): 50}, DAY + timedelta(days=5))
    assert [day.load for day in trend] == [100, 0, 0, 50, 0, 0]
    assert [day.day for day in trend] == [DAY + timedelta(days=i) for i in range(6)]
    assert load_trend({}, DAY) == []


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=60))
def test_averages_never_leave_the_range_of_the_loads(loads: list[float]) -> None:
    by_day = {DAY + timedelta(days=i): load for i, load in enumerate(loads)}
    for day in load_trend(by_day, max(by_day)):
        assert 0 <= day.fitness <= max(loads) + 1e-9
        assert 0 <= day.fatigue <= max(loads) + 1e-9


def test_values_that_are_no_load_and_configurations_that_are_none() -> None:
    with pytest.raises(LoadError, match="2026-03-01"):
        load_trend({DAY: float("nan")}, DAY)
    with pytest.raises(LoadError):
        load_trend({DAY: -1}, DAY)
    with pytest.raises(LoadError):
        TrendConfig(fitness_days=7, fatigue_days=42)
    with pytest.raises(LoadError):
        StrainDisplay(gate_share=0.1)
