"""Every algorithm gives with the chip's 32-bit floats what it gives with 64 bits."""

from collections.abc import Callable
from importlib import import_module
from math import pi, sin

import numpy as np
import pytest
from replay.lifts import Lift, Sample, curl, walk
from replay.single import as_the_chip, single_precision

HR_ROWS = 60 * 25
Figures = dict[str, float]


def light_and_motion() -> np.ndarray:
    """A minute of a pulse of 126 a minute under an arm swing of 84 a minute, 25 Hz, counts and milli-g."""
    rng = np.random.default_rng(4)
    t_s = np.arange(HR_ROWS) / 25
    swing = 300 * np.sin(2 * pi * 1.4 * t_s)
    pulse = 400 * np.sin(2 * pi * 2.1 * t_s) + 120 * np.sin(4 * pi * 2.1 * t_s)
    light = (
        100_000 + pulse[:, None] * [1, 0.8] + swing[:, None] * [0.9, 0.5] + rng.normal(0, 60, (HR_ROWS, 2))
    )
    motion = np.stack([swing, 0.3 * swing, 1000 + 0.1 * swing], axis=1) + rng.normal(0, 20, (HR_ROWS, 3))
    return np.rint(np.column_stack([t_s * 1000, light, motion])).astype(int)


def heart() -> Figures:
    tracker = import_module("device.signal.heart").HeartTracker(contact_counts=0)
    values = [(tracker.bpm_x10, tracker.quality) for row in light_and_motion().tolist() if tracker.push(*row)]
    assert len(values) > 20
    return {
        f"{name} {i}": v[k] for i, v in enumerate(values) for k, name in enumerate(("bpm_x10", "quality"))
    }


def intervals() -> list[int]:
    return [round(900 + 60 * sin(2 * pi * i / 4.6) + 20 * sin(i)) for i in range(120)]


def variability() -> Figures:
    series = import_module("device.signal.rr").RrSeries(120)
    for rr_ms in intervals():
        series.push(rr_ms)
    result = import_module("device.signal.hrv").measure(series)
    breaths_x10 = import_module("device.signal.respiration").Respiration().measure(series, 64000)
    assert breaths_x10
    names = ("rmssd_ms", "ln_rmssd", "sdnn_ms", "pnn50", "mean_bpm")
    return {name: getattr(result, name) for name in names} | {"breaths_x10": breaths_x10}


def strain() -> Figures:
    clock = import_module("device.signal.zones").ZoneClock(55, 188)
    for second in range(5400):
        clock.add(110 + second % 71)
    module = import_module("device.signal.strain")
    net = module.net_impulse(clock)
    figures = {"banister": clock.banister(), "edwards": clock.edwards(), "net": net}
    return figures | {"display": module.display(net), "strain_x10": module.strain_x10(clock)}


def a_set(rows: list[Sample]) -> Figures:
    counter = import_module("device.signal.reps").RepCounter()
    counter.begin(0)
    for row in rows:
        counter.push(*row)
    counter.finish(rows[-1][0])
    features = import_module("device.signal.features")
    recogniser = import_module("device.signal.exercise").ExerciseRecogniser(0)
    recogniser.recognise(counter.features)
    form = import_module("device.signal.form_class").FormClassifier()
    form.classify(counter.features)
    figures = {f"feature {i}": counter.features.value(i) for i in range(features.VALUES)}
    for i in range(counter.count):
        rep = counter.rep(i)
        for name in ("start_ms", "turn_ms", "end_ms", "mean_velocity_mm_s", "form_bits", "confidence"):
            figures[f"{name} {i}"] = getattr(rep, name)
    figures |= {"count": counter.count, "likely": recogniser.likely, "percent": recogniser.confidence}
    return figures | {"form": float(sum(form.name.encode())), "form percent": form.confidence}


def lift() -> Figures:
    return a_set(Lift(10).samples())


def a_curl() -> Figures:
    return a_set(curl(10))


def steps() -> Figures:
    counter = import_module("device.signal.steps").StepCounter()
    for t_ms, x, y, z, *_ in walk(40.0):
        counter.push(t_ms, x, y, z)
    return {
        "steps": counter.steps,
        "cadence_x10": counter.cadence_x10(),
        "cv_permille": counter.cv_permille(),
    }


@pytest.mark.parametrize("algorithm", [heart, variability, strain, lift, a_curl, steps])
def test_single_precision_gives_the_same(algorithm: Callable[[], Figures]) -> None:
    double = algorithm()
    with single_precision():
        single = algorithm()
    assert single.keys() == double.keys()
    for name, value in double.items():
        if isinstance(value, int):
            slack = 1 if "percent" in name or "quality" in name or "_x10" in name else 0
            assert abs(single[name] - value) <= slack, name
        else:
            assert single[name] == pytest.approx(value, rel=1e-3, abs=2e-3), name


def test_the_rounding_takes_place() -> None:
    with single_precision():
        linear = import_module("device.signal.zones")
        value = linear.impulse_per_min(0.7, ((0.64, 1.92),))
    assert value == as_the_chip(value)
    assert value != import_module("device.signal.zones").impulse_per_min(0.7, ((0.64, 1.92),))
