"""FIT: read back equal, read by others, refused when a byte is not as it was; a plan as a workout."""

from __future__ import annotations

import io
import struct

import fitdecode
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from interop.sample_files import BENCH, FIT, START_MS, a_session

from repbeat.interop import (
    fit_read,
    fit_workout,
    fit_write,
    reading,
    tcx,
)
from repbeat.interop.activity import Activity
from repbeat.interop.errors import (
    ExportRefused,
    ImportRefused,
    NothingInside,
)
from repbeat_protocol import plan


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
