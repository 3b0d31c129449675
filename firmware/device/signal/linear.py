"""A linear classifier whose weights are stored as data (made by `python -m repbeat_tools.training`)."""

from array import array
from binascii import unhexlify
from math import exp

from .features import SetFeatures


class Linear:
    """`classify` sets `best` (index of the most likely class) and `percent` (its probability)."""

    def __init__(self, classes: int, first: int, last: int, weights_hex: str) -> None:
        """Takes the features' values from `first` up to `last`.

        `weights_hex`: classes x (values + 1) 32-bit floats, the constant last.
        """
        self._classes = classes
        self._first = first
        self._last = last
        self._weights = array("f", unhexlify(weights_hex))
        self._scores = array("f", [0.0] * classes)
        self.best = 0
        self.percent = 0

    def classify(self, features: SetFeatures) -> None:
        """A set with at least one repetition."""
        scores, weights, at = self._scores, self._weights, 0
        features.settle()
        for c in range(self._classes):
            score = 0.0
            for i in range(self._first, self._last):
                score += weights[at] * features.value(i)
                at += 1
            scores[c] = score + weights[at]
            at += 1
        top = max(scores)
        total = 0.0
        for c in range(self._classes):
            total += exp(max(-80.0, scores[c] - top))
            if scores[c] == top:
                self.best = c
        self.percent = int(100 / total)
