"""Train the heart rate model from recordings: `python -m repbeat_tools.training.heart DIR [--write]`.

The firmware's own code, run here by CPython, makes the spectra and the belief: what is trained is what runs.
Two steps. (1) Weights of the state score: softmax regression over the 91 states against the reference, eight
numbers, a convex problem. (2) The quality: a logistic over four numbers, whether the value was within 5 bpm.
Its examples come from weights that had not seen the subject, from rest, and from noise without any pulse.

Prints the figures of step 1 and 2 with each subject left out of both, then writes `heart_weights.py`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from math import ceil
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from repbeat_tools.replay.heart import read_index, read_recording
from repbeat_tools.replay.runner import firmware_folder

Array = npt.NDArray[np.float64]

SHARPNESS = 0.55
"""Windows overlap by three quarters, so their evidence is not independent: each counts for about half."""
REFERENCE_SD_BPM = 2.0
RIDGE = np.array([0.1] * 6 + [0.01] * 2)
"""Strong for the maps: less follows the easy recordings, and loses the track in the others."""
QUALITY_RIDGE = 1e-4
NOISE_WEIGHT = 0.3
NOISE_S = 120
NOISE_SEEDS = range(10)
COVERAGE = 0.81
"""Share of values in exercise to be called good: sets the threshold."""
CLOSE_BPM = 5.0


@dataclass
class Run:
    """One pass through the tracker, per estimate; which of them the reference windows get."""

    subject: str
    in_exercise: bool
    t_s: Array
    maps: Array  # (estimates, 3, bins), octaves
    bpm: Array
    features: Array  # (estimates, 4)
    chosen: npt.NDArray[np.int64]  # the estimate of each reference window
    reference_bpm: Array


def load_firmware() -> Any:
    """The firmware's heart modules."""
    sys.path.insert(0, str(firmware_folder()))
    names = ("heart", "heart_spectrum", "heart_states", "heart_weights")
    heart, spectrum, states, weights = (import_module(f"device.signal.{name}") for name in names)
    return SimpleNamespace(heart=heart, spectrum=spectrum, states=states, weights=weights)


def track(firmware: Any, rows: npt.NDArray[np.int32]) -> tuple[Array, Array, Array, Array]:
    """Times, maps, values and features of all estimates."""
    tracker = firmware.heart.HeartTracker(contact_counts=0)
    times, maps, values, features = [], [], [], []
    for row in rows.tolist():
        if tracker.push(*row) and tracker.bpm_x10:
            spectrum = tracker.spectrum
            times.append(row[0] / 1000)
            maps.append([list(spectrum.clean), list(spectrum.wiener), list(spectrum.motion)])
            values.append(tracker.bpm_x10 / 10)
            features.append(list(tracker.rating.features))
    unit = firmware.spectrum.LOG_UNIT
    return np.array(times), np.array(maps) / unit, np.array(values), np.array(features)


def run_recording(firmware: Any, folder: Path, entry: dict[str, str]) -> Run:
    """A recording with, for each reference window, the estimate that was there at its end."""
    recording = read_recording(folder, entry)
    t_s, maps, bpm, features = track(firmware, recording.rows)
    start_s, end_s, reference = recording.truth.T
    if end_s[0] - start_s[0] > 12:  # a reference that averages longer than the device: compare along its line
        chosen = np.flatnonzero((t_s > start_s[0] + 12) & (t_s < end_s[-1]))
        reference = np.interp(t_s[chosen] - 4, (start_s + end_s) / 2, reference)
    else:
        chosen = np.searchsorted(t_s, end_s + 1e-6) - 1
    return Run(recording.subject, recording.has_motion, t_s, maps, bpm, features, chosen, reference)


def noise(seed: int) -> dict[str, npt.NDArray[np.int32]]:
    """Signals without a pulse, at rest and in motion: rows as the firmware gets them at 25 Hz."""
    rng = np.random.default_rng(seed)
    n = NOISE_S * 25
    frequency = np.maximum(np.fft.rfftfreq(n, 1 / 25), 0.05)[:, None]

    def coloured(slope: float) -> Array:
        spectrum = np.fft.rfft(rng.normal(size=(n, 2)), axis=0) / frequency ** (slope / 2)
        signal = np.fft.irfft(spectrum, n, axis=0)
        return np.asarray(signal / signal.std(0))

    phase = np.cumsum(rng.uniform(0.8, 2.8) * (1 + 0.05 * np.sin(np.arange(n) / 300))) * 2 * np.pi / 25
    swing = np.stack(
        [
            rng.uniform(50, 600) * np.sin(phase + rng.uniform(0, 6))
            + rng.uniform(20, 300) * np.sin(2 * phase + rng.uniform(0, 6))
            for _ in range(3)
        ],
        axis=1,
    ) + rng.normal(0, 60, (n, 3))
    still = np.zeros((n, 3))
    leak = np.roll(swing @ rng.normal(size=(3, 2)), rng.integers(1, 6), axis=0)
    leak = leak / leak.std(0)
    lights = {
        "leak": (leak + 0.3 * coloured(1), swing),
        "bent leak": (np.tanh(1.5 * leak) + 0.4 * leak**2 + 0.2 * coloured(1), swing),
    }
    for name, slope in (("white", 0), ("pink", 1), ("1/f²", 2)):
        lights[f"{name}, still"] = (coloured(slope), still)
        lights[f"{name}, moving"] = (coloured(slope), swing)
        lights[f"{name}, one channel"] = (coloured(slope)[:, :1].repeat(2, axis=1), still)
    t_ms = np.arange(n)[:, None] * 40
    return {
        name: np.rint(np.hstack([t_ms, 100_000 + 300 * light, motion])).astype(np.int32)
        for name, (light, motion) in lights.items()
    }


