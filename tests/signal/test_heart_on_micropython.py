"""The heart tracker's checks under MicroPython, its agreement with CPython, and what it costs."""

from array import array
from pathlib import Path

import numpy as np
import pytest

from device.signal import fft, heart_spectrum, heart_weights
from device.signal.heart import HeartTracker
from device.signal.heart_states import ONE
from repbeat_tools.replay.heart import DRIVER
from repbeat_tools.replay.runner import Firmware

RUN_ALL = """

def begin(options):
    globals()[options["name"]]()
    emit(options["name"])


def sample(x):
    pass


def end():
    pass
"""
SOURCE = (Path(__file__).parent / "test_heart.py").read_text()
NAMES = [line[4:].split("(")[0] for line in SOURCE.splitlines() if line.startswith("def test_")]


def exercise_rows(seconds: int, rate_hz: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t_s = np.arange(seconds * rate_hz) / rate_hz
    beats = np.cumsum(90 + 40 * np.sin(t_s / 40)) / 60 / rate_hz
    swing = np.stack([400 * np.sin(2 * np.pi * 1.4 * t_s + lag) for lag in (0, 1, 2)], axis=1)
    light = 100_000 + 200 * np.sin(2 * np.pi * beats)[:, None] + swing @ rng.normal(size=(3, 2)) * 0.5
    light += rng.normal(0, 60, light.shape)
    return np.rint(np.column_stack([t_s * 1000, light, swing])).astype(int)


def test_checks_hold_on_micropython() -> None:
    with Firmware(SOURCE + RUN_ALL, timeout_s=60, heap_bytes=64 << 20) as firmware:
        for name in NAMES:
            assert firmware.replay([[0]], {"name": name}).emitted == [name]


def test_both_interpreters_give_the_same_values() -> None:
    rows = exercise_rows(60, 100, seed=1)
    tracker = HeartTracker(contact_counts=0)
    here = [
        [row[0], tracker.bpm_x10, tracker.quality, tracker.good]
        for row in rows.tolist()
        if tracker.push(*row)
    ]
    with Firmware(DRIVER, timeout_s=60) as firmware:
        assert firmware.replay(rows).emitted == here
    assert len(here) > 20


def test_heap_is_small() -> None:
    driver = """
import gc
from device.signal.heart import HeartTracker
kept = []

def begin(options):
    if options["make"]:
        kept.append(HeartTracker(0))
    emit(gc.mem_alloc())
    gc.collect()  # takes place when control is back in node

def sample(*row):
    kept[-1].push(*row)

def end():
    pass
"""
    rows = exercise_rows(30, 25, seed=2)
    settle = ({"make": True}, {"make": False}, {"make": False})
    with Firmware(driver, timeout_s=60) as firmware:
        one, two = ([firmware.replay(rows, options).emitted[0] for options in settle][-1] for _ in range(2))
    assert 4000 < two - one < 12_000


def joint_powers(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """What `fft.powers` gives of two real signals, one a row."""
    amplitudes = np.abs(np.fft.fft(np.vstack([first, second]), fft.SIZE))[:, : fft.SIZE // 2] * 2 / 32
    return amplitudes**2


def test_fft_agrees_with_numpy() -> None:
    rng = np.random.default_rng(4)
    signal = rng.integers(-fft.INPUT_LIMIT, fft.INPUT_LIMIT, (2, fft.SIZE))
    re, im = [0] * fft.SIZE, [0] * fft.SIZE
    for i, place in enumerate(fft.REVERSED):
        re[place], im[place] = int(signal[0, i]), int(signal[1, i])
    found = np.zeros((2, fft.SIZE // 2), dtype=int)
    fft.first_passes(re, im)
    fft.middle_passes(re, im)
    fft.powers(re, im, *found)
    exact = joint_powers(*signal)
    used = slice(2, fft.SIZE // 2 - 1)
    error = np.abs(np.sqrt(found) - np.sqrt(exact))[:, used]
    assert error.max() < 0.002 * np.sqrt(exact).max()


def test_spectra_agree_with_numpy() -> None:
    """Of the light, and of the axis that moves most."""
    rng = np.random.default_rng(4)
    swing = np.sin(2 * np.pi * 1.9 * np.arange(heart_spectrum.WINDOW) / 12.5)
    pulse = np.outer([900, 20_000, -40_000, 30_000], swing)
    window = (pulse + rng.integers(-500, 500, pulse.shape)).astype(int)
    spectrum = heart_spectrum.HeartSpectrum()
    spectrum.take([array(code, row.tolist()) for code, row in zip("hiii", window, strict=True)], 0)
    for _ in range(heart_spectrum.HeartSpectrum.STEPS - 1):
        spectrum.step()
    used = window[[0, 2]]
    scaled = (used - used.mean(axis=1)[:, None]) / np.ptp(used, axis=1)[:, None]
    exact = joint_powers(*(scaled * heart_spectrum._WEIGHTS))
    band = slice(heart_spectrum.FIRST_BIN, heart_spectrum.LAST_BIN + 1)
    for found, expected in zip((spectrum._light, spectrum._moving), exact, strict=True):
        error = np.abs(np.sqrt(found) - np.sqrt(expected))[band]
        assert error.max() < 0.002 * np.sqrt(expected).max() + 1  # shifting cuts up to one off


def test_log_table_is_near_the_logarithm() -> None:
    values = np.unique(np.geomspace(40, (1 << 21) - 1, 500).astype(int))
    logs = np.array([heart_spectrum.log2_scaled(int(value)) for value in values])
    assert np.abs(logs - 64 * np.log2(values)).max() < 4


def test_quality_is_the_same_in_single_precision() -> None:
    """Floats are 32-bit on the chip; everything before the quality is whole numbers."""
    tracker = HeartTracker(contact_counts=0)
    f32 = np.float32
    doubt = f32(0)
    compared = 0
    for row in exercise_rows(90, 25, seed=3).tolist():
        if not tracker.push(*row):
            continue
        belief = f32(tracker.states.mass) / f32(ONE)
        doubt = f32(doubt + f32(np.log(f32(f32(1.02) - belief)) - doubt) * f32(0.2 if compared else 1))
        _, left, peak, doubt_in_full = (f32(value) for value in tracker.rating.features)
        score = f32(heart_weights.QUALITY[4])
        for weight, feature in zip(heart_weights.QUALITY, (doubt, left, peak, doubt_in_full), strict=False):
            score = f32(score + f32(weight) * feature)
        assert int(f32(100) / f32(1 + np.exp(-score))) == pytest.approx(tracker.quality, abs=1)
        compared += 1
    assert compared > 30
