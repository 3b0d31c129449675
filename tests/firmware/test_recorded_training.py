"""The demo's recorded sets, counted in a session as `repbeat replay reps` counts each by itself."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from firmware.recorded_training import Training

from repbeat_tools.demo.training import recorded
from repbeat_tools.replay.recordings import read_sets
from repbeat_tools.replay.reps import count_sets
from repbeat_tools.simulator.players.recordings import RecordedMotion

PARTICIPANT = "mm_A"


@cache
def replayed(folder: Path) -> dict[str, int]:
    """What `repbeat replay reps --plan-known` counts in each of the participant's sets."""
    sets = [one for one in read_sets(folder) if one.participant == PARTICIPANT and not one.is_rest]
    return {one.recorded.set_id: one.counted for one in count_sets(sets, plan_known=True)}


@pytest.mark.recordings
@pytest.mark.parametrize("ahead_ms", [600, 2000, 3000])
def test_a_session_counts_what_replay_counts(recordings: Path, ahead_ms: int) -> None:
    alone = replayed(recordings / "reps")
    for trainee in recorded(recordings / "reps", PARTICIPANT):
        training = Training(trainee, ahead_ms)
        counted = [one["reps"] for one in training.live()]
        motion = training.athlete._motion
        assert isinstance(motion, RecordedMotion)
        expected = [alone[one.set_id] for one in motion.played]
        assert np.shape(counted) == np.shape(expected)
        assert np.abs(np.subtract(counted, expected)).max() <= 1
