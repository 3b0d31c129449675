"""Which kind of fault a whole set shows most, as a hint: clean, or one of four taught to its training
sets."""

from . import form_model
from .features import SetFeatures
from .linear import Linear

LEAST_REPS = 3


class FormClassifier:
    """`classify` sets `name` (one of form_model.CLASSES, "" for too few repetitions) and `confidence`."""

    def __init__(self) -> None:
        self._model = Linear(len(form_model.CLASSES), form_model.FIRST, form_model.LAST, form_model.WEIGHTS)
        self.name = ""
        self.confidence = 0

    def classify(self, features: SetFeatures) -> str:
        """A set's features; returns the name."""
        self.name, self.confidence = "", 0
        if features.count >= LEAST_REPS:
            self._model.classify(features)
            self.name, self.confidence = form_model.CLASSES[self._model.best], self._model.percent
        return self.name
