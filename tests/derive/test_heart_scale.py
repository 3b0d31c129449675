"""Zones, estimates that say they are, and the scale that was valid on a day."""

from datetime import date

import pytest

from repbeat.derive.heart import (
    HeartScale,
    HeartScaleError,
    MaxFormula,
    estimated_max,
    estimated_vo2max,
    scale_on,
)

DAY = date(2026, 3, 1)


def test_zone_follows_the_resting_heart_rate() -> None:
    assert HeartScale(60, 190, DAY).zone(136) == 1
    assert HeartScale(60, 190, DAY).reserve_share(136) == pytest.approx(0.585, abs=0.0005)
    assert HeartScale(50, 190, DAY).zone(136) == 2
    assert HeartScale(50, 190, DAY).reserve_share(136) == pytest.approx(0.614, abs=0.0005)


def test_a_tested_threshold_moves_the_zones_and_history_keeps_the_old_ones() -> None:
    scales = [
        HeartScale(55, 190, date(2026, 1, 1)),
        HeartScale(55, 190, date(2026, 2, 1), threshold_bpm=160),
        HeartScale(52, 190, date(2026, 4, 1), threshold_bpm=168),
    ]
    limits = [scale_on(day, scales).limits for day in (date(2026, 1, 31), DAY, date(2026, 4, 1))]
    assert limits == [(123, 136, 150, 163, 177), (120, 136, 144, 152, 160), (126, 143, 152, 160, 168)]
    with pytest.raises(HeartScaleError, match="2025-12-31"):
        scale_on(date(2025, 12, 31), scales)


def test_estimates_carry_method_and_error() -> None:
    assert estimated_max(40).value == pytest.approx(180)
    assert estimated_max(40, MaxFormula.GULATI_WOMEN).value == pytest.approx(170.8)
    assert estimated_max(40, MaxFormula.NES).value == pytest.approx(185.4)
    assert estimated_max(40, MaxFormula.BETA_BLOCKER).value == pytest.approx(136)
    oxygen = estimated_vo2max(60, 190)
    assert (oxygen.value, oxygen.error, oxygen.method) == (pytest.approx(48.45), 4.5, "uth-2004")


@pytest.mark.parametrize(
    ("resting", "maximum", "threshold"), [(190, 190, None), (20, 190, None), (60, 256, None), (60, 190, 195)]
)
def test_impossible_scales_are_refused(resting: int, maximum: int, threshold: int | None) -> None:
    with pytest.raises(HeartScaleError):
        HeartScale(resting, maximum, DAY, threshold)


def test_estimates_outside_their_range_are_refused() -> None:
    with pytest.raises(HeartScaleError):
        estimated_max(5)
    with pytest.raises(HeartScaleError):
        estimated_vo2max(190, 180)
