"""A rest is no set: the model stands, fidgets and walks between two sets, and nothing counts."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from device.signal.reps import RepCounter
from repbeat_protocol import exercises
from repbeat_tools.simulator.model.lifter import Lifter
from repbeat_tools.simulator.players.recordings import RecordedMotion, sets_of

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


@pytest.mark.recordings
@pytest.mark.parametrize("later_ms", range(0, 2000, 250))
def test_a_short_fast_set_between_rests_is_seen_as_it_goes(recordings: Path, later_ms: int) -> None:
    """Stillness around it makes it repeat less well, whenever the searches fall, and no walk of it."""
    found = {one.set_id: one for one in sets_of(recordings / "reps", "mm_A")}
    sets = [found[f"mm_A_bench_heavy_{when}"] for when in ("190114_142249", "190114_142700")]
    motion = RecordedMotion(1, sets)
    list(motion.perform("bench_press", capability=10))
    motion.rack()
    before = motion.rest(20 + later_ms / 1000)
    lifted = [step.rows for step in motion.perform("bench_press", capability=10)]
    rows = np.vstack([before.rows, *lifted, motion.rack().rows, motion.rest(8).rows])
    milli = np.rint(rows * [1000, 1000, 1000, 10, 10, 10]).astype(int)
    counter = RepCounter(at_wrist=True)
    counter.begin(0, exercises.code("bench_press"), least_reps=3)
    for i in range(len(milli)):
        counter.push(i * STEP_MS, *map(int, milli[i]))
    assert abs(counter.count - sets[1].reps) <= 1
