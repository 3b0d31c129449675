"""HRV against its baseline, and a drifting resting heart rate: few nights say nothing, one alerts nobody."""

import math
from datetime import date, timedelta

import pytest

from repbeat.derive.hrv import (
    BaselineConfig,
    DriftConfig,
    HrvState,
    Morning,
    RecoveryError,
    hrv_baseline,
    resting_drift,
)

START = date(2026, 1, 1)


def at(day: int) -> date:
    return START + timedelta(days=day)


def nights(week_factor: float = 1.0, count: int = 67, source: str = "band") -> list[Morning]:
    """lnRMSSD alternating by 0.2 around ln 40 (SD about 0.2), the last seven scaled by `week_factor`."""
    return [
        Morning(
            at(day),
            source,
            40 * math.exp(0.2 if day % 2 else -0.2) * (week_factor if day >= count - 7 else 1),
        )
        for day in range(count)
    ]


def state(mornings: list[Morning]) -> HrvState:
    return hrv_baseline(mornings, mornings[-1].day, "band").state


def test_the_week_is_judged_by_half_a_standard_deviation() -> None:
    # The week's own mean is ln 40 + ln(factor), give or take 0.03 for its odd day; half an SD is 0.1.
    assert state(nights(1.0)) is HrvState.NORMAL
    assert state(nights(math.exp(-0.06))) is HrvState.NORMAL
    assert state(nights(math.exp(-0.14))) is HrvState.LOW
    assert state(nights(math.exp(0.14))) is HrvState.HIGH


def test_numbers_of_the_baseline() -> None:
    result = hrv_baseline(nights(), at(66), "band")
    assert (result.nights, result.week_nights) == (60, 7)
    assert result.mean == pytest.approx(math.log(40))
    assert result.sd == pytest.approx(0.2, rel=0.02)
    assert result.z == pytest.approx(-1, rel=0.02)


def test_too_few_nights_are_unknown_without_numbers() -> None:
    sparse_week = [
        morning for morning in nights(0.5) if morning.day < at(60) or morning.day in (at(61), at(66))
    ]
    assert state(sparse_week) is HrvState.UNKNOWN
    assert state(nights(0.5, count=20)) is HrvState.UNKNOWN  # 13 nights, but no four weeks
    thin = nights(0.5)[:60:6] + nights(0.5)[60:]
    result = hrv_baseline(thin, at(66), "band")
    assert (result.state, result.mean, result.z) == (HrvState.UNKNOWN, None, None)


def test_another_device_never_enters_the_baseline() -> None:
    mixed = nights(1.0) + [Morning(at(day), "ring", 90.0) for day in range(67)]
    assert hrv_baseline(mixed, at(66), "band") == hrv_baseline(nights(1.0), at(66), "band")
    only_ring = [Morning(at(day), "ring", 40.0) for day in range(60)] + nights(0.5)[60:]
    assert hrv_baseline(only_ring, at(66), "band").state is HrvState.UNKNOWN


def test_unusable_nights_are_not_zero() -> None:
    with_gaps = [Morning(m.day, m.source, None if m.day.day % 3 == 0 else m.rmssd_ms) for m in nights()]
    assert hrv_baseline(with_gaps, at(66), "band").state is HrvState.NORMAL


def resting(last: list[float | None]) -> list[Morning]:
    """Forty mornings at 54 or 56 bpm (SD about 1), then `last`."""
    steady: list[float | None] = [54.0 + 2 * (day % 2) for day in range(40)]
    return [Morning(at(day), "band", resting_bpm=bpm) for day, bpm in enumerate(steady + last)]


def test_one_high_morning_is_no_drift() -> None:
    mornings = resting([55, 55, 70])
    assert resting_drift(mornings, at(42), "band").drifted is False


def test_two_of_three_are_and_begin_once() -> None:
    mornings = resting([55, 59, 54, 59, 60, 60, 55, 54, 54])
    by_day = [resting_drift(mornings, at(40 + day), "band") for day in range(9)]
    assert [result.drifted for result in by_day] == [
        False,
        False,
        False,
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert [result.begins for result in by_day] == [
        False,
        False,
        False,
        True,
        False,
        False,
        False,
        False,
        False,
    ]
    assert by_day[3].mean_bpm == pytest.approx(55, abs=0.1)


def test_a_high_pulse_just_below_two_sd_is_none() -> None:
    assert resting_drift(resting([55, 56.5, 56.5]), at(42), "band").drifted is False


def test_drift_is_unknown_without_a_baseline_or_recent_mornings() -> None:
    few = [Morning(at(day), "band", resting_bpm=55) for day in range(10)]
    assert resting_drift(few, at(9), "band").drifted is None
    assert resting_drift(resting([None, None, 70]), at(42), "band").drifted is None


def test_a_very_even_sleeper_does_not_drift_at_a_rounding_error() -> None:
    even = [Morning(at(day), "band", resting_bpm=55 + (day >= 40)) for day in range(43)]
    assert resting_drift(even, at(42), "band").drifted is False


def test_configurations_are_checked() -> None:
    for wrong in (
        {"minimum_week": 8},
        {"minimum_baseline": 1},
        {"worthwhile_sd": 0},
        {"minimum_span_days": 90},
    ):
        with pytest.raises(RecoveryError):
            BaselineConfig(**wrong)
    for wrong in ({"high_mornings": 4}, {"minimum_baseline": 1}, {"floor_sd_bpm": 0}):
        with pytest.raises(RecoveryError):
            DriftConfig(**wrong)
