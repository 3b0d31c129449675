"""The arm's movement: physically consistent, as slow as fatigue makes it, the same for the same seed."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from repbeat_tools.simulator.model import Lifter
from repbeat_tools.simulator.model import kinematics as k
from repbeat_tools.simulator.model.exercises import EXERCISES, UnknownExercise, exercise
from repbeat_tools.simulator.model.lifter import HANGING, Step


def set_of(slug: str, reps: int, seed: int = 1, capability: float = 20) -> list[Step]:
    """Un-racking (two steps) and `reps` repetitions."""
    return list(islice(Lifter(seed).perform(slug, capability), reps + 2))


def test_a_still_sensor_feels_gravity_only() -> None:
    pose = np.array([0.1, 0.2, 0.3, np.radians(90), 0.0])
    rows = k.sense(np.vstack([pose, pose]), np.repeat(pose[None], 50, axis=0), np.eye(3))
    assert rows[:, 3:] == pytest.approx(np.zeros((50, 3)), abs=1e-9)
    # a forearm that hangs points its x axis down: +1 g lies along -x
    assert rows[:, :3] == pytest.approx(np.tile([-1.0, 0.0, 0.0], (50, 1)), abs=1e-9)


def test_angular_rate_adds_up_to_the_turn() -> None:
    end = HANGING + np.array([0, 0, 0, -np.radians(60), 0])
    rows = k.sense(np.vstack([HANGING, HANGING]), k.glide(HANGING, end, 1.0), np.eye(3))
    assert rows[:, 4].sum() * k.STEP_S == pytest.approx(-60, abs=0.1)


def test_acceleration_adds_up_to_the_way() -> None:
    """Twice integrated, what the sensor feels above gravity is the distance moved."""
    level = np.zeros(5)
    rows = k.sense(np.vstack([level, level]), k.glide(level, np.array([0.2, 0, 0.5, 0, 0]), 1.0), np.eye(3))
    velocity = np.cumsum((rows[:, :3] - [0, 0, 1]) * k.G, axis=0) * k.STEP_S
    assert velocity[-1] == pytest.approx([0, 0, 0], abs=0.001)
    assert velocity.sum(axis=0) * k.STEP_S == pytest.approx([0.2, 0, 0.5], abs=0.01)


@pytest.mark.parametrize("slug", sorted(EXERCISES))
def test_repetitions_are_where_the_truth_says(slug: str) -> None:
    """At the ends of a repetition the sensor stands still; in between it moves or turns."""
    for step in set_of(slug, 6)[2:]:
        assert step.reps == 1
        assert 0 < step.turn < step.end < len(step.rows)
        assert 1.5 < len(step.rows) * k.STEP_S < 6
        work = step.rows[: step.end]
        assert work[:, :3].std(axis=0).max() > 0.05
        still = step.rows[step.end + 10 :]
        assert np.abs(still[:, 3:]).max() < 3
        assert np.linalg.norm(still[:, :3], axis=1) == pytest.approx(np.ones(len(still)), abs=0.12)


@pytest.mark.parametrize("slug", ["bench_press", "squat", "biceps_curl"])
def test_lifting_slows_towards_failure(slug: str) -> None:
    steps = set_of(slug, 12, capability=12)[2:]
    e = exercise(slug)

    def lifting(step: Step) -> int:
        return step.turn if e.lifts_first else step.end - step.turn

    assert np.mean([lifting(s) for s in steps[-2:]]) > 1.4 * np.mean([lifting(s) for s in steps[:2]])
    assert steps[-1].effort > steps[0].effort


def test_nothing_jumps_between_steps() -> None:
    """Where one step ends and the next begins, rates of turn stay what arms can do."""
    lifter = Lifter(3)
    rows = [lifter.rest(2).rows]
    rows += [step.rows for step in islice(lifter.perform("row", 12), 8)]
    rows += [lifter.rack().rows, *(lifter.rest(2).rows for _ in range(40))]
    whole = np.vstack(rows)
    assert np.abs(whole[:, 3:]).max() < 600
    assert np.abs(np.diff(whole[:, 3:], axis=0)).max() < 60
    assert np.abs(whole[:, :3]).max() < 4


def test_same_seed_same_signal() -> None:
    first, again, other = (np.vstack([s.rows for s in set_of("squat", 5, seed)]) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)


def test_unknown_exercise_names_the_known() -> None:
    with pytest.raises(UnknownExercise, match="swimming: the model knows bench_press, squat"):
        next(Lifter(1).perform("swimming", 10))
