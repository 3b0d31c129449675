"""Packed records come back byte for byte, from every format that a released RepBeat wrote."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest import made

from repbeat.ingest import ingest
from repbeat.store import Database, StoreCorrupt, heart_blocks, packing, records
from repbeat_protocol import records as wire

HEART = (wire.HEART, wire.RR)


def rows_format(raws: list[bytes], wbits: int) -> tuple[bytes, bytes]:
    """Streams of format 1 as they were written; raw deflate (negative wbits) before commit c1be996."""
    log = b"".join(b"\0" if raw[0] in HEART else raw[:-4] for raw in raws)
    heart = b"".join(raw[:-4] for raw in raws if raw[0] in HEART)
    out = []
    for stream in (log, heart):
        deflate = zlib.compressobj(6, zlib.DEFLATED, wbits)
        out.append(b"\x01" + deflate.compress(stream) + deflate.flush())
    return out[0], out[1]


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[int, bytes]]:
    first = draw(st.integers(0, 0xFFFFFF00))
    records_ = st.tuples(
        st.sampled_from((wire.HEART, wire.RR, wire.REP, wire.SET, wire.TIME, 99, 254)),
        st.integers(0, 255),
        st.integers(0, 0xFFFF),
        st.integers(0, (1 << 40) - 1),
        st.one_of(st.just(b""), st.binary(max_size=wire.MAX_PAYLOAD), st.binary(min_size=30, max_size=30)),
    )
    return [
        (first + at, wire.encode(first + at, *fields))
        for at, fields in enumerate(draw(st.lists(records_, min_size=1, max_size=80)))
    ]


@given(logs())
def test_any_records_come_back(log: list) -> None:
    first = log[0][0]
    stream, heart = packing.packed([raw for _, raw in log])
    assert list(packing.unpacked(first, stream, heart)) == log
    others = [(seq, raw) for seq, raw in log if raw[0] not in HEART]
    assert list(packing.unpacked(first, stream, None)) == others
    assert (heart is None) == (len(others) == len(log))
    older, _ = rows_format([raw for _, raw in log], zlib.MAX_WBITS)
    for kind in {raw[0] for _, raw in others}:
        wanted = [(seq, raw[1], raw[wire.HEADER_SIZE : -4]) for seq, raw in others if raw[0] == kind]
        assert list(packing.payloads(first, stream, kind)) == wanted
        assert list(packing.payloads(first, older, kind)) == wanted


@given(logs(), st.data())
def test_a_damaged_stream_is_named_or_reads_as_it_was(log: list, data: st.DataObject) -> None:
    stream, _ = packing.packed([raw for _, raw in log])
    at = data.draw(st.integers(1, len(stream) - 1))  # 0 is the version
    damaged = bytearray(stream)
    damaged[at] ^= data.draw(st.integers(1, 255))
    for read in (
        lambda one: list(packing.unpacked(log[0][0], one, None)),
        lambda one: list(packing.payloads(log[0][0], one, wire.REP)),
    ):
        try:
            found = read(bytes(damaged))
        except StoreCorrupt:
            continue
        assert found == read(
            stream
        )  # the bits between the last block of deflate and its checksum say nothing


@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, -zlib.MAX_WBITS], ids=["zlib", "raw deflate"])
def test_blocks_of_the_older_formats_are_read_and_filled_up(either: Database, wbits: int) -> None:
    log = made.session_log()
    old, new = log[:14], log[14:]
    assert any(raw[0] in HEART for _, raw in old)
    stream, heart = rows_format([raw for _, raw in old], wbits)
    ingest(either, made.DEVICE, made.LOG, old, made.NOW_MS)
    either.run("UPDATE blocks SET log = :log, heart = :heart", log=stream, heart=heart)
    assert records.present(either, made.DEVICE, made.LOG, 0, 100) == dict(old)
    assert heart_blocks.packed(either, made.DEVICE, made.LOG, 1, wire.HEART, 0, 1 << 40)
    ingest(either, made.DEVICE, made.LOG, new, made.NOW_MS)
    assert either.value("SELECT COUNT(*) FROM blocks") == 1
    assert records.present(either, made.DEVICE, made.LOG, 0, 100) == dict(log)


def test_an_unknown_format_says_to_update() -> None:
    with pytest.raises(StoreCorrupt, match="update"):
        list(packing.unpacked(0, b"\x07abc", None))
