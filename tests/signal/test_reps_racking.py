"""Taking the load up and putting it down are no repetitions, however long after the last one."""

import numpy as np
import pytest
from replay.lifts import Lift, count, later, still

from device.signal.reps import RepCounter
from repbeat_protocol import exercises
from repbeat_tools.simulator.model.lifter import Lifter

# Seeds of the model in which putting the bar down was once taken for an eleventh repetition, and others.
SEEDS = (0, 3, 6, 8, 20, 23)
STEP_MS, EVERY, REPS = 10, 2, 10


def a_whole_set(seed: int, slug: str) -> np.ndarray:
    """Standing, reaching for the load, ten repetitions, putting it down, standing: chip units, 50 Hz."""
    lifter = Lifter(seed)
    parts = [lifter.rest(1.5).rows for _ in range(3)]
    done = 0
    for step in lifter.perform(slug, 14):
        parts.append(step.rows)
        done += step.reps
        if done == REPS:
            break
    parts += [lifter.rack().rows] + [lifter.rest(1.5).rows for _ in range(4)]
    return np.rint(np.vstack(parts)[::EVERY] * [1000, 1000, 1000, 10, 10, 10]).astype(int)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", ["bench_press", "biceps_curl", "squat"])
def test_a_whole_set_counts_its_repetitions_alone(seed: int, slug: str) -> None:
    rows = a_whole_set(seed, slug)
    counter = RepCounter()
    counter.begin(0, exercises.code(slug))
    for i, row in enumerate(rows.tolist()):
        counter.push(i * STEP_MS * EVERY, *row)
    counter.finish(len(rows) * STEP_MS * EVERY)
    assert counter.count == REPS


def test_a_load_put_down_late_is_no_repetition() -> None:
    rows = Lift(8).samples()
    rows += later(still(12.0), rows[-1][0] + 20)
    down = Lift(1, range_mm=150, up_s=1.0, down_s=1.0, lead_s=0.0).samples(seed=2)
    rows += later(down, rows[-1][0] + 20)
    assert count(rows).count == 8


def test_racking_alone_is_no_set() -> None:
    for seed in SEEDS:
        lifter = Lifter(seed)
        steps = lifter.perform("bench_press", 14)
        parts = [next(steps).rows, next(steps).rows, lifter.rack().rows]
        rows = np.rint(np.vstack(parts)[::EVERY] * [1000, 1000, 1000, 10, 10, 10]).astype(int)
        counter = RepCounter()
        counter.begin(0)
        for i, row in enumerate(rows.tolist()):
            counter.push(i * STEP_MS * EVERY, *row)
        counter.finish(len(rows) * STEP_MS * EVERY)
        assert counter.count == 0
