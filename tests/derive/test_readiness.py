"""Readiness: what each signal does alone and together, and what is not known."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import (
    CheckIn,
    Effort,
    ReadinessConfig,
    Reading,
    RecoveryError,
    Signal,
    State,
    readiness,
    state_of,
)

DAY = date(2026, 4, 1)
DAYS = 75


def history(*bad: Signal, nights: int = DAYS, source: str = "band") -> tuple[list, list, list]:
    """A calm quarter that ends on DAY, with the named signals bad at its end."""
    mornings = []
    for ago in range(nights - 1, -1, -1):
        even = 1 if ago % 2 else -1
        rmssd = 50 + even * 3
        resting = 55.0 + even
        asleep = 450.0 + even * 15
        if Signal.HRV in bad and ago < 7:
            rmssd = 40
        if Signal.RESTING in bad and ago < 3:
            resting = 66.0
        if Signal.SLEEP in bad and ago == 0:
            asleep = 300.0
        mornings.append(Morning(DAY - timedelta(days=ago), source, rmssd, resting, asleep))
    answer = 2 if Signal.WELLNESS in bad else 4
    check_ins = [CheckIn(DAY, *(answer,) * 5)]
    efforts = [Effort(DAY - timedelta(days=1), 9.0 if Signal.EFFORT in bad else 7.0, 7.0)]
    return mornings, check_ins, efforts


def test_a_calm_quarter_is_green_with_all_five_signals_named() -> None:
    # Row 8.
    seen = readiness(*history(), DAY)
    assert seen.state is State.GREEN
    assert [reading.signal for reading in seen.readings] == list(Signal)
    assert seen.known == tuple(Signal)
    assert all(reading.z is not None for reading in seen.readings[:3])


@pytest.mark.parametrize("signal", list(Signal))
def test_each_signal_alone_is_seen_and_leaves_the_morning_green(signal: Signal) -> None:
    seen = readiness(*history(signal), DAY)
    assert seen.bad == (signal,)
    assert seen.state is State.GREEN


@pytest.mark.parametrize("pair", list(combinations(Signal, 2)))
def test_any_two_make_it_amber_or_red(pair: tuple) -> None:
    seen = readiness(*history(*pair), DAY)
    assert set(seen.bad) == set(pair)
    assert seen.state in (State.AMBER, State.RED)


@pytest.mark.parametrize("three", list(combinations(Signal, 3)))
def test_any_three_make_it_red(three: tuple) -> None:
    assert readiness(*history(*three), DAY).state is State.RED


def test_two_strong_signals_are_red_two_plain_ones_amber() -> None:
    def reading(signal: Signal, strong: bool) -> Reading:
        return Reading(signal, True, strong)

    for strengths, state in (
        ((True, True), State.RED),
        ((True, False), State.AMBER),
        ((False, False), State.AMBER),
    ):
        pair = [
            reading(one, strong) for one, strong in zip((Signal.HRV, Signal.SLEEP), strengths, strict=True)
        ]
        assert state_of(pair) is state


def test_too_few_nights_are_unknown_never_a_number() -> None:
    # Row 8.
    seen = readiness(*history(Signal.WELLNESS, Signal.EFFORT, nights=10), DAY)
    assert seen.state is State.UNKNOWN
    for reading in seen.readings[:3]:
        assert (reading.bad, reading.value, reading.z) == (None, None, None)


def test_nothing_at_all_is_unknown() -> None:
    assert readiness([], [], [], DAY).state is State.UNKNOWN


def test_devices_never_share_a_baseline() -> None:
    mornings, check_ins, efforts = history()
    half = [
        replace(one, source="ring", rmssd_ms=20.0, resting_bpm=70.0) if number >= DAYS - 7 else one
        for number, one in enumerate(mornings)
    ]
    # A new ring reads everything differently; on the band's scale this week would be far too low.
    seen = readiness(half, check_ins, efforts, DAY)
    assert Signal.HRV not in seen.bad
    assert Signal.RESTING not in seen.bad
    assert all(reading.bad is None for reading in seen.readings[:3])
    both = mornings + [replace(one, source="ring", rmssd_ms=20.0) for one in mornings[-7:]]
    assert readiness(both, check_ins, efforts, DAY).readings[0].source == "band"


def test_what_comes_later_does_not_change_a_past_morning() -> None:
    mornings, check_ins, efforts = history(Signal.HRV, Signal.SLEEP)
    later = [Morning(DAY + timedelta(days=1), "band", 10.0, 90.0, 60.0)]
    again = readiness(
        mornings + later,
        [*check_ins, CheckIn(DAY + timedelta(days=1), 1, 1, 1, 1, 1)],
        [*efforts, Effort(DAY, 10.0, 5.0)],
        DAY,
    )
    assert again.state is readiness(mornings, check_ins, efforts, DAY).state
    assert again.bad == (Signal.HRV, Signal.SLEEP)


def test_a_check_in_counts_from_three_answers_on() -> None:
    assert CheckIn(DAY, 2, 2).score is None
    assert CheckIn(DAY, 2, 2, 5).score == 3
    mornings, _, efforts = history(Signal.SLEEP)
    assert Signal.WELLNESS not in readiness(mornings, [CheckIn(DAY, 1, 1)], efforts, DAY).known


def test_an_old_effort_says_nothing() -> None:
    mornings, check_ins, _ = history()
    old = [Effort(DAY - timedelta(days=5), 10.0, 6.0)]
    assert Signal.EFFORT not in readiness(mornings, check_ins, old, DAY).known


@given(
    st.lists(st.tuples(st.sampled_from(list(Signal)), st.sampled_from([None, False, True])), max_size=5),
    st.booleans(),
)
def test_unknown_is_never_bad_and_one_is_never_enough(entries: list, strong: bool) -> None:
    readings = [Reading(signal, bad, strong) for signal, bad in dict(entries).items()]
    state = state_of(readings)
    if sum(reading.bad is True for reading in readings) < 2:
        assert state in (State.UNKNOWN, State.GREEN)
    without_unknown = [reading for reading in readings if reading.bad is not None]
    assert state_of(without_unknown) is state


def test_limits_that_judge_nothing_are_refused() -> None:
    for wrong in ({"sleep_share": 1.2}, {"wellness": 1.0}, {"minimum_signals": 1}, {"minimum_nights": 1}):
        with pytest.raises(RecoveryError):
            ReadinessConfig(**wrong)
