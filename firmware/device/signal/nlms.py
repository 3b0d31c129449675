"""Takes out of an optical signal what the accelerometer can predict: a normalised LMS filter in integers.

Six weights (three axes, now and one sample ago) follow how motion leaks into the light. Step 0.02 adapts
over some seconds: slower than a pulse, faster than a change of exercise (chosen on recordings, where steps
from 0.005 to 0.04 gave the same heart rate error within 2 %).
"""

from array import array

TAPS = 6
_STEP_Q16 = 1311  # 0.02
_WEIGHT_LIMIT = 1 << 20  # 16 in Q16
_SIGNAL_LIMIT = 4095
_POWER_FLOOR = 1 << 12  # six axes at 26 mg: sensor noise must not be amplified into weights


class MotionCanceller:
    """Cleans one optical channel. The signal is brought to a mean size of 256-511 by shifts first."""

    def __init__(self) -> None:
        self._weights = array("i", [0] * TAPS)
        self._shift = 0
        self._size = 0  # running mean of |signal|, times 32

    def clean(self, sample: int, reference: "array[int]", power: int) -> int:
        """The sample without its predicted motion part, in the sample's unit.

        `reference`: TAPS accelerations in 2 mg, at most 2047 each; `power`: the sum of their squares.
        """
        weights = self._weights
        self._size += (sample if sample > 0 else -sample) - (self._size >> 5)
        size = self._size >> (5 + self._shift)
        if size >= 512:
            self._rescale(1)
        elif size < 200 and self._shift > 0:
            self._rescale(-1)
        scaled = sample >> self._shift
        if scaled > _SIGNAL_LIMIT:
            scaled = _SIGNAL_LIMIT
        elif scaled < -_SIGNAL_LIMIT:
            scaled = -_SIGNAL_LIMIT
        predicted = 0
        for i in range(TAPS):
            predicted += (weights[i] >> 4) * reference[i]
        error = scaled - (predicted >> 12)
        if error > _SIGNAL_LIMIT:
            error = _SIGNAL_LIMIT
        elif error < -_SIGNAL_LIMIT:
            error = -_SIGNAL_LIMIT
        if power > _POWER_FLOOR:
            gain = ((error * _STEP_Q16) << 6) // power
            for i in range(TAPS):
                weight = weights[i] + ((gain * reference[i]) >> 6)
                if weight > _WEIGHT_LIMIT:
                    weight = _WEIGHT_LIMIT
                elif weight < -_WEIGHT_LIMIT:
                    weight = -_WEIGHT_LIMIT
                weights[i] = weight
        return error << self._shift

    def _rescale(self, step: int) -> None:
        self._shift += step
        for i in range(TAPS):
            self._weights[i] = self._weights[i] >> 1 if step > 0 else self._weights[i] << 1
