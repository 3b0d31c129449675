"""Strength estimates: the hand-computed vectors, and refusals instead of guesses."""

import pytest

from repbeat.derive.strength import (
    LoadVelocityConfig,
    MuscularConfig,
    StrengthError,
    brzycki,
    epley,
    load_velocity_line,
    muscular_load,
    stop_rep,
    velocity_losses,
    velocity_one_rep_max,
)

SLOWING = [0.70, 0.72, 0.66, 0.60, 0.57, 0.50]
LINE = [(60, 0.85), (80, 0.65), (100, 0.47)]


def test_repetition_formulas() -> None:
    assert epley(100, 5).load_kg == pytest.approx(116.667, abs=0.001)
    assert brzycki(100, 5).load_kg == pytest.approx(112.5)
    assert epley(100, 1).load_kg == brzycki(100, 1).load_kg == 100
    assert epley(100, 10).load_kg == pytest.approx(brzycki(100, 10).load_kg)  # where the two meet


@pytest.mark.parametrize(("load", "reps"), [(100, 0), (100, 11), (0, 5), (-20, 5)])
def test_formulas_refuse_what_they_do_not_hold_for(load: float, reps: float) -> None:
    for formula in (epley, brzycki):
        with pytest.raises(StrengthError):
            formula(load, reps)


def test_velocity_loss_and_where_it_stops_a_set() -> None:
    losses = [100 * loss for loss in velocity_losses(SLOWING)]
    assert losses == pytest.approx([0, 0, 8.3, 16.7, 20.8, 30.6], abs=0.05)
    assert stop_rep(SLOWING, 0.20) == 5
    assert stop_rep(SLOWING, 0.10) == 4
    assert stop_rep(SLOWING, 0.40) is None
    assert velocity_losses([]) == []


def test_a_missing_velocity_is_not_zero() -> None:
    with pytest.raises(StrengthError):
        velocity_losses([0.7, 0.0])
    with pytest.raises(StrengthError):
        stop_rep(SLOWING, 1.2)


def test_load_velocity_line_to_the_minimal_velocity() -> None:
    line = load_velocity_line(LINE)
    assert line.load_at(0.30) == pytest.approx(117.5, abs=0.05)
    assert velocity_one_rep_max("squat", line).load_kg == pytest.approx(117.5, abs=0.05)
    assert line.r2 > 0.99


@pytest.mark.parametrize(
    "points",
    [
        LINE[:2],
        [(60, 0.85), (60, 0.80), (80, 0.65)],
        [(60, 0.5), (80, 0.6), (100, 0.7)],
        [(60, 0.85), (80, 0.3), (100, 0.8), (110, 0.3)],
    ],
    ids=["two points", "two loads", "rising", "scattered"],
)
def test_no_line_without_a_clear_one(points: list[tuple[float, float]]) -> None:
    with pytest.raises(StrengthError):
        load_velocity_line(points)


def test_no_maximum_for_an_exercise_without_a_minimal_velocity() -> None:
    with pytest.raises(StrengthError, match="curl"):
        velocity_one_rep_max("curl", load_velocity_line(LINE))


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
    with pytest.raises(StrengthError):
        LoadVelocityConfig({"bench": 0.0})
    with pytest.raises(StrengthError):
        LoadVelocityConfig({"bench": 0.17}, minimum_loads=2)
