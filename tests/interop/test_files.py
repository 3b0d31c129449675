"""Files out and in again: what is written is read back equal, and what is broken says so."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from pathlib import Path

import fitdecode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.interop import apple_health, csv_files, fhir, fit_read, fit_workout, fit_write, reading, tcx
from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.apple_health import DayValue
from repbeat.interop.errors import (
    DamagedFile,
    ExportRefused,
    ImportRefused,
    NothingInside,
    TooLarge,
    UnknownFormat,
)
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


HEALTH = """<?xml version="1.0" encoding="UTF-8"?>
<HealthData locale="en">
 <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" startDate="2026-11-24 18:00:00 +0100"
   endDate="2026-11-24 18:00:00 +0100" value="121"/>
 <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" startDate="2026-11-24 18:00:05 +0100"
   endDate="2026-11-24 18:00:05 +0100" value="nonsense"/>
 <Record type="HKQuantityTypeIdentifierRestingHeartRate" sourceName="Ring"
   startDate="2026-11-24 00:10:00 +0100" endDate="2026-11-24 23:00:00 +0100" value="54"/>
 <Record type="HKQuantityTypeIdentifierHeartRateVariabilitySDNN" sourceName="Ring"
   startDate="2026-11-24 03:00:00 +0100" endDate="2026-11-24 03:01:00 +0100" value="48"/>
 <Record type="HKQuantityTypeIdentifierHeartRateVariabilitySDNN" sourceName="Ring"
   startDate="2026-11-24 04:00:00 +0100" endDate="2026-11-24 04:01:00 +0100" value="52"/>
 <Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="Ring" startDate="2026-11-23 23:00:00 +0100"
   endDate="2026-11-24 06:30:00 +0100" value="HKCategoryValueSleepAnalysisAsleepCore"/>
 <Workout workoutActivityType="HKWorkoutActivityTypeTraditionalStrengthTraining" sourceName="Watch"
   startDate="2026-11-24 17:59:00 +0100" endDate="2026-11-24 18:30:00 +0100"/>
</HealthData>
"""


def zipped(path: Path, content: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("apple_health_export/export.xml", content)
    return path


def test_apple_health_gives_workouts_and_nights_with_their_source(tmp_path: Path) -> None:
    found = reading.read(zipped(tmp_path / "export.zip", HEALTH))
    assert found.kind == apple_health.SOURCE
    assert [len(one.heart) for one in found.activities] == [1]
    assert found.activities[0].sport == "traditionalstrengthtraining"
    assert found.days == [
        DayValue("2026-11-24", "asleep_s", "Ring", 7.5 * 3600),
        DayValue("2026-11-24", "resting_bpm", "Ring", 54.0),
        DayValue("2026-11-24", "sdnn_ms", "Ring", 50.0),
    ]
    assert apple_health.read(tmp_path / "export.zip").left_out == 1


def test_apple_health_needs_no_memory_for_its_length(tmp_path: Path) -> None:
    import tracemalloc

    line = (
        '<Record type="HKQuantityTypeIdentifierStepCount" sourceName="P" '
        'startDate="2026-11-24 18:00:00 +0100" endDate="2026-11-24 18:00:00 +0100" value="1"/>\n'
    )
    peaks = []
    for lines in (2_000, 20_000):
        path = tmp_path / f"{lines}.xml"
        path.write_text(HEALTH.replace("<Workout", line * lines + "<Workout", 1))
        tracemalloc.start()
        reading.read(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "export.zip", "<HealthData>" + " " * 30_000_000 + "</HealthData>")
    assert bomb.stat().st_size < 100_000
    with pytest.raises(TooLarge):
        reading.read(bomb)


def test_a_damaged_archive_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", HEALTH)
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(ImportRefused):
        reading.read(path)


def test_fhir_names_codes_units_and_source() -> None:
    bundle = fhir.bundle("A. Person", [a_session()], [DayValue("2026-11-24", "resting_bpm", "Ring", 54.0)])
    resources = [entry["resource"] for entry in bundle["entry"]]
    assert [one["resourceType"] for one in resources] == ["Patient", "Observation", "Observation"]
    exercise, resting = resources[1:]
    assert exercise["valueQuantity"] == {"value": 2.0, "unit": "min", "system": fhir.UCUM, "code": "min"}
    assert exercise["component"][0]["code"]["coding"][0]["code"] == "8867-4"
    assert resting["code"]["coding"][0]["code"] == "40443-4"
    assert resting["device"]["display"] == "Ring"
    with pytest.raises(ExportRefused):
        fhir.bundle("A. Person", [], [])


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
