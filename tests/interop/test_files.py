"""Files out and in again: what is written is read back equal, and what is broken says so."""

from __future__ import annotations

import copy
import csv
import io
import json
import struct
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import fitdecode
import pytest
from click.testing import CliRunner
from fhir.resources.R4B.bundle import Bundle
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from repbeat.coach import recovery
from repbeat.derive.hrv import Morning
from repbeat.interop import (
    csv_files,
    fhir,
    fit_read,
    fit_workout,
    fit_write,
    reading,
    tcx,
)
from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.apple_health import DayValue
from repbeat.interop.command import import_files
from repbeat.interop.errors import (
    DamagedFile,
    ExportRefused,
    ImportRefused,
    NothingInside,
    UnknownFormat,
)
from repbeat.people.command import export
from repbeat.store import Database, athletes
from repbeat_protocol import exercises, plan

START_MS = 1_764_054_000_000
BENCH = exercises.code("bench_press")
SQUAT = exercises.code("squat")


def a_session(seconds: int = 120) -> Activity:
    return Activity(
        source="fit",
        sport="training",
        start_ms=START_MS,
        end_ms=START_MS + seconds * 1000,
        heart=[HeartSample(START_MS + 1000 * i, 90 + i % 70) for i in range(seconds)],
        rr_ms=[600 + 7 * i % 250 for i in range(seconds + 3)],
        sets=[
            SetDone(start_ms=START_MS + 5000, duration_ms=31500, exercise=BENCH, reps=10, load_g=62500),
            SetDone(start_ms=START_MS + 70000, duration_ms=40000, exercise=SQUAT, reps=8, load_g=100000),
        ],
    )


def test_fit_reads_back_equal() -> None:
    session = a_session()
    assert fit_read.read(fit_write.write(session)) == session


def test_fit_is_what_another_reader_expects() -> None:
    names: dict[str, int] = {}
    with fitdecode.FitReader(
        io.BytesIO(fit_write.write(a_session())), check_crc=fitdecode.CrcCheck.RAISE
    ) as file:
        for frame in file:
            if isinstance(frame, fitdecode.FitDataMessage):
                names[frame.name] = names.get(frame.name, 0) + 1
                if frame.name == "set":
                    assert frame.get_value("set_type") == "active"
                if frame.name == "session":
                    assert frame.get_value("sub_sport") == "strength_training"
    assert names["record"] == 120
    assert names["set"] == 2
    assert names["hrv"] == 25
    assert {"file_id", "lap", "session", "activity"} <= set(names)


@given(st.integers(0, 2_000_000), st.integers(0, 255))
@example(0, 17)  # a header of another length
def test_a_changed_byte_in_a_fit_file_is_noticed(at: int, byte: int) -> None:
    content = bytearray(FIT)
    at %= len(content)
    if content[at] == byte:
        return
    content[at] = byte
    with pytest.raises(ImportRefused):
        reading.from_bytes(bytes(content))


@given(st.integers(1, 2_000_000))
def test_a_cut_fit_file_is_noticed(length: int) -> None:
    with pytest.raises(ImportRefused):
        reading.from_bytes(FIT[: length % len(FIT)])


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    header = struct.pack("<BBHI4s", 12, 0x20, 2140, len(noise), b".FIT")
    for content in (noise, header + noise, b"<TrainingCenterDatabase>" + noise):
        with pytest.raises(ImportRefused):
            reading.from_bytes(content)


def test_settings_are_no_session() -> None:
    workout = fit_workout.write(plan.Plan(1, [plan.Item(BENCH, 3, 8, 10, 60000, 90)], "Push"), START_MS)
    with pytest.raises(NothingInside):
        fit_read.read(workout)


def test_a_plan_becomes_a_workout_of_steps() -> None:
    content = fit_workout.write(plan.Plan(1, [plan.Item(BENCH, 3, 8, 10, 60000, 90)], "Push"), START_MS)
    steps = []
    with fitdecode.FitReader(io.BytesIO(content), check_crc=fitdecode.CrcCheck.RAISE) as file:
        for frame in file:
            if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "workout_step":
                steps.append((frame.get_value("duration_type"), frame.get_value("intensity")))
    assert steps == [("reps", "active"), ("time", "rest")] * 2 + [("reps", "active")]


