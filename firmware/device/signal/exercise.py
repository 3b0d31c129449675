"""Which exercise a set was, from its repetitions, or that it cannot be told."""

from repbeat_protocol.exercises import UNKNOWN

from . import exercise_model
from .features import SetFeatures
from .linear import Linear

EQUIPMENT = 0  # sensor on the bar, dumbbell or weight stack
WRIST = 1
SURE_PERCENT = 70  # below, the answer is "unknown"
LEAST_REPS = 3


class ExerciseRecogniser:
    """`recognise` sets `code` (repbeat_protocol.exercises, UNKNOWN when unsure), `likely` and
    `confidence`."""

    def __init__(self, site: int) -> None:
        """`site`: where this device is worn or fitted; its kit says so."""
        self._codes, weights_hex = exercise_model.MODELS[site]
        self._model = Linear(len(self._codes), exercise_model.FIRST, exercise_model.LAST, weights_hex)
        self.code = self.likely = UNKNOWN
        self.confidence = 0

    def recognise(self, features: SetFeatures) -> int:
        """A set's features; returns the code."""
        self.code = self.likely = UNKNOWN
        self.confidence = 0
        if features.count >= LEAST_REPS:
            self._model.classify(features)
            self.likely = self._codes[self._model.best]
            self.confidence = self._model.percent
            if self.confidence >= SURE_PERCENT:
                self.code = self.likely
        return self.code
