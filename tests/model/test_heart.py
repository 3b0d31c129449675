"""The heart: rate by effort, beats by rate, pulse by beats, and what shaking does to it."""

from __future__ import annotations

import numpy as np
import pytest

from repbeat_tools.simulator.model import Heart
from repbeat_tools.simulator.model.heart import DC_NA_PER_MA, OFF_SKIN_NA_PER_MA
from repbeat_tools.simulator.model.kinematics import STEP_S, Array


def beat(heart: Heart, seconds: float, effort: float = 0.0, shake_g: float = 0.0) -> Array:
    n = round(seconds / STEP_S)
    t_s = STEP_S * np.arange(n)
    acceleration = np.stack([shake_g * np.sin(2 * np.pi * 2.1 * t_s), np.zeros(n), np.ones(n)], axis=1)
    return heart.advance(np.full(n, effort), acceleration)


def peak_bpm(light: Array) -> float:
    """Rate of the strongest line between 40 and 220 a minute."""
    n = 1 << 16
    spectrum = np.abs(np.fft.rfft((light - light.mean()) * np.hanning(len(light)), n))
    bpm = 60 * np.fft.rfftfreq(n, STEP_S)
    return float(bpm[(bpm > 40) & (bpm < 220)][spectrum[(bpm > 40) & (bpm < 220)].argmax()])


@pytest.mark.parametrize("effort", [0.0, 0.4, 0.8])
def test_pulse_peaks_at_the_heart_rate(effort: float) -> None:
    heart = Heart(2, resting_bpm=62, max_bpm=188)
    beat(heart, 180, effort)
    light = beat(heart, 20, effort)
    expected = 62 + effort * (188 - 62)
    assert heart.truth.bpm[-1][1] == pytest.approx(expected, abs=1)
    for channel in range(2):
        assert peak_bpm(light[:, channel]) == pytest.approx(expected, abs=2)


def test_rate_rises_and_falls_in_its_own_time() -> None:
    heart = Heart(3, resting_bpm=60, max_bpm=160)
    beat(heart, 60)
    beat(heart, 20, 1.0)
    assert heart.truth.bpm[-1][1] == pytest.approx(60 + 100 * (1 - np.exp(-1)), abs=4)
    beat(heart, 200, 1.0)
    beat(heart, 55, 0.0)
    assert heart.truth.bpm[-1][1] == pytest.approx(60 + 100 * np.exp(-1), abs=4)


def test_truth_is_consistent() -> None:
    heart = Heart(4, start_ms=5000)
    for effort in (0.0, 0.7, 0.1):
        beat(heart, 60, effort)
    beats, rr = np.array(heart.truth.beats_ms), np.array(heart.truth.rr_ms)
    assert np.diff(beats) == pytest.approx(rr[1:], abs=1e-6)
    seconds = np.array(heart.truth.bpm)
    assert np.array_equal(seconds[:, 0], 5000 + 1000 * np.arange(180))
    for start, end in ((0, 60), (60, 120), (120, 180)):
        inside = rr[(beats >= 5000 + start * 1000) & (beats < 5000 + end * 1000)]
        assert 60000 / inside.mean() == pytest.approx(seconds[start:end, 1].mean(), rel=0.05)


def test_a_strap_is_told_each_beat_once() -> None:
    heart = Heart(4, start_ms=5000)
    beat(heart, 60, 0.3)
    told = [pair for t in range(5000, 65_000, 1000) for pair in heart.truth.beats_between(t, t + 1000)]
    assert told == [
        pair for pair in zip(heart.truth.beats_ms, heart.truth.rr_ms, strict=True) if pair[0] < 65_000
    ]


def test_breath_moves_the_beats_at_rest_more_than_at_work() -> None:
    spread = []
    for effort in (0.0, 0.9):
        heart = Heart(5)
        beat(heart, 200, effort)
        rr = np.array(heart.truth.rr_ms[-60:])
        spread.append(np.sqrt(np.mean(np.diff(rr) ** 2)))
    assert 10 < spread[0] < 60
    assert spread[1] < spread[0] / 3


def test_movement_shows_in_the_light() -> None:
    still, shaken = (beat(Heart(6), 30, 0.0, g) for g in (0.0, 0.8))

    def line(light: Array) -> float:
        spectrum = np.abs(np.fft.rfft(light[:, 0] - light[:, 0].mean()))
        return float(spectrum[round(2.1 * 30)])

    assert line(shaken) > 5 * line(still)


def test_contact_sets_the_level() -> None:
    heart = Heart(7)
    on = beat(heart, 5)
    heart.contact = 0.0
    off = beat(heart, 5)
    assert on.mean(axis=0) == pytest.approx(DC_NA_PER_MA, rel=0.02)
    assert off == pytest.approx(np.full_like(off, OFF_SKIN_NA_PER_MA))


def test_same_seed_same_heart() -> None:
    first, again, other = (beat(Heart(seed), 10, 0.3) for seed in (8, 8, 9))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
