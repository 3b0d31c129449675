"""What a doubtful repetition looked like is kept: whole, in order, in parts that fit a record."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from device.session.raw_window import A_SET, AFTER_MS, BEFORE_MS, DOUBTFUL, INTERVAL_MS, RawWindow
from repbeat_protocol import raw_window, records


class Kept:
    def __init__(self) -> None:
        self.parts: list[tuple[tuple[int, ...], np.ndarray]] = []

    def raw_window(self, payload: memoryview) -> None:
        assert len(payload) <= records.MAX_PAYLOAD
        fields, rows = raw_window.read(bytes(payload))
        place = (fields["rep_seq"], fields["part"], fields["parts"], fields["first_ago_ms"])
        self.parts.append((place, np.array(rows)))


def rep(start_ms: int, end_ms: int, confidence: int) -> SimpleNamespace:
    return SimpleNamespace(start_ms=start_ms, end_ms=end_ms, confidence=confidence)


def feed(raw: RawWindow, from_ms: int, until_ms: int, step_ms: int = 10) -> None:
    for t_ms in range(from_ms, until_ms, step_ms):
        raw.motion(t_ms, t_ms // 10 % 8000, -(t_ms // 20 % 8000), 1000)


@pytest.mark.parametrize("step_ms", [10, 20, 80])
def test_two_seconds_to_either_side_of_a_doubtful_repetition(step_ms: int) -> None:
    kept = Kept()
    raw = RawWindow(kept)
    feed(raw, 0, 10_000, step_ms)
    raw.want(77, rep(6000, 9000, DOUBTFUL - 1))
    raw.tick(10_000)
    assert not kept.parts, "the second after it has not come yet"
    feed(raw, 10_000, 11_100, step_ms)
    raw.tick(11_100)
    assert [values[0] for values, _ in kept.parts] == [77] * len(kept.parts)
    assert [values[1] for values, _ in kept.parts] == list(range(kept.parts[0][0][2]))
    first_ms = 11_100 - kept.parts[0][0][3]
    assert first_ms == pytest.approx(6000 - BEFORE_MS, abs=INTERVAL_MS)
    samples = np.vstack([part for _, part in kept.parts])
    assert len(samples) * INTERVAL_MS == pytest.approx(3000 + BEFORE_MS + AFTER_MS, abs=3 * INTERVAL_MS)
    middles = first_ms + INTERVAL_MS * np.arange(len(samples)) + INTERVAL_MS / 2
    assert np.abs(samples[:, 0] - middles / 10).max() <= step_ms / 10 + INTERVAL_MS / 20 + 1
    assert set(samples[:, 2]) == {1000}


def test_a_sure_repetition_is_not_kept() -> None:
    kept = Kept()
    raw = RawWindow(kept)
    feed(raw, 0, 10_000)
    raw.want(77, rep(6000, 9000, DOUBTFUL))
    feed(raw, 10_000, 20_000)
    raw.tick(20_000)
    assert not kept.parts


def test_a_few_a_set_are_enough() -> None:
    kept = Kept()
    raw = RawWindow(kept)
    for number in range(A_SET + 3):
        at_ms = 20_000 * number
        feed(raw, at_ms, at_ms + 12_000)
        raw.want(number, rep(at_ms + 6000, at_ms + 9000, 5))
        raw.tick(at_ms + 12_000)
    assert {values[0] for values, _ in kept.parts} == set(range(A_SET))
    raw.begin()
    feed(raw, 500_000, 512_000)
    raw.want(99, rep(506_000, 509_000, 5))
    raw.tick(512_000)
    assert kept.parts[-1][0][0] == 99


def test_what_is_older_than_the_buffer_is_left_out() -> None:
    kept = Kept()
    raw = RawWindow(kept)
    feed(raw, 0, 60_000)
    raw.want(5, rep(10_000, 57_000, 5))  # slower than anything: kept from its end backwards
    raw.tick(60_000)
    oldest_ms = 60_000 - kept.parts[0][0][3]
    assert oldest_ms >= 57_000 - 8000 - BEFORE_MS - INTERVAL_MS
    assert kept.parts[-1][0][1] == kept.parts[-1][0][2] - 1
