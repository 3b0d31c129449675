"""TCX, CSV and GPX read back or refused, and real files beside their index."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from interop.sample_files import FIT, GPX, NIGHTS, a_session

from repbeat.interop import (
    csv_files,
    reading,
    tcx,
)
from repbeat.interop.apple_health import DayValue
from repbeat.interop.command import import_files
from repbeat.interop.errors import (
    DamagedFile,
    NothingInside,
    UnknownFormat,
)


def test_tcx_reads_back_its_heart_rate() -> None:
    session = a_session()
    back = reading.from_bytes(tcx.write(session)).activities[0]
    assert back.heart == session.heart
    assert back.sets == []


@pytest.mark.parametrize(
    "text",
    [
        b"<TrainingCenterDatabase><Activities>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><TrainingCenterDatabase>&a;</TrainingCenterDatabase>',
        b"<TrainingCenterDatabase><Trackpoint><Time>noon</Time></Trackpoint></TrainingCenterDatabase>",
        b"<TrainingCenterDatabase><Trackpoint><Time>2026-11-25T07:00:00Z</Time><HeartRateBpm><Value>x</Value>"
        b"</HeartRateBpm></Trackpoint></TrainingCenterDatabase>",
    ],
)
def test_bad_tcx_is_refused(text: bytes) -> None:
    with pytest.raises(DamagedFile):
        reading.from_bytes(text)


def test_tcx_without_a_point_holds_nothing() -> None:
    with pytest.raises(NothingInside):
        reading.from_bytes(b"<TrainingCenterDatabase></TrainingCenterDatabase>")


def test_csv_reads_back() -> None:
    session = a_session()
    assert reading.from_bytes(csv_files.heart_table(session).encode()).activities[0].heart == session.heart
    assert reading.from_bytes(csv_files.set_table(session).encode()).activities[0].sets == session.sets


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1764054000000,31500,bench_press,ten,60", "line 2"),
        ("1764054000000,31500,benchpress,10,60", "benchpress"),
        ("1764054000000", "line 2"),
    ],
)
def test_a_bad_line_of_csv_is_named(line: str, what: str) -> None:
    with pytest.raises(DamagedFile, match=what):
        reading.from_bytes((",".join(csv_files.SET_COLUMNS) + "\n" + line + "\n").encode())


def test_an_unknown_kind_names_the_known() -> None:
    with pytest.raises(UnknownFormat, match="FIT, TCX"):
        reading.from_bytes(b"%PDF-1.7")


def test_gpx_gives_its_heart_rate() -> None:
    found = reading.from_bytes(GPX)
    (one,) = found.activities
    assert (found.kind, one.sport, one.end_ms - one.start_ms) == ("gpx", "running", 10_000)
    assert [sample.bpm for sample in one.heart] == [120, 124]
    for text, error in (
        (GPX.replace(b"17:00:05Z", b"noon"), DamagedFile),
        (GPX.replace(b">120<", b">fast<"), DamagedFile),
        (GPX[:400], DamagedFile),
        (GPX.replace(b"<trkseg>", b"<a>" * 200_000), DamagedFile),
        (b"<gpx></gpx>", NothingInside),
    ):
        with pytest.raises(error):
            reading.from_bytes(text)


def test_a_rings_nights_come_as_csv_and_keep_their_source() -> None:
    assert reading.from_bytes(NIGHTS).days == [
        DayValue("2026-11-24", "resting_bpm", "oura", 52.0),
        DayValue("2026-11-24", "sdnn_ms", "oura", 61.5),
    ]
    ring = reading.from_bytes(NIGHTS + b"2026-11-24,rmssd_ms,oura,48\n").days
    assert ring[-1] == DayValue("2026-11-24", "rmssd_ms", "oura", 48.0)
    for line in (b"24.11.2026,sdnn_ms,oura,5", b"2026-11-24,mood,oura,5", b"2026-11-24,sdnn_ms,oura,nan"):
        with pytest.raises(DamagedFile, match="line 4"):
            reading.from_bytes(NIGHTS + line + b"\n")


@pytest.mark.recordings
def test_the_command_prints_a_table_beside_the_index(recordings: Path, tmp_path: Path) -> None:
    arguments = [str(recordings / "hr" / "files"), "--database", str(tmp_path / "a.sqlite3")]
    told = CliRunner().invoke(import_files, [*arguments, "--json"])
    assert told.exit_code == 1  # some are broken on purpose
    rows = {row["file"]: row for row in json.loads(told.stdout)["files"]}
    assert len(rows) == 15
    assert all(row["agreement"]["agrees"] for row in rows.values())
    refused = {name for name, row in rows.items() if row["refused"] == "DamagedFile"}
    assert refused == {
        "activity-filecrc.fit",
        "activity-settings-corruptheader.fit",
        "activity-unexpected-eof.fit",
    }
    shown = CliRunner().invoke(import_files, arguments, env={"COLUMNS": "200"})
    assert "4671 of 4671 samples, mean 153.86 bpm" in shown.stdout


def test_an_index_tells_where_a_reader_differs(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(
        "file,hr_samples,hr_min,hr_max,hr_mean\na.fit,20,90,109,99.5\nb.fit,20,90,109,97.0\nc.fit,0,,,\n"
    )
    for name in "abc":
        (tmp_path / f"{name}.fit").write_bytes(FIT)
    told = CliRunner().invoke(
        import_files, [str(tmp_path), "--json", "--database", str(tmp_path / "x" / "a.sqlite3")]
    )
    rows = json.loads(told.stdout)["files"]
    assert [row["agreement"]["agrees"] for row in rows] == [True, False, False]
    assert rows[1]["agreement"]["mean_off_bpm"] == 2.5


@pytest.mark.recordings
def test_real_files_agree_with_their_index(recordings: Path) -> None:
    broken = 0
    for row in csv.DictReader((recordings / "hr" / "index.csv").read_text().splitlines()):
        path = recordings / "hr" / "files" / row["file"]
        if row["parse_error_in_fitparse_1_2"]:
            broken += 1
            with pytest.raises(DamagedFile):
                reading.read(path)
        elif row["hr_samples"] != "0":
            activity = reading.read(path).activities[0]
            assert activity.mean_bpm == pytest.approx(float(row["hr_mean"]), abs=0.05)
            assert max(one.bpm for one in activity.heart) == int(row["hr_max"])
            assert min(one.bpm for one in activity.heart) == int(row["hr_min"])
    assert broken == 3
