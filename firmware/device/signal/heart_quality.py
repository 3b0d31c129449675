"""How likely is the heart rate within 5 bpm of the truth? A logistic of four numbers, 0-100 %.

Trained on recordings of exercise and rest, where it was seen how far off each value was, and on noise without
any pulse (white, pink, 1/f^2, acceleration leaking into the light), where no value is right.
"""

from math import exp, log

from device.signal import heart_weights as weights
from device.signal.heart_spectrum import FIRST_BIN, LAST_BIN, LOG_UNIT, HeartSpectrum
from device.signal.heart_states import BIN_Q8_PER_BPM, ONE, HeartStates

FEATURES = 4
_MEMORY = 0.2  # per estimate: confidence has to last some ten seconds, chance does not
_MOST_LEFT = 1.2


class HeartQuality:
    """Keeps a running mean of the tracker's doubt; `rate` once per estimate."""

    def __init__(self) -> None:
        self.features = [0.0] * FEATURES
        """Mean log doubt of the belief; log share of the light that is no motion; peak, octaves; log doubt of
        the value where this window's evidence is taken in full."""
        self.restart()

    def restart(self) -> None:
        """A new wearer, or a new contact: nothing is known."""
        self._known = False
        self._doubt = 0.0

    def rate(self, spectrum: HeartSpectrum, states: HeartStates, light: int, left: int) -> int:
        """Chance in percent. `light`, `left`: mean size of the light before and after cancelling motion."""
        features = self.features
        doubt = _log_doubt(states.mass, ONE)
        self._doubt += (doubt - self._doubt) * (_MEMORY if self._known else 1)
        self._known = True
        features[0] = self._doubt
        features[1] = log(0.05 + min(left / (light + 1), _MOST_LEFT))
        features[2] = self._peak(spectrum, states.bpm_x10)
        features[3] = _log_doubt(states.close, states.anywhere)
        if spectrum.flat:
            return 0
        score = weights.QUALITY[FEATURES]
        for i in range(FEATURES):
            score += weights.QUALITY[i] * features[i]
        return int(100 / (1 + exp(-max(-20.0, min(20.0, score)))))

    def _peak(self, spectrum: HeartSpectrum, bpm_x10: int) -> float:
        """The highest of the motion-weighted map's bins around the value, in octaves of power."""
        at = int(bpm_x10 * BIN_Q8_PER_BPM / 2560 + 0.5)
        highest = -(1 << 15)
        for k in range(max(FIRST_BIN, at - 1), min(LAST_BIN, at + 1) + 1):
            highest = max(highest, spectrum.wiener[k])
        return highest / LOG_UNIT


def _log_doubt(near: int, all_belief: int) -> float:
    """Of the belief, how much lies elsewhere; certainty ends at 2 %."""
    return log(1.02 - min(near / all_belief, 1.0))
