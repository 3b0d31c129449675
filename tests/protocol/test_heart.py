"""HEART and RR payloads: exact, small, and never believed when damaged."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat_protocol import heart, records

valued = st.tuples(st.integers(0, 255), st.integers(heart.POOR, heart.GOOD))
empty = st.tuples(st.just(0), st.integers(heart.NO_CONTACT, heart.NO_VALUE))


@given(st.lists(st.one_of(valued, empty), max_size=heart.HEART_MAX_SAMPLES), st.integers(0, 2**32 - 1))
def test_heart_round_trip(samples: list[tuple[int, int]], ago: int) -> None:
    writer = heart.HeartWriter()
    taken = []
    for bpm, state in samples:
        if writer.full():
            break
        writer.add(bpm, state)
        taken.append((bpm, state))
    payload = bytes(writer.take(ago, records.SOURCE_OPTICAL))
    assert len(payload) <= records.MAX_PAYLOAD
    assert heart.read_heart(payload) == (ago, records.SOURCE_OPTICAL, taken)


def test_full_comes_before_the_buffer_ends() -> None:
    writer = heart.HeartWriter()
    wild = random.Random(1)
    while not writer.full():
        writer.add(wild.randrange(256), wild.choice((heart.POOR, heart.GOOD)))
    assert len(heart.read_heart(bytes(writer.take(0, 1)))[2]) > 100


def test_two_minutes_cost_at_most_half_a_byte_a_sample_record_included() -> None:
    writer = heart.HeartWriter()
    steps = random.Random(2)
    bpm = 90
    for _ in range(120):
        bpm += steps.choice((0, 0, 0, 1, -1, 1, -1, 2))
        writer.add(bpm, heart.GOOD)
    raw = records.encode(1, records.HEART, 1, 1, 120000, bytes(writer.take(120000, 1)))
    assert len(raw) / 120 <= 0.5


@given(st.binary(max_size=60))
def test_damaged_heart_is_bad_payload_or_possible_values(data: bytes) -> None:
    try:
        _, _, samples = heart.read_heart(data)
    except records.BadPayload:
        return
    assert all(0 <= bpm <= 255 and 0 <= state <= 7 for bpm, state in samples)


@given(st.lists(st.integers(1, 8191), max_size=100), st.integers(0, 65535))
def test_rr_round_trip(intervals: list[int], ago: int) -> None:
    writer = heart.RrWriter()
    for rr in intervals:
        writer.add(rr)
        if writer.full():
            break
    count = writer.count
    assert heart.read_rr(bytes(writer.take(ago, records.SOURCE_STRAP))) == (ago, 2, intervals[:count])


def test_rr_cut_short_is_bad() -> None:
    with pytest.raises(records.BadPayload, match="first interval"):
        heart.read_rr(b"\x00\x00\x01\x05")


@given(st.binary(max_size=60))
def test_damaged_rr_never_crashes(data: bytes) -> None:
    with contextlib.suppress(records.BadPayload):
        heart.read_rr(data)
