"""Takes out of a signal what the accelerometer can predict: a normalised LMS filter in whole numbers.

Six weights (three axes, now and one point ago) follow how motion leaks into the light. Step 0.02 adapts over
seconds: slower than a pulse, faster than a change of exercise. On recordings more weights or a larger step
cancel the pulse as well, fewer or a smaller one leave motion in.
"""

from array import array

TAPS = 6
SIGNAL_LIMIT = 4095
REFERENCE_LIMIT = 2047
_STEP_Q16 = 1311  # 0.02
_WEIGHT_LIMIT = 1 << 20  # 16 in Q16
_POWER_FLOOR = 1 << 12  # six values of 52 mg RMS each in 2 mg: sensor noise must not become weights


class MotionCanceller:
    """Cleans one signal. All products stay inside the chip's small integers."""

    def __init__(self) -> None:
        self._weights = array("i", [0] * TAPS)

    def clean(self, sample: int, reference: "array[int]", power: int) -> int:
        """The sample without its predicted motion part.

        `sample`: within SIGNAL_LIMIT. `reference`: TAPS accelerations in 2 mg within REFERENCE_LIMIT.
        `power`: the sum of their squares.
        """
        weights = self._weights
        predicted = 0
        for i in range(TAPS):
            predicted += (weights[i] >> 4) * reference[i]
        error = sample - (predicted >> 12)
        if error > SIGNAL_LIMIT:
            error = SIGNAL_LIMIT
        elif error < -SIGNAL_LIMIT:
            error = -SIGNAL_LIMIT
        if power > _POWER_FLOOR:
            gain = ((error * _STEP_Q16) << 6) // power
            for i in range(TAPS):
                weight = weights[i] + ((gain * reference[i]) >> 6)
                if -_WEIGHT_LIMIT < weight < _WEIGHT_LIMIT:
                    weights[i] = weight
        return error
