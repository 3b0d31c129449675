"""A rest is no set: the model stands, fidgets and walks between two sets, and nothing counts."""

import numpy as np
import pytest

from device.signal.reps import RepCounter
from repbeat_protocol import exercises
from repbeat_tools.simulator.model.lifter import Lifter

# Of 200 seeds, those in which a swinging arm was once taken for repetitions, and some others.
SEEDS = (0, 5, 13, 22, 41, 57, 58)
STEP_MS, EVERY = 10, 2


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
