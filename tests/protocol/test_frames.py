"""Frames: any MTU, any order of arrival, and the same records once each in the end."""

import contextlib
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat_protocol import frames, records

SINCE = 1000


def log_of(sizes: list[int]) -> list[tuple[int, bytes]]:
    return [
        (SINCE + i, records.encode(SINCE + i, records.FAULT, 1, 1, i, bytes([i % 256]) * n))
        for i, n in enumerate(sizes)
    ]


def cut(log: list[tuple[int, bytes]], payload: int) -> list[bytes]:
    """DATA frames as a device sends them: whole records while they fit, else pieces of one."""
    room = payload - frames.DATA_HEAD
    out: list[bytes] = []
    at = 0
    while at < len(log):
        seq, raw = log[at]
        if len(raw) > room:
            for offset in range(0, len(raw), room):
                head = struct.pack("<BIB", frames.DATA, seq, offset)
                out.append(head + raw[offset : offset + room])
            at += 1
            continue
        body = b""
        while at < len(log) and len(body) + len(log[at][1]) <= room:
            body += log[at][1]
            at += 1
        out.append(struct.pack("<BIB", frames.DATA, seq, 0) + body)
    return out


sizes = st.lists(st.integers(0, records.MAX_PAYLOAD), min_size=1, max_size=20)
payloads = st.integers(frames.MIN_PAYLOAD, 509)


@given(sizes, payloads)
def test_every_mtu_gives_the_records_back(lengths: list[int], payload: int) -> None:
    log = log_of(lengths)
    assembler = frames.Assembler(SINCE)
    got = [record for frame in cut(log, payload) for record in assembler.feed(frame)]
    assert got == log
    assert assembler.next == SINCE + len(log)


@given(sizes, payloads, st.integers(0, 2**32))
def test_lost_doubled_and_late_frames_change_nothing(lengths: list[int], payload: int, seed: int) -> None:
    chance = random.Random(seed)
    log = log_of(lengths)
    assembler = frames.Assembler(SINCE)
    got: list[tuple[int, bytes]] = []
    for _ in range(400):
        pending = [record for record in log if record[0] >= assembler.next]
        if not pending:
            break
        stream = cut(pending, payload)
        if chance.random() < 0.5:
            stream.insert(chance.randrange(len(stream)), chance.choice(stream))
        for frame in stream:
            if chance.random() < 0.1:
                continue  # lost on the way
            try:
                got += assembler.feed(frame)
            except frames.MissingRecords:
                break  # FETCH again
    assert got == log


def test_a_skip_names_what_is_missing_and_keeps_the_cursor() -> None:
    log = log_of([1, 2, 3])
    assembler = frames.Assembler(SINCE)
    with pytest.raises(frames.MissingRecords, match="wanted record 1000, got 1002"):
        assembler.feed(cut(log[2:], 200)[0])
    assert assembler.next == SINCE


def test_a_damaged_record_costs_none_of_its_frame() -> None:
    log = log_of([1, 2, 3])
    frame = bytearray(cut(log, 200)[0])
    frame[-1] ^= 1
    assembler = frames.Assembler(SINCE)
    with pytest.raises(records.BadChecksum, match="record 1002 is damaged"):
        assembler.feed(bytes(frame))
    assert assembler.next == SINCE
    assert assembler.feed(cut(log, 200)[0]) == log


def test_a_damaged_piece_is_begun_anew() -> None:
    log = log_of([60])
    pieces = cut(log, 40)
    assembler = frames.Assembler(SINCE)
    assembler.feed(pieces[0])
    assembler.feed(pieces[1][:-1] + bytes([pieces[1][-1] ^ 1]))
    with pytest.raises(records.BadChecksum):
        assembler.feed(pieces[2])
    assert [record for piece in pieces for record in assembler.feed(piece)] == log


def test_a_gap_is_skipped_on_the_devices_word() -> None:
    log = log_of([1, 2, 3])
    assembler = frames.Assembler(SINCE)
    assembler.skip(SINCE + 2)
    assert assembler.feed(cut(log[2:], 200)[0]) == log[2:]
    assembler.skip(SINCE)
    assert assembler.next == SINCE + 3


@given(st.binary(max_size=80))
def test_random_bytes_raise_only_frame_and_record_errors(data: bytes) -> None:
    for parse in (frames.unpack_control, frames.unpack_answer, frames.read_info, frames.Assembler(0).feed):
        with contextlib.suppress(frames.FrameError, records.RecordError):
            parse(data)


def test_unknown_and_cut_frames_say_so() -> None:
    with pytest.raises(frames.UnknownFrame, match="0x7f"):
        frames.unpack_control(b"\x7f")
    with pytest.raises(frames.TruncatedFrame, match="has 2 bytes where it has 11"):
        frames.unpack_control(b"\x01\x00")
