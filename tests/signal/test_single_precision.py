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


def recovery() -> Figures:
    module = import_module("device.signal.recovery")
    fall, resting = module.HeartRateRecovery(), module.RestingHeartRate()
    for second in range(400):
        fall.second(160)
        resting.second(52 + second % 7)
    fall.begin()
    told = [second for second in range(80) if fall.second(160 - second // 2)]
    assert told
    assert fall.drop_bpm
    return {"drop_bpm": fall.drop_bpm, "told_s": told[0], "resting_bpm_x10": resting.bpm_x10}


def pacer() -> Figures:
    exercise = import_module("device.signal.pacer").BreathingExercise(0, 120)
    cues = []
    rr_ms = intervals()
    next_ms, k = 0, 0
    for now_ms in range(0, 250_000, 100):
        while next_ms <= now_ms:
            exercise.interval(rr_ms[k % len(rr_ms)])
            next_ms += rr_ms[k % len(rr_ms)]
            k += 1
        cues.append(exercise.update(now_ms))
    assert exercise.before
    assert exercise.after
    figures: Figures = {"cues": sum(cues)}
    for side, result in (("before", exercise.before), ("after", exercise.after)):
        for name in ("rmssd_ms", "ln_rmssd", "sdnn_ms", "mean_bpm"):
            figures[f"{side} {name}"] = getattr(result, name)
    return figures


def beats() -> Figures:
    module = import_module("device.signal.beats")
    t_ms = np.arange(0, 60_000, 10)
    pulse = np.rint(100_000 + 400 * np.sin(2 * pi * 0.6 * t_ms / 1000) ** 8).astype(int)
    found: list[tuple[int, int, int]] = []
    detector = module.BeatDetector(100)
    for at_ms, light in zip(t_ms.tolist(), pulse.tolist(), strict=True):
        if detector.push(at_ms, light):
            found.append((detector.beat_ms, detector.rr_1024, detector.quality))
    assert len(found) > 50
    names = ("beat_ms", "rr_1024", "quality")
    return {f"{name} {i}": beat[k] for i, beat in enumerate(found) for k, name in enumerate(names)}


def rest() -> Figures:
    finder = import_module("device.signal.rest").RestFinder()
    hour_ms = 3_600_000
    found = []
    for t_ms in range(0, 12 * hour_ms, 1000):
        awake = not 2 * hour_ms < t_ms < 9 * hour_ms
        turn = (t_ms // (20_000 if awake else 1_500_000) * 37) % 140 - 70
        angle = turn * pi / 180
        if finder.push(t_ms, round(1000 * np.cos(angle)), 3, round(1000 * np.sin(angle)), True):
            found.append((finder.start_ms, finder.end_ms, finder.quiet_ms, finder.kind))
    while finder.finish(12 * hour_ms):
        found.append((finder.start_ms, finder.end_ms, finder.quiet_ms, finder.kind))
    assert found
    return {f"{k} {i}": value for i, window in enumerate(found) for k, value in enumerate(window)}


def stack() -> Figures:
    counter = import_module("device.signal.stack").StackCounter()
    raised = Lift(8)
    t_s = np.arange(0, raised.duration_s, 0.025)
    distances = np.rint(700 - raised.path(t_s) + np.random.default_rng(2).normal(0, 2, len(t_s))).astype(int)
    counter.begin(0)
    for second, mm in zip(t_s.tolist(), distances.tolist(), strict=True):
        counter.push(round(1000 * second) + 1, mm)
    counter.finish(round(1000 * raised.duration_s) + 2)
    assert counter.count == 8
    figures: Figures = {"rest_mm": counter.rest_mm, "loss_permille": counter.velocity_loss.permille}
    names = (
        "start_ms",
        "turn_ms",
        "end_ms",
        "range_mm",
        "mean_velocity_mm_s",
        "peak_velocity_mm_s",
        "confidence",
    )
    for i in range(counter.count):
        figures |= {f"{name} {i}": getattr(counter.rep(i), name) for name in names}
    return figures


ALGORITHMS = [heart, variability, strain, lift, a_curl, steps, recovery, pacer, beats, rest, stack]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
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