def recorded_leak(rows: npt.NDArray[np.int32], seed: int) -> npt.NDArray[np.int32]:
    """A recording whose light is its own acceleration, mixed, delayed and bent, and some noise: no pulse."""
    rng = np.random.default_rng(seed)
    motion = rows[:, 3:6] - rows[:, 3:6].mean(axis=0)
    light = np.roll(motion @ rng.normal(size=(3, 2)), rng.integers(0, 30), axis=0)
    light = np.tanh(light / light.std(axis=0)) + 0.3 * rng.normal(size=light.shape)
    return np.hstack([rows[:, :1], np.rint(200 * light).astype(np.int32), rows[:, 3:6]])


def state_inputs(firmware: Any, run: Run) -> Array:
    """(windows, states, 8): the maps at each state's frequency and its double, and the prior's two terms."""
    states, spectrum = firmware.states, firmware.spectrum
    bpm = states.LOWEST_BPM + states.STEP_BPM * np.arange(states.STATES)
    maps = run.maps[run.chosen]
    inputs = []
    for multiple in (1, 2):
        place = bpm * states.BIN_Q8_PER_BPM / 256 * multiple
        k = np.minimum(place.astype(int), spectrum.LAST_BIN - 1)
        part = place - k
        inside = place < spectrum.LAST_BIN
        inputs += [
            np.where(inside, m[:, k] * (1 - part) + m[:, k + 1] * part, 0) for m in maps.swapaxes(0, 1)
        ]
    centred = np.broadcast_to((bpm - 100) / 50, inputs[0].shape)
    return np.stack([*inputs, centred, centred**2], axis=-1)


def fit_states(firmware: Any, runs: list[Run]) -> Array:
    """Softmax regression by Newton steps: the eight weights, in nats per octave."""
    states = firmware.states
    x = np.concatenate([state_inputs(firmware, run) for run in runs])
    reference = np.concatenate([run.reference_bpm for run in runs])
    bpm = states.LOWEST_BPM + states.STEP_BPM * np.arange(states.STATES)
    target = np.exp(-(((bpm - reference[:, None]) / REFERENCE_SD_BPM) ** 2) / 2)
    target /= target.sum(axis=1, keepdims=True)
    w = np.zeros(x.shape[-1])
    for _ in range(12):
        score = x @ w
        p = np.exp(score - score.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = np.einsum("ns,nsf->nf", p, x)
        gradient = np.einsum("ns,nsf->f", p - target, x) / len(x) + RIDGE * w
        curvature = (np.einsum("ns,nsf,nsg->fg", p, x, x, optimize=True) - mean.T @ mean) / len(x)
        w -= np.linalg.solve(curvature + np.diag(RIDGE), gradient)
    return w


def state_weights(firmware: Any, w: Array) -> dict[str, Any]:
    """The weights as the firmware's whole numbers."""
    states, unit = firmware.states, firmware.spectrum.LOG_UNIT
    q8 = [round(256 * SHARPNESS * value) for value in w[:6]]
    centred = (states.LOWEST_BPM + states.STEP_BPM * np.arange(states.STATES) - 100) / 50
    prior = unit * SHARPNESS * (w[6] * centred + w[7] * centred**2)
    return {
        "FUNDAMENTAL": tuple(q8[:3]),
        "DOUBLE": tuple(q8[3:]),
        "PRIOR": [round(value) for value in prior],
    }


def install(firmware: Any, numbers: dict[str, Any]) -> None:
    """Let the loaded firmware use these numbers."""
    for name, value in numbers.items():
        setattr(firmware.weights, name, value)


def fit_quality(examples: list[tuple[Array, Array, float]]) -> Array:
    """Logistic regression by Newton steps over (features, right, weight): a weight each and the offset."""
    x = np.concatenate([np.column_stack([features, np.ones(len(features))]) for features, _, _ in examples])
    y = np.concatenate([right for _, right, _ in examples])
    weight = np.concatenate([np.full(len(right), w) for _, right, w in examples])
    b = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ b, -30, 30)))
        gradient = x.T @ (weight * (p - y)) + QUALITY_RIDGE * len(y) * b
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + QUALITY_RIDGE * len(y) * np.eye(len(b))
        b -= np.linalg.solve(curvature, gradient)
    return b


def chance(b: Array, features: Array) -> Array:
    """What the logistic says, 0-1."""
    return np.asarray(1 / (1 + np.exp(-(features @ b[:-1] + b[-1]))))


