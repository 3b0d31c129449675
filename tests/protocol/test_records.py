"""Records: nothing torn, damaged or misplaced is ever taken for whole."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat_protocol import records

seqs = st.integers(0, 2**32 - 1)
payloads = st.binary(max_size=records.MAX_PAYLOAD)


@given(
    seqs, st.integers(1, 254), st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**40 - 1), payloads
)
def test_round_trip_of_any_type(
    seq: int, kind: int, version: int, boot: int, uptime: int, payload: bytes
) -> None:
    raw = records.encode(seq, kind, version, boot, uptime, payload)
    assert records.decode(raw, seq) == (kind, version, boot, uptime, payload)
    assert records.size_at(raw, 0, len(raw)) == len(raw)


@given(seqs, payloads, st.data())
def test_every_cut_is_torn(seq: int, payload: bytes, data: st.DataObject) -> None:
    raw = records.encode(seq, records.FAULT, 1, 1, 1, payload)
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(records.TornRecord):
        records.decode(raw[:cut], seq)


@given(seqs, payloads, st.data())
def test_every_flipped_bit_is_noticed(seq: int, payload: bytes, data: st.DataObject) -> None:
    raw = bytearray(records.encode(seq, records.FAULT, 1, 1, 1, payload))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(records.RecordError):
        records.decode(bytes(raw), seq)


def test_payload_that_is_too_long_is_refused() -> None:
    with pytest.raises(records.BadPayload, match="split it"):
        records.encode(1, records.FAULT, 1, 1, 1, bytes(records.MAX_PAYLOAD + 1))


def test_payload_of_another_size_than_its_layout_is_bad() -> None:
    good = records.pack(records.BATTERY, 1, (3900, 80, 0))
    with pytest.raises(records.BadPayload, match="BATTERY v1 has 5 bytes where its layout has 4"):
        records.unpack(records.BATTERY, 1, good + b"x")
    with pytest.raises(KeyError):
        records.unpack(records.BATTERY, 99, good)


@pytest.mark.parametrize("key", records.LAYOUTS, ids=lambda key: f"{records.NAMES[key[0]]}-v{key[1]}")
def test_layouts_fit_a_record_and_name_each_field_once(key: tuple[int, int]) -> None:
    layout = records.LAYOUTS[key]
    names = [name for name, _ in layout]
    assert len(set(names)) == len(names)
    assert all(code != "*" for _, code in layout[:-1])
    assert struct.calcsize(records.layout_format(*key)) <= records.MAX_PAYLOAD
