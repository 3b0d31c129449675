"""RAW_WINDOW payloads: exact, small, each part for itself, and never believed when damaged."""

from __future__ import annotations

import contextlib
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat_protocol import raw_window, records

CHANNELS = 3
ROWS = raw_window.rows_in_part(CHANNELS)
values = st.integers(-raw_window.LIMIT, raw_window.LIMIT)
windows = st.lists(st.tuples(values, values, values), max_size=ROWS)


def part(
    rows: list[tuple[int, ...]], at: int = 0, parts: int = 1, rep_seq: int = 7, ago_ms: int = 0
) -> bytes:
    writer = raw_window.RawWriter(CHANNELS)
    for row in rows:
        writer.add(row, 0)
    return bytes(writer.take(rep_seq, at, parts, ago_ms, 40))


@given(windows, st.integers(0, 2**32 - 1))
def test_what_is_written_is_read(rows: list[tuple[int, ...]], ago_ms: int) -> None:
    payload = part(rows, ago_ms=ago_ms)
    assert len(payload) <= records.MAX_PAYLOAD
    fields, read = raw_window.read(payload)
    assert (fields["rep_seq"], fields["first_ago_ms"], fields["interval_ms"]) == (7, ago_ms, 40)
    assert read == rows


def test_the_wildest_part_fits() -> None:
    rows = [(sign, -sign, sign) for sign in [raw_window.LIMIT, -raw_window.LIMIT] * ROWS][:ROWS]
    assert raw_window.read(part(rows))[1] == rows
    assert len(part(rows)) <= records.MAX_PAYLOAD < len(part(rows)) + 2 * CHANNELS


def test_beyond_the_limit_is_clamped() -> None:
    assert raw_window.read(part([(30_000, -30_000, 0)]))[1] == [(raw_window.LIMIT, -raw_window.LIMIT, 0)]


def test_a_writer_begins_each_part_anew() -> None:
    writer = raw_window.RawWriter(CHANNELS)
    writer.add((500, 600, 700), 0)
    writer.take(1, 0, 2, 0, 40)
    writer.add((9, 9, 9, 500, 600, 700), 3)
    assert raw_window.read(bytes(writer.take(1, 1, 2, 0, 40)))[1] == [(500, 600, 700)]


def lifted() -> list[tuple[int, ...]]:
    """Four seconds of a curl at 25 Hz: 1 g turning by 120 degrees each way, and 20 mg of noise."""
    noise = np.random.default_rng(3).normal(0, 20, (100, CHANNELS))
    angle = np.radians(60) * np.sin(2 * np.pi * np.arange(100) * 0.04 / 3)
    level = np.stack([1000 * np.sin(angle), np.zeros(100), 1000 * np.cos(angle)], axis=1)
    return [tuple(row) for row in np.round(level + noise).astype(int).tolist()]


def test_four_seconds_of_lifting_are_a_few_hundred_bytes() -> None:
    rows = lifted()
    parts = [part(rows[at : at + ROWS]) for at in range(0, len(rows), ROWS)]
    size = sum(len(one) + records.OVERHEAD for one in parts)
    print(size, "bytes for", len(rows), "rows")  # noqa: T201 - shown by pytest -s
    assert size <= 500


def test_parts_join_to_a_curve_and_a_missing_one_leaves_the_others() -> None:
    rows = lifted()
    made = []
    for at in range(0, len(rows), 34):
        ago_ms = 5000 - 40 * at
        made.append((100_000 + at, part(rows[at : at + 34], at // 34, 3, 7, ago_ms + at)))
    other = (100_000, part(rows[:3], rep_seq=8))
    whole = raw_window.curve([made[2], other, made[0], made[1]], 7)
    assert whole == [(95_000 + 40 * i, row) for i, row in enumerate(rows)]
    assert raw_window.curve([made[2], made[0]], 7) == whole[:34] + whole[68:]
    assert raw_window.curve([other], 9) == []


def test_every_cut_is_noticed() -> None:
    payload = part(lifted()[:30])
    for end in range(len(payload)):
        with pytest.raises(records.BadPayload):
            raw_window.read(payload[:end])
    with pytest.raises(records.BadPayload):
        raw_window.read(payload + b"\0")


def test_noise_raises_nothing_else() -> None:
    draw = random.Random(5)
    for _ in range(5000):
        with contextlib.suppress(records.BadPayload):
            raw_window.read(draw.randbytes(draw.randrange(60)))
