"""Strength estimates: the hand-computed vectors, and refusals instead of guesses."""

import pytest

from repbeat.derive.strength import (
    MuscularConfig,
    StrengthError,
    epley,
    muscular_load,
)


def test_the_repetition_formula() -> None:
    assert epley(100, 5).load_kg == pytest.approx(116.667, abs=0.001)
    assert epley(100, 1).load_kg == 100


@pytest.mark.parametrize(("load", "reps"), [(100, 0), (100, 11), (0, 5), (-20, 5)])
def test_it_refuses_what_it_does_not_hold_for(load: float, reps: float) -> None:
    with pytest.raises(StrengthError):
        epley(load, reps)


def test_muscular_load() -> None:
    assert muscular_load(10, 75, 100, rpe=8) == pytest.approx(6.0)
    assert muscular_load(10, 75, 100, velocity_loss=0.2) == pytest.approx(6.0)
    assert muscular_load(10, rpe=8) == pytest.approx(10 * 30 / 42 * 0.8)
    assert muscular_load(1, 120, 100, rpe=10) == 1
    assert muscular_load(10, 75, 100) == pytest.approx(6.0)  # nothing known of the effort: 80 %
    with pytest.raises(StrengthError):
        muscular_load(-1)


def test_configurations_are_checked() -> None:
    with pytest.raises(StrengthError):
        MuscularConfig(effort_floor=0.9, unknown_effort=0.8)
