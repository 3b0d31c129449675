"""`repbeat replay claims`: on recordings made here always, on recorded wrists where there are some."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from replay.lifts import curl

from repbeat.gym import matching
from repbeat_tools.replay.claims import Trial, held_out
from repbeat_tools.replay.command import replay

INDEX = (
    "set_id",
    "source",
    "participant",
    "exercise",
    "equipment",
    "sensor_site",
    "quality",
    "expected_reps",
)


def claims(folder: Path, *options: str) -> dict[str, Any]:
    result = CliRunner().invoke(replay, ["claims", str(folder), "--json", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def wrists(tmp_path: Path) -> Path:
    """Six people's curls, each at a tempo of their own, and a rest, which no machine has."""
    (tmp_path / "sets").mkdir()
    with (tmp_path / "index.csv").open("w", newline="") as index:
        rows = csv.writer(index)
        rows.writerow(INDEX)
        for n, period_s in enumerate((2.2, 2.6, 3.0, 3.4, 3.9, 4.5)):
            rows.writerow((f"s{n}", "made", f"p{n}", "biceps_curl", "cable", "wrist", "clean", 8))
            with (tmp_path / "sets" / f"s{n}.csv").open("w", newline="") as file:
                out = csv.writer(file)
                out.writerow(["t_ms", "ax", "ay", "az", "gx", "gy", "gz"])
                for t_ms, *values in curl(8, period_s, seed=n + 1):
                    out.writerow([t_ms, *(v / 1000 for v in values[:3]), *(v / 10 for v in values[3:])])
        rows.writerow(("rest", "made", "p0", "rest", "", "wrist", "clean", 0))
    return tmp_path


def test_made_recordings_find_their_wearer_and_nobody_else(wrists: Path) -> None:
    found = claims(wrists)
    assert found["sets"] == found["comparable"] == 6
    assert found["trials"] == found["strangers_alone"] == 6 * 5 * 2
    assert found["margin"] == matching.CLEAR_MARGIN
    assert found["precision"] >= 0.99
    assert found["recall"] >= 0.8
    shares = [row["recall"] for row in found["by_margin"]]
    assert shares == sorted(shares, reverse=True)  # who asks for more finds fewer
    assert found["by_source"]["made"]["recall"] == found["recall"]
    others = found["held_out"]
    assert [row["participant"] for row in others["by_participant"]] == [f"p{n}" for n in range(6)]
    assert others["precision"] >= 0.99
    assert others["recall"] >= 0.8


def test_thresholds_are_chosen_without_whom_they_are_tested_on() -> None:
    """P's strangers score high. Who knows P asks for more; what Q alone has taught lets them in."""
    of_p = [Trial("p", 0.95, 0.6, True)] * 10
    of_q = [Trial("q", 0.8, 0.3, True)] * 10
    strangers = [Trial("p", 0.85, 0.3, False)] * 5
    found = held_out([*of_p, *of_q], strangers)
    p, q = found["by_participant"]
    assert (p["participant"], p["precision"], p["recall"]) == ("p", 10 / 15, 1.0)
    assert (q["participant"], q["recall"]) == ("q", 0.0)
    assert q["good_score"] > 0.85 or q["margin"] > 0.3
    assert (found["precision"], found["recall"]) == (10 / 15, 0.5)


def test_one_person_alone_has_nobody_to_be_held_against() -> None:
    assert held_out([Trial("p", 0.9, 0.5, True)], [])["by_participant"] == []


def test_stacks_that_move_otherwise_than_the_wrist_are_not_matched(wrists: Path) -> None:
    """What the figures rest on: with times half a second off, hardly anybody is found."""
    assert claims(wrists, "--jitter", "500")["recall"] <= 0.2


def test_a_folder_without_wrists_says_so(wrists: Path) -> None:
    index = wrists / "index.csv"
    index.write_text(index.read_text().replace(",wrist,", ",equipment,"))
    result = CliRunner().invoke(replay, ["claims", str(wrists)])
    assert result.exit_code == 1
    assert "no sets of a sensor on the wrist" in result.output


@pytest.mark.recordings
@pytest.mark.timeout(300)
def test_recorded_wrists(recordings: Path) -> None:
    """People that nothing was chosen on: the score and margin came from the other source's sets."""
    found = claims(recordings / "reps", "--source", "metamotion", "--trials", "4")
    assert found["precision"] >= 0.99
    assert found["recall"] >= 0.8