def test_an_empty_session_is_not_written() -> None:
    empty = Activity(
        source="fit", sport="training", start_ms=START_MS, end_ms=START_MS, heart=[], rr_ms=[], sets=[]
    )
    with pytest.raises(ExportRefused):
        fit_write.write(empty)
    with pytest.raises(ExportRefused):
        tcx.write(empty)


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


ATHLETE = uuid.UUID(int=7)


def pa_shape(found: dict[str, Any]) -> None:
    """What pa-observation-base of the US Physical Activity guide 1.0.0 asks, and each of its kinds."""
    profile = found["meta"]["profile"][0].removeprefix(fhir.PROFILES)
    assert profile in ("activity-measure", "activity-group", "time-measure")
    assert found["status"] == "final"
    categories = {one["coding"][0]["code"] for one in found["category"]}
    assert categories == {"activity", "PhysicalActivity"}
    assert found["subject"]["reference"] == found["performer"][0]["reference"] == f"urn:uuid:{ATHLETE}"
    assert not {"focus", "bodySite", "specimen", "implicitRules", "modifierExtension"} & found.keys()
    moments = (
        [found["effectiveDateTime"]] if "effectiveDateTime" in found else found["effectivePeriod"].values()
    )
    assert all(len(moment) >= 10 for moment in moments)
    values = [name for name in found if name.startswith("value")]
    if profile == "activity-group":
        assert values == []
        assert found["code"]["coding"][0] == {
            "system": fhir.TEMPORARY,
            "code": "PAPanel",
            "display": "Physical Activity Panel",
        }
        assert found["hasMember"]
    elif values != ["valueCodeableConcept"] or profile == "time-measure":
        assert values == ["valueQuantity"]
        quantity = found["valueQuantity"]
        assert quantity["system"] == fhir.UCUM
        assert quantity["code"]
        assert "comparator" not in quantity  # a SimpleQuantity


def test_fhir_has_the_shapes_of_the_physical_activity_guide() -> None:
    days = [
        DayValue("2026-11-24", "resting_bpm", "Ring", 54.0),
        DayValue("2026-11-24", "sdnn_ms", "Ring", 61.25),
    ]
    bundle = fhir.bundle("A. Person", [a_session()], days, ATHLETE)
    resources = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    assert len(resources) == len(bundle["entry"])
    assert all(url == f"urn:uuid:{one['id']}" for url, one in resources.items())
    patient, *observations = resources.values()
    assert patient["meta"]["profile"] == [fhir.PATIENT]
    assert patient["identifier"][0].keys() == {"system", "value"}
    assert (patient["name"], patient["gender"]) == ([{"text": "A. Person"}], "unknown")
    by_code = {one["code"]["coding"][0]["code"]: one for one in observations}
    assert list(by_code) == ["73985-4", "55411-3", "55425-3", "PAPanel", "40443-4", "80404-7"]
    variability = by_code.pop("80404-7")
    assert "meta" not in variability  # the guide has no measure for it
    assert variability["valueQuantity"]["value"] == 61.2
    for one in by_code.values():
        pa_shape(one)
    members = [resources[one["reference"]] for one in by_code["PAPanel"]["hasMember"]]
    assert members == observations[:3]
    assert by_code["55411-3"]["valueQuantity"]["value"] == 2.0
    assert by_code["40443-4"]["device"]["display"] == "Ring"
    assert fhir.bundle("A. Person", [a_session()], days, ATHLETE) == bundle
    with pytest.raises(ExportRefused):
        fhir.bundle("A. Person", [], [], ATHLETE)


