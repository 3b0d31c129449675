"""The demo's own promise: the loop closes on real parts, and what it prints is true."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(150)]
REPBEAT = Path(sys.executable).parent / "repbeat"


def run_demo(*options: str) -> dict[str, Any]:
    done = subprocess.run(
        [REPBEAT, "demo", "--once", "--json", *options], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def everything_arrived(result: dict[str, Any]) -> None:
    assert result["records_on_device"] == result["records_in_store"] > 60
    assert (result["missing"], result["duplicates"], result["log_identical"]) == (0, 0, True)
    assert result["interpreter"]["name"] == "micropython"


def test_two_bands_one_plan_rises_one_stays() -> None:
    result = run_demo()
    everything_arrived(result)
    assert all(row["athlete"] == row["truth_athlete"] for row in result["sets"])
    assert [row["truth"] for row in result["sets"][:3]] == [10, 10, 10]
    assert all(abs(row["counted"] - row["truth"]) <= 1 for row in result["sets"])
    rises, stays = result["plans"]
    assert rises["new_revision"] > rises["old_revision"]
    (change,) = rises["changes"]
    assert (change["field"], change["old"]) == ("load_g", 60000)
    assert 60000 < change["new"] <= 63000
    assert change["why"]
    assert stays["changes"] == []
    assert stays["unchanged"][0]["why"]
    proved = {(row["athlete"], row["revision"]) for row in result["plan_applied"] if row["applied"]}
    for plan in result["plans"]:
        assert (plan["athlete"], plan["old_revision"]) in proved
        assert (plan["athlete"], plan["new_revision"]) in proved


@pytest.mark.recordings
def test_recorded_sets_are_played_by_the_motion_sensors(recordings: Path) -> None:
    result = run_demo("--recordings", str(recordings / "reps"), "--participant", "mm_A")
    everything_arrived(result)
    done = [row for row in result["sets"] if row["truth"]]
    assert len(done) >= 8
    assert {row["truth"] for row in done} <= {5, 10}
    counted = [row for row in done if row["counted"]]
    assert len(counted) >= len(done) - 1  # how well these are counted is measured by `repbeat replay`
    assert all(row["athlete"] == row["truth_athlete"] for row in counted)


def test_an_amber_morning_puts_the_lighter_plan_on_the_band() -> None:
    result = run_demo("--scenario", "amber")
    assert result["log_identical"]
    (row,) = result["plans"]
    (change,) = row["changes"]
    assert (change["field"], change["old"], change["new"], change["rule"]) == ("sets", 3, 2, "sets_cut")
    assert "sleep" in change["why"]
    assert "heart rate variability" in change["why"]
    assert [one["applied"] for one in result["plan_applied"]] == [True, True]
    (there,) = result["plans_on_devices"]
    assert (there["revision"], there["light"], there["sets"]) == (row["new_revision"], True, [2])
