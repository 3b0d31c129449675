"""The replay commands on a folder made here: figures with known truth, from MicroPython, as JSON."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from replay.lifts import Lift, Sample, curl, still

from device.signal import form
from device.signal.reps import RepCounter
from repbeat_tools.replay.classes import Answer, balanced_accuracy
from repbeat_tools.replay.classes import score as class_score
from repbeat_tools.replay.command import replay
from repbeat_tools.replay.heart import Recording, draw, score
from repbeat_tools.replay.live_count import LiveCount, live_figures
from repbeat_tools.replay.plot import FAULTS
from repbeat_tools.replay.recordings import read_samples, read_sets
from repbeat_tools.replay.reps import count_sets

DATA = Path(__file__).resolve().parents[3] / "shared/data/reps"
INDEX = ["set_id", "source", "participant", "exercise", "equipment", "sensor_site", "load", "quality", "rpe"]
INDEX += ["expected_reps", "reps_basis", "acc_hz", "gyro_hz", "duration_s", "has_rest_margins"]


def write_set(folder: Path, set_id: str, rows: list[Sample], **index: object) -> None:
    """Add a set in the data folder's layout."""
    (folder / "sets").mkdir(exist_ok=True)
    new = not (folder / "index.csv").exists()
    with (folder / "index.csv").open("a", newline="") as file:
        writer = csv.DictWriter(file, INDEX)
        if new:
            writer.writeheader()
        writer.writerow({"set_id": set_id, "equipment": "barbell", "sensor_site": "equipment", **index})
    with (folder / "sets" / f"{set_id}.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["t_ms", "ax", "ay", "az", "gx", "gy", "gz"])
        for t_ms, *values in rows:
            out.writerow([t_ms, *[v / 1000 for v in values[:3]], *[v / 10 for v in values[3:]]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three people's sets and a rest, recounted except one that the reader was unsure of."""
    lifts = {"one": Lift(6).samples(25), "two": Lift(9, up_s=1.0).samples(25), "three": curl(7, rate_hz=25)}
    for n, (name, rows) in enumerate(lifts.items()):
        write_set(
            *(tmp_path, name, rows),
            **{
                "source": "made",
                "participant": f"p{n}",
                "exercise": "bench",
                "expected_reps": 6,
                "quality": "clean",
            },
        )
    write_set(
        *(tmp_path, "rest", still(30, rate_hz=25)),
        **{"source": "made", "participant": "p0", "exercise": "rest", "expected_reps": 0},
    )
    (tmp_path / "recount.csv").write_text(
        "set_id,count_low,count,count_high,confidence,note\n"
        "one,6,6,6,high,\ntwo,9,9,10,medium,\nthree,6,7,8,low,\nrest,0,0,0,high,\n"
    )
    return tmp_path


def run(*arguments: str) -> dict:
    """Run a replay command with --json."""
    result = CliRunner().invoke(replay, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_replay_reps_scores_against_recount_and_label(folder: Path) -> None:
    summary = run("reps", str(folder), "--plan-known")
    assert summary["truth"] == "recount"
    assert summary["total"] == {"n": 2, "mae": 0, "exact": 1, "within_1": 1, "false_reps": 0}
    assert summary["by_source"]["made"] == summary["by_equipment"]["barbell"] == summary["total"]
    assert summary["by_label"]["total"]["n"] == 3
    assert summary["by_label"]["total"]["mae"] == pytest.approx(4 / 3)
    assert summary["plan_known"]["total"]["n"] == 2
    counted = {record["name"]: record["counted"] for record in summary["records"]}
    assert counted == {"one": 6, "two": 9, "three": 7, "rest": 0}
    live = summary["live"]
    assert live.pop("by_source") == {"made": live}
    assert 6 <= live["n"] <= 22 - 3 * 3
    assert live["within_1_s"] == 1
    assert live["withdrawn"] == 0
    assert -0.5 < live["delay_s_p50"] <= live["delay_s_p95"] <= 1


def test_the_live_count_is_held_against_the_settled_ends() -> None:
    reps = [{"end_ms": end_ms} for end_ms in (1000, 2000, 3000, 4000, 5000, 6000)]
    run = [3100, 3100, 3100]
    shown = LiveCount([*run, 4200, 6500], [*run, 4800], together=3, withdrawn=1, end_ms=6900)
    unseen = LiveCount(run, run, together=3, withdrawn=0, end_ms=6900)
    at_the_end = LiveCount([], [], together=0, withdrawn=0, end_ms=9000)
    found = live_figures([(shown, reps), (unseen, reps), (at_the_end, reps)])
    late = [0.2, 1.5, 2.9, 1.9]  # the last repetition ended as the recording did: nobody can tell
    assert found["n"] == len(late)
    assert found["withdrawn"] == 1
    assert found["within_1_s"] == 1 / 4
    assert found["delay_s_p50"] == 1.9
    assert found["delay_s_p95"] == 2.9
    assert found["settled_within_1_s"] == 1 / 4
    assert live_figures([])["delay_s_p50"] is None


def test_later_sets_are_scored_with_and_without_calibration(folder: Path) -> None:
    write_set(
        *(folder, "four", Lift(3).samples(25, seed=4)),
        **{"source": "made", "participant": "p0", "exercise": "bench", "expected_reps": 3},
    )
    with (folder / "recount.csv").open("a") as file:
        file.write("four,3,3,3,high,\n")
    both = run("reps", str(folder), "--calibrated")["calibrated"]["made"]
    assert both["without"] == {"n": 1, "mae": 3, "exact": 0, "within_1": 0, "false_reps": 0}
    assert both["with"] == {"n": 1, "mae": 0, "exact": 1, "within_1": 1, "false_reps": 0}


def test_without_a_recount_the_label_is_the_truth(folder: Path) -> None:
    (folder / "recount.csv").unlink()
    summary = run("reps", str(folder))
    assert summary["truth"] == "label"
    assert summary["total"]["n"] == 3


def test_both_interpreters_count_the_same(folder: Path) -> None:
    sets = read_sets(folder)
    for result in count_sets(sets, plan_known=False):
        counter = RepCounter()
        rows = read_samples(result.recorded).tolist()
        counter.begin(rows[0][0])
        for row in rows:
            counter.push(*row)
        counter.finish(rows[-1][0])
        assert counter.count == result.counted
        for i, rep in enumerate(result.reps):
            kept = counter.rep(i)
            assert {name: getattr(kept, name) for name in rep} == rep


def test_a_picture_of_one_record(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "two.png"
    result = CliRunner().invoke(replay, ["reps", str(folder), "--plot", "two", "--out", str(picture)])
    assert result.exit_code == 0, result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    result = CliRunner().invoke(replay, ["reps", str(folder), "--plot", "nobody"])
    assert result.exit_code == 1
    assert "no record 'nobody'" in result.output


def test_a_picture_names_every_fault_that_the_device_flags() -> None:
    assert {word: getattr(form, word.upper()) for word in FAULTS.values()} == {
        w: b for b, w in FAULTS.items()
    }
    assert sum(FAULTS) == 2 * max(FAULTS) - 1


@pytest.mark.parametrize("has_motion", [True, False])
def test_a_picture_of_a_heart(has_motion: bool, tmp_path: Path) -> None:
    t_ms = np.arange(0, 60_000, 40)
    light = 100_000 + 300 * np.sin(2 * np.pi * 1.5 * t_ms / 1000)
    rows = np.column_stack([t_ms, light, light, *([np.zeros(len(t_ms))] * 3)]).astype(np.int32)
    truth = np.array([(start, start + 8, 90.0) for start in range(0, 50, 2)])
    recording = Recording("made", "made", "nobody", rows, truth, has_motion)
    emitted = [[8000 + 2000 * i, 900 + i, 90, i % 2] for i in range(25)]
    draw(score(recording, emitted, 1.0), tmp_path / "heart.png")
    assert (tmp_path / "heart.png").read_bytes().startswith(b"\x89PNG")


def test_replay_exercise_and_form_print_their_figures(folder: Path) -> None:
    for command in ("exercise", "form"):
        figures = run(command, str(folder))["by_source"]["made"]
        assert figures["n"] == 3
        for key in ("balanced_accuracy", "top_1", "unknown_share"):
            assert 0 <= figures[key] <= 1
        assert sum(sum(row.values()) for row in figures["confusion"].values()) == 3


def test_balanced_accuracy_weighs_classes_alike() -> None:
    assert balanced_accuracy([("a", "a")] * 9 + [("b", "a")]) == 0.5
    answers = [Answer("x", "s", "a", "a", "a", 0.9), Answer("y", "s", "b", "a", "unknown", 0.5)]
    figures = class_score(answers)
    assert (figures["top_1"], figures["unknown_share"], figures["right_when_given"]) == (0.5, 0.5, 1.0)


@pytest.mark.recordings
@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/reps beside the repository")
def test_a_sample_of_the_recordings_reaches_the_targets() -> None:
    sure = [s for s in read_sets(DATA) if s.recount_confidence == "high"]
    applift = [s for s in sure if s.source == "applift"][::5]
    wrist = [s for s in sure if s.source == "metamotion"]
    errors = [abs(r.counted - (r.recorded.recount_reps or 0)) for r in count_sets(applift, plan_known=False)]
    assert sum(errors) / len(errors) <= 0.25
    assert sum(error <= 1 for error in errors) / len(errors) >= 0.95
    results = count_sets(wrist, plan_known=False)
    assert sum(r.counted for r in results if r.recorded.is_rest) == 0
    errors = [abs(r.counted - (r.recorded.recount_reps or 0)) for r in results if not r.recorded.is_rest]
    assert sum(errors) / len(errors) <= 0.15


@pytest.mark.parametrize("signal", ["reps", "heart", "rr", "form", "exercise"])
def test_a_folder_without_recordings_is_said(signal: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(replay, [signal, str(tmp_path)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: no ")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("set_id,source\n1,mine\n")
    result = CliRunner().invoke(replay, ["reps", str(tmp_path)])
    assert result.exit_code == 1
    assert "no column participant, exercise" in result.output