def test_fhir_is_what_the_models_of_the_standard_take() -> None:
    """Every field of its type and none unknown, by the generated models of FHIR R4B (R4's resources)."""
    days = [
        DayValue("2026-11-24", "resting_bpm", "Ring", 54.0),
        DayValue("2026-11-24", "sdnn_ms", "Ring", 61.25),
    ]
    bundle = json.loads(json.dumps(fhir.bundle("A. Person", [a_session()], days, ATHLETE)))
    read = json.loads(Bundle.model_validate(bundle).model_dump_json())
    assert read == json.loads(json.dumps(bundle).replace("+00:00", "Z"))
    for spoil in (
        lambda one: one.pop("status"),
        lambda one: one.update(status=["final"]),
        lambda one: one.update(bpm=54),
        lambda one: one.update(effectivePeriod={"start": "yesterday"}),
    ):
        spoilt = copy.deepcopy(bundle)
        spoil(spoilt["entry"][1]["resource"])
        with pytest.raises(ValidationError):
            Bundle.model_validate(spoilt)


def test_garmins_own_decoder_finds_what_is_written_whole() -> None:
    garmin = pytest.importorskip(
        "garmin_fit_sdk", reason="its licence is not open: `pip install garmin-fit-sdk` to run this check"
    )
    workout = fit_workout.write(plan.Plan(1, [plan.Item(BENCH, 3, 8, 10, 60000, 90)], "Push"), START_MS)
    for content in (fit_write.write(a_session()), workout):
        assert garmin.Decoder(garmin.Stream.from_byte_array(bytearray(content))).check_integrity()
        messages, errors = garmin.Decoder(garmin.Stream.from_byte_array(bytearray(content))).read()
        assert errors == []
        if content is not workout:
            assert len(messages["record_mesgs"]) == 120
            assert [one["repetitions"] for one in messages["set_mesgs"]] == [10, 8]
            assert [one["weight"] for one in messages["set_mesgs"]] == [62.5, 100.0]
            assert sum(len(one["time"]) for one in messages["hrv_mesgs"]) >= 123
            assert messages["session_mesgs"][0]["sub_sport"] == "strength_training"


GPX = b"""<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"
  xmlns:x="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"><trk><type>running</type><trkseg>
 <trkpt lat="1" lon="2"><time>2026-11-24T17:00:00Z</time><extensions><x:TrackPointExtension><x:hr>120</x:hr>
 </x:TrackPointExtension></extensions></trkpt>
 <trkpt lat="1" lon="2"><time>2026-11-24T17:00:05Z</time></trkpt>
 <trkpt lat="1" lon="2"><time>2026-11-24T17:00:10Z</time><extensions><x:TrackPointExtension><x:hr>124</x:hr>
 </x:TrackPointExtension></extensions></trkpt></trkseg></trk></gpx>"""


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


NIGHTS = b"day,kind,source,value\n2026-11-24,resting_bpm,oura,52\n2026-11-24,sdnn_ms,oura,61.5\n"


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


def test_chosen_days_are_a_bundle_for_a_clinician(tmp_path: Path) -> None:
    database, files = str(tmp_path / "a.sqlite3"), [tmp_path / "run.gpx", tmp_path / "nights.csv"]
    files[0].write_bytes(GPX)
    files[1].write_bytes(NIGHTS)
    run = CliRunner().invoke
    assert run(import_files, [*map(str, files), "--database", database]).exit_code == 0
    with Database(database) as db:
        (me,) = athletes.every(db)
        recovery.add_morning(db, me.athlete_id, Morning(date(2026, 11, 24), "band", 41.5, 52.0, 420.0))
    to = ["--to", str(tmp_path / "days.json"), "--database", database, "--json"]
    told = run(export, ["Me", "--fhir", "2026-11-24", "2026-11-24", *to])
    assert told.exit_code == 0, told.output
    bundle = json.loads((tmp_path / "days.json").read_text())
    codes = [
        entry["resource"]["code"]["coding"][0]["code"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Observation"
    ]
    assert codes == ["73985-4", "55411-3", "55425-3", "PAPanel", "40443-4", "80404-7", "40443-4"]
    refused = run(export, ["Me", "--fhir", "2020-01-01", "2020-01-02", "--database", database])
    assert refused.exit_code == 1
    assert "no session and no daily value" in refused.output


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


FIT = fit_write.write(a_session(20))
