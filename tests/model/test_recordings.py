"""Recorded sets as a board's sensors get them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from repbeat_tools.simulator.players.recordings import (
    NoRecording,
    RecordedMotion,
    motion_rows,
    sets_of,
)

DATA = Path(__file__).resolve().parents[2].parent / "shared/data"
recorded = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


@pytest.fixture
def reps(tmp_path: Path) -> Path:
    """Two sets of p1, one of them with sensors at their own times, and a rest."""
    (tmp_path / "sets").mkdir()
    (tmp_path / "index.csv").write_text(
        "set_id,participant,exercise,expected_reps\na,p1,bench,3\nb,p1,squat,2\nc,p1,rest,0\nd,p2,bench,9\n"
    )
    (tmp_path / "sets/a.csv").write_text(
        "t_ms,ax,ay,az,gx,gy,gz\n0,,,,10,0,0\n40,,,,20,0,0\n80,0.5,0,1,30,0,0\n120,,,,40,0,0\n160,0.7,0,1,,,\n"
    )
    (tmp_path / "sets/b.csv").write_text("t_ms,ax,ay,az\n0,0,0,1\n100,0.1,0,1\n")
    return tmp_path


def test_each_sensor_is_read_at_its_own_times(reps: Path) -> None:
    rows = motion_rows(reps / "sets/a.csv")
    assert rows.shape == (16, 6)
    assert rows[:, 0] == pytest.approx(np.interp(np.arange(0, 160, 10), [80, 160], [0.5, 0.7]))
    assert rows[2, 3] == pytest.approx(15)
    assert np.array_equal(motion_rows(reps / "sets/b.csv")[:, 3:], np.zeros((10, 3)))


def test_sets_are_played_once_each(reps: Path) -> None:
    motion = RecordedMotion(1, sets_of(reps, "p1"))
    steps = list(islice(motion.perform("bench_press", 10), 5))
    assert [step.reps for step in steps] == [0, 3]
    assert np.array_equal(steps[1].rows, motion_rows(reps / "sets/a.csv"))
    assert [s.set_id for s in motion.played] == ["a"]
    assert np.linalg.norm(motion.rack().rows[-1, :3]) == pytest.approx(1, abs=0.02)
    with pytest.raises(NoRecording, match="no recorded set of bench_press is left"):
        next(motion.perform("bench_press", 10))


def test_what_is_missing_is_named(reps: Path, tmp_path: Path) -> None:
    with pytest.raises(NoRecording, match="no sets of participant 'p9'"):
        sets_of(reps, "p9")
    with pytest.raises(NoRecording, match=r"index\.csv is missing"):
        sets_of(tmp_path / "nowhere", "p1")


@recorded
@pytest.mark.recordings
def test_shared_recordings_load() -> None:
    sets = sets_of(DATA / "reps", "mm_A")
    assert len(sets) == 25
    assert {s.reps for s in sets} == {5, 10}
    for s in sets:
        assert np.isfinite(s.rows).all()
        assert np.median(np.linalg.norm(s.rows[:, :3], axis=1)) == pytest.approx(1, abs=0.15)
