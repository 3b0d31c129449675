"""A rest is no set: the model stands, fidgets and walks between two sets, and nothing counts."""

from itertools import islice

import numpy as np
import pytest

from device.signal.reps import RepCounter
from repbeat_protocol import exercises
from repbeat_tools.simulator.model.lifter import Lifter

# Of 200 seeds, those in which a swinging arm was once taken for repetitions, and some others.
SEEDS = (0, 5, 13, 22, 41, 57, 58)
STEP_MS, EVERY = 10, 2
REPS = 8


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", ["unknown", "bench_press", "biceps_curl"])
def test_a_minute_of_rest_counts_nothing(seed: int, exercise: str) -> None:
    lifter = Lifter(seed)
    rows = np.vstack([lifter.rest(1.5).rows for _ in range(40)])
    milli = np.rint(rows * [1000, 1000, 1000, 10, 10, 10]).astype(int)
    counter = RepCounter()
    counter.begin(0, exercises.code(exercise))
    for i in range(0, len(milli), EVERY):
        counter.push(i * STEP_MS, *map(int, milli[i]))
    counter.finish(len(milli) * STEP_MS)
    assert counter.count == 0


@pytest.mark.parametrize("rest_s", [2, 60])
def test_stillness_before_a_set_changes_nothing(rest_s: int) -> None:
    """A search begins with the movement, however long nothing has moved before."""
    lifter = Lifter(5)
    steps = [*islice(lifter.perform("bench_press", capability=100), 2 + REPS), lifter.rack()]
    still = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (rest_s * 1000 // STEP_MS, 1))
    rows = np.vstack([still, *(step.rows for step in steps)])
    milli = np.rint(rows * [1000, 1000, 1000, 10, 10, 10]).astype(int)
    counter = RepCounter()
    counter.begin(0)
    for i in range(0, len(milli), EVERY):
        counter.push(i * STEP_MS, *map(int, milli[i]))
    counter.finish(len(milli) * STEP_MS)
    assert counter.count == REPS
