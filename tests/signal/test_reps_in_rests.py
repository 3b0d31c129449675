"""A rest is no set: the model stands, fidgets and walks between two sets, and nothing counts."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from device.signal.reps import RepCounter
from repbeat_protocol import exercises
from repbeat_tools.simulator.model.lifter import Lifter
from repbeat_tools.simulator.players.recordings import RecordedMotion, RecordedSet, motion_rows, sets_of

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


def recorded(recordings: Path, participant: str) -> dict[str, RecordedSet]:
    return {one.set_id: one for one in sets_of(recordings / "reps", participant)}


def counted(counter: RepCounter, rows: np.ndarray) -> int:
    """What the counter confirms of rows in g and deg/s, until the set is ended."""
    milli = np.rint(rows * [1000, 1000, 1000, 10, 10, 10]).astype(int)
    for i in range(len(milli)):
        counter.push(i * STEP_MS, *map(int, milli[i]))
    counter.finish(len(milli) * STEP_MS)
    return counter.count


def between_rests(one: RecordedSet, before_s: float) -> np.ndarray:
    motion = RecordedMotion(1, [one])
    pose = np.array([*one.rows[0, :3] / np.linalg.norm(one.rows[0, :3]), 0, 0, 0])
    before = motion.rest(before_s).rows + pose - [0, 0, 1, 0, 0, 0]
    taken_up = np.linspace(pose, one.rows[0], 60)
    lifted = [step.rows for step in motion.perform(one.exercise, capability=10)][1:]
    return np.vstack([before, taken_up, *lifted, motion.rack().rows, motion.rest(8).rows])


@pytest.mark.recordings
@pytest.mark.parametrize("later_ms", range(0, 2000, 250))
def test_a_short_fast_set_between_rests_is_seen_as_it_goes(recordings: Path, later_ms: int) -> None:
    """Stillness around it makes it repeat less well, whenever the searches fall, and no walk of it."""
    found = recorded(recordings, "mm_A")
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


@pytest.mark.recordings
@pytest.mark.parametrize("later_ms", range(0, 2000, 500))
@pytest.mark.parametrize(
    "set_id",
    [
        "mm_A_row_heavy_190114_150406",  # as fast as steps
        "mm_A_ohp_heavy_190111_164124",  # its last way up is followed by rest
        "mm_A_squat_medium_190111_171715",
    ],
)
def test_rest_around_a_set_changes_no_count(recordings: Path, set_id: str, later_ms: int) -> None:
    one = recorded(recordings, "mm_A")[set_id]
    counter = RepCounter(at_wrist=True)
    counter.begin(0)
    assert counted(counter, between_rests(one, 5 + later_ms / 1000)) == one.reps


@pytest.mark.recordings
@pytest.mark.parametrize("still_s", [0, 5, 6, 7, 20])
def test_standing_about_is_no_set(recordings: Path, still_s: int) -> None:
    """An arm that moves about repeats a little, now and then; what it does in between is as large."""
    rows = motion_rows(recordings / "reps" / "sets" / "mm_A_rest_standing_190118_182539.csv")
    still = np.tile([*rows[0, :3] / np.linalg.norm(rows[0, :3]), 0, 0, 0], (still_s * 100, 1))
    counter = RepCounter(at_wrist=True)
    counter.begin(0)
    assert counted(counter, np.vstack([still, rows, rows[::-1], rows])) == 0