def source_text(numbers: dict[str, Any]) -> str:
    """The generated module."""
    quality = ", ".join(f"{value:.3f}" for value in numbers["QUALITY"])
    return f'''"""Learned numbers of the heart rate model (heart_states.py, heart_quality.py).

Made by `python -m repbeat_tools.training.heart DIR --write`: do not edit.
"""

from array import array

# In nats x 256 per octave of power: the clean, the motion-weighted and the motion map.
FUNDAMENTAL = {numbers["FUNDAMENTAL"]}
DOUBLE = {numbers["DOUBLE"]}

# Per state, in 1/64 nat.
PRIOR = array("h", {numbers["PRIOR"]})

# Doubt, light left, peak, doubt in full, offset.
QUALITY = ({quality})
GOOD_QUALITY = {numbers["GOOD_QUALITY"]}
'''


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Replace the firmware's heart_weights.py.")
def main(folder: Path, write: bool) -> None:
    """Train on the recordings in FOLDER; print what each subject gets from the others."""
    firmware = load_firmware()
    entries = read_index(folder)
    exercise = [entry for entry in entries if entry["source"].startswith("ieee_spc")]
    resting = [entry for entry in entries if entry not in exercise]
    click.echo(f"{len(exercise)} recordings in exercise, {len(resting)} at rest", err=True)
    first_pass = [run_recording(firmware, folder, entry) for entry in exercise]

    held_out: list[Run] = []
    for subject in sorted({run.subject for run in first_pass}):
        others = [run for run in first_pass if run.subject != subject]
        install(firmware, state_weights(firmware, fit_states(firmware, others)))
        held_out += [run_recording(firmware, folder, e) for e in exercise if e["subject"] == subject]

    numbers = state_weights(firmware, fit_states(firmware, first_pass))
    install(firmware, numbers)
    at_rest = [run_recording(firmware, folder, entry) for entry in resting]
    silent: list[tuple[int, str, Array]] = []
    leaks: list[tuple[str, Array]] = []
    for seed, entry in enumerate(exercise):
        leak = recorded_leak(read_recording(folder, entry).rows, seed)
        leaks.append((entry["subject"], track(firmware, leak)[3]))
    for seed in NOISE_SEEDS:
        silent += [(seed, name, track(firmware, rows)[3]) for name, rows in noise(seed).items()]

    def examples(without: str, seeds: set[int]) -> list[tuple[Array, Array, float]]:
        known: list[tuple[Array, Array, float]] = [
            (
                r.features[r.chosen],
                (np.abs(r.bpm[r.chosen] - r.reference_bpm) <= CLOSE_BPM).astype(float),
                1.0,
            )
            for r in (*held_out, *at_rest)
            if r.subject != without
        ]
        empty = [f for seed, _, f in silent if seed in seeds] + [f for s, f in leaks if s != without]
        return known + [(f, np.zeros(len(f)), NOISE_WEIGHT) for f in empty]

    all_seeds = set(NOISE_SEEDS)
    errors, chances, leaked = [], [], []
    for run in held_out:
        b = fit_quality(examples(run.subject, all_seeds))
        errors.append(np.abs(run.bpm[run.chosen] - run.reference_bpm))
        chances.append(chance(b, run.features[run.chosen]))
        leaked += [chance(b, features) for subject, features in leaks if subject == run.subject]
    threshold = float(np.quantile(np.concatenate(chances), 1 - COVERAGE))
    for run, error, sure in zip(held_out, errors, chances, strict=True):
        good = sure >= threshold
        close = f"{(error[good] <= CLOSE_BPM).mean():.3f}" if good.any() else "–"
        click.echo(
            f"{run.subject:18} MAE {error.mean():5.2f}  good {good.mean():.2f}, of those close {close}"
        )
    error, good = np.concatenate(errors), np.concatenate(chances) >= threshold
    right = error <= CLOSE_BPM
    click.echo(
        f"all: MAE {error.mean():.2f}, median record {median(float(e.mean()) for e in errors):.2f}, within 5 "
        f"{right.mean():.3f}; good {good.mean():.3f}, of those {right[good].mean():.3f}"
    )
    share = (np.concatenate(leaked) >= threshold).mean()
    click.echo(f"noise called good: {'recorded motion':20} {share:.3f}")
    half = {seed for seed in NOISE_SEEDS if seed % 2}
    b = fit_quality(examples("", half))
    for name in sorted({name for _, name, _ in silent}):
        unseen = np.concatenate([f for seed, n, f in silent if n == name and seed not in half])
        click.echo(f"noise called good: {name:20} {(chance(b, unseen) >= threshold).mean():.3f}")
    numbers["QUALITY"] = tuple(fit_quality(examples("", all_seeds)))
    numbers["GOOD_QUALITY"] = ceil(100 * threshold)  # the firmware cuts its percent off
    text = source_text(numbers)
    if write:
        (firmware_folder() / "device/signal/heart_weights.py").write_text(text)
    else:
        click.echo(text)


if __name__ == "__main__":
    main()
