"""Exercise recognition: indifferent to the sensor's mounting, silent when unsure, the same from replay."""

from pathlib import Path

import numpy as np
import pytest
from replay.lifts import Lift, count, curl, rotation, still

from device.signal.exercise import EQUIPMENT, SURE_PERCENT, WRIST, ExerciseRecogniser
from device.signal.features import COUNT, NAMES
from repbeat_protocol.exercises import UNKNOWN, slug
from repbeat_tools.replay.recordings import read_samples, read_sets

DATA = Path(__file__).resolve().parents[3] / "shared/data/reps"
SETS_A_CLASS = 2


def recognised(rows: list[tuple[int, ...]], site: int = EQUIPMENT) -> ExerciseRecogniser:
    recogniser = ExerciseRecogniser(site)
    recogniser.recognise(count(rows).features)  # type: ignore[arg-type]
    return recogniser


def turned(rows: np.ndarray, seed: int) -> list[tuple[int, ...]]:
    """The recording of a sensor mounted another way."""
    about = rotation(seed)
    values = np.column_stack([rows[:, :1], rows[:, 1:4] @ about.T, rows[:, 4:7] @ about.T])
    return [tuple(row) for row in np.rint(values).astype(int).tolist()]


def test_features_do_not_depend_on_the_mounting() -> None:
    for rows in (Lift(8).samples(), curl(8)):
        plain = count(rows).features
        other = count(turned(np.array(rows), 5)).features  # type: ignore[arg-type]
        for i in range(COUNT):
            assert other.mean(i) == pytest.approx(plain.mean(i), abs=0.06), NAMES[i]


def test_too_few_repetitions_are_unknown() -> None:
    for site in (EQUIPMENT, WRIST):
        unsure = recognised(still(), site)  # type: ignore[arg-type]
        assert (unsure.code, unsure.confidence) == (UNKNOWN, 0)


def test_an_unsure_answer_is_unknown() -> None:
    recogniser = ExerciseRecogniser(EQUIPMENT)
    for rows in (Lift(8).samples(), Lift(8, range_mm=250).samples(), curl(6)):
        recogniser.recognise(count(rows).features)
        assert (recogniser.code == recogniser.likely) == (recogniser.confidence >= SURE_PERCENT)


@pytest.mark.recordings
@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/reps beside the repository")
def test_turning_recordings_changes_no_answer() -> None:
    chosen: dict[str, int] = {}
    for recorded in read_sets(DATA):
        seen = chosen.get(recorded.exercise, 0)
        if recorded.source == "muvr" or recorded.is_rest or seen == SETS_A_CLASS:
            continue
        chosen[recorded.exercise] = seen + 1
        rows = read_samples(recorded)
        site = WRIST if recorded.site == "wrist" else EQUIPMENT
        plain = recognised([tuple(row) for row in rows.tolist()], site)
        for seed in (1, 2):
            other = recognised(turned(rows, seed), site)
            assert other.likely == plain.likely, (recorded.set_id, slug(plain.likely), slug(other.likely))
            assert abs(other.confidence - plain.confidence) <= 25
