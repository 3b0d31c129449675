"""Zones, and estimates that say they are."""

import pytest

from repbeat.derive.heart import (
    HeartScale,
    HeartScaleError,
    MaxFormula,
    check_person,
    estimated_max,
    estimated_vo2max,
)


def test_zone_follows_the_resting_heart_rate() -> None:
    assert HeartScale(60, 190).zone(136) == 1
    assert HeartScale(60, 190).reserve_share(136) == pytest.approx(0.585, abs=0.0005)
    assert HeartScale(50, 190).zone(136) == 2
    assert HeartScale(50, 190).reserve_share(136) == pytest.approx(0.614, abs=0.0005)


def test_a_tested_threshold_moves_the_zones() -> None:
    assert HeartScale(55, 190).limits == (123, 136, 150, 163, 177)
    assert HeartScale(55, 190, threshold_bpm=160).limits == (120, 136, 144, 152, 160)


def test_estimates_carry_method_and_error() -> None:
    assert estimated_max(40).value == pytest.approx(180)
    assert estimated_max(40, MaxFormula.BETA_BLOCKER).value == pytest.approx(136)
    oxygen = estimated_vo2max(60, 190)
    assert (oxygen.value, oxygen.error, oxygen.method) == (pytest.approx(48.45), 4.5, "Uth 2004")


@pytest.mark.parametrize(
    ("resting", "maximum", "threshold"), [(190, 190, None), (20, 190, None), (60, 256, None), (60, 190, 195)]
)
def test_impossible_scales_are_refused(resting: int, maximum: int, threshold: int | None) -> None:
    with pytest.raises(HeartScaleError):
        HeartScale(resting, maximum, threshold)


def test_estimates_outside_their_range_are_refused() -> None:
    with pytest.raises(HeartScaleError):
        estimated_max(5)
    with pytest.raises(HeartScaleError):
        estimated_vo2max(190, 180)


@pytest.mark.parametrize(
    ("resting", "maximum", "told"),
    [
        (55, 0, "not known yet: enter both"),
        (0, 190, "not known yet: enter both"),
        (20, 190, "30"),
        (55, 250, "230"),
    ],
)
def test_what_is_entered_is_what_a_person_has(resting: int, maximum: int, told: str) -> None:
    with pytest.raises(HeartScaleError, match=told):
        check_person(resting, maximum)
