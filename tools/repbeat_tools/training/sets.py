"""Features of recorded sets, computed by the firmware's own code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from repbeat_tools.replay.recordings import RecordedSet, read_samples
from repbeat_tools.replay.runner import Firmware

DRIVER = """
from device.signal.exercise import EQUIPMENT, WRIST, ExerciseRecogniser
from device.signal.features import VALUES
from device.signal.form_class import FormClassifier
from device.signal.reps import RepCounter
counter, form = RepCounter(), FormClassifier()
recognisers = {"equipment": ExerciseRecogniser(EQUIPMENT), "wrist": ExerciseRecogniser(WRIST)}

def begin(options):
    global site, last_ms
    site, last_ms = options["site"], options["start_ms"]
    counter.begin(last_ms)

def sample(t_ms, ax, ay, az, gx, gy, gz):
    global last_ms
    last_ms = t_ms
    counter.push(t_ms, ax, ay, az, gx, gy, gz)

def end():
    counter.finish(last_ms)
    features, recogniser = counter.features, recognisers[site]
    recogniser.recognise(features)
    form.classify(features)
    values = []
    if features.count:
        features.settle()
        values = [features.value(i) for i in range(VALUES)]
    emit({"features": values, "reps": features.count, "code": recogniser.code, "likely": recogniser.likely,
          "confidence": recogniser.confidence, "form": form.name, "form_confidence": form.confidence})
"""
LEAST_REPS = 3
SPREADS_AND_MEANS = (0, 44)
MEANS_AND_WHOLE = (23, 49)
"""Which of the features' values a model takes, as SetFeatures.value numbers them. The exercise model does
without the balance of lifting and lowering: which of the two is which, only the exercise says."""


@dataclass(frozen=True)
class SetResult:
    """What the device said of one set, and the features it said it from (empty: too few repetitions)."""

    recorded: RecordedSet
    features: list[float]
    reps: int
    code: int
    likely: int
    confidence: int
    form: str
    form_confidence: int

    @property
    def usable(self) -> bool:
        """Whether the device would have an opinion."""
        return self.reps >= LEAST_REPS


def device_results(sets: Iterable[RecordedSet]) -> list[SetResult]:
    """Replay the sets through the firmware."""
    results = []
    with Firmware(DRIVER) as firmware:
        for recorded in sets:
            samples = read_samples(recorded)
            options = {"start_ms": int(samples[0, 0]), "site": recorded.site}
            results.append(SetResult(recorded, **firmware.replay(samples, options).emitted[-1]))
    return results
