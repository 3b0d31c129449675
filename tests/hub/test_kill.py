"""A companion killed before its commit, or between commit and acknowledgement, ends with the same bytes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hub.collecting import BAND_ID, long_log, run_until, synced
from hub.fake_band import FakeBand

from repbeat.ingest import rederive
from repbeat.store import Database, records

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("step", ["commit", "ack"])
@pytest.mark.parametrize("batch", [1, 2])
def test_a_killed_companion_loses_and_doubles_nothing(tmp_path: Path, step: str, batch: int) -> None:
    path = tmp_path / "repbeat.sqlite3"
    killed = subprocess.run(
        [sys.executable, "-m", "hub.killed_hub", str(path), step, str(batch)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    band = FakeBand("A1", 0xB1, long_log(1300))
    band.logs_time = False
    with Database(path) as db:
        held = records.count(db, BAND_ID)
        assert records.cursor(db, BAND_ID, band.log_id) == held
        assert held == 0 if (step, batch) == ("commit", 1) else held > 0
        run_until(db, synced(band, db), band)
        assert band.fetched[0][0] == held
        before = db.rows("SELECT * FROM sessions ORDER BY session_seq")
        assert before
        rederive(db, 0)
        assert db.rows("SELECT * FROM sessions ORDER BY session_seq") == before
