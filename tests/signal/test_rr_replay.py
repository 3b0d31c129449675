"""`repbeat replay rr`: the firmware's figures against plain formulas and the recordings' index."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from repbeat_tools.replay.command import replay


def run(*arguments: str) -> str:
    result = CliRunner().invoke(replay, ["rr", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def write_series(path: Path, intervals: np.ndarray) -> None:
    path.write_text("rr_ms\n" + "".join(f"{value:.3f}\n" for value in intervals))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A calm series with fractions of a ms, the same with an ectopic pair, and one of artefacts."""
    random = np.random.default_rng(3)
    calm = 850 + np.convolve(random.normal(0, 40, 403), np.ones(4) / 4, mode="valid")
    write_series(tmp_path / "calm.csv", calm)
    write_series(tmp_path / "ectopic.csv", np.insert(calm, 200, [500.0, 1100.0]))
    broken = calm.copy()
    broken[::3] *= 2.2
    write_series(tmp_path / "broken.csv", broken)
    return tmp_path


def test_raw_figures_are_the_plain_formulas(folder: Path) -> None:
    records = {record["name"]: record for record in json.loads(run(str(folder), "--json"))["records"]}
    assert set(records) == {"calm", "ectopic", "broken"}
    for name, record in records.items():
        stored = np.loadtxt(folder / f"{name}.csv", skiprows=1)
        steps = np.diff(stored)
        assert record["raw"]["rmssd"] == pytest.approx(np.sqrt(np.mean(steps**2)), abs=0.1)
        assert record["raw"]["sdnn"] == pytest.approx(np.std(stored, ddof=1), abs=0.1)
        assert record["raw"]["pnn50"] == pytest.approx(100 * np.mean(np.abs(steps) > 50), abs=1)
    assert records["ectopic"]["clean"]["removed"] >= 2
    assert records["ectopic"]["clean"]["rmssd"] == pytest.approx(records["calm"]["clean"]["rmssd"], rel=0.05)
    assert records["broken"]["clean"] == {
        "rmssd": None,
        "sdnn": None,
        "pnn50": None,
        "removed": records["broken"]["clean"]["removed"],
        "usable": False,
    }


def test_table_and_picture(folder: Path, tmp_path: Path) -> None:
    assert "unusable" in run(str(folder))
    picture = tmp_path / "calm.png"
    run(str(folder), "--plot", "calm", "--out", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_read_says_where(folder: Path) -> None:
    (folder / "calm.csv").write_text("rr_ms\n800\nx\n")
    result = CliRunner().invoke(replay, ["rr", str(folder)])
    assert result.exit_code == 1
    assert "calm.csv, line 3" in result.stderr
    result = CliRunner().invoke(replay, ["rr", str(folder), "--plot", "none"])
    assert result.exit_code == 1


@pytest.mark.recordings
def test_stored_series_within_a_tenth_of_their_index(recordings: Path) -> None:
    records = {
        record["name"]: record for record in json.loads(run(str(recordings / "rr"), "--json"))["records"]
    }
    with (recordings / "rr/index.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert set(records) == {line["name"] for line in lines}
    for line in lines:
        for figure, value in records[line["name"]]["raw"].items():
            assert value == pytest.approx(float(line[figure]), abs=0.1)
    clean = records["aura_nn"]["clean"]
    assert clean["rmssd"] == pytest.approx(19.519, abs=1)  # the public reference on clean data
    assert clean["removed"] <= 2
    assert not records["mitltdb_01"]["clean"]["usable"]  # an ectopic every few beats
