"""Takes out of a signal what the accelerometer can predict: a normalised LMS filter in whole numbers.

Six weights (three axes, now and one point ago) follow how motion leaks into the light. Step 0.02 adapts over
seconds: slower than a pulse, faster than a change of exercise. On recordings more weights or a larger step
cancel the pulse as well, fewer or a smaller one leave motion in.
"""

TAPS = 6
SIGNAL_LIMIT = 4095
REFERENCE_LIMIT = 2047
_STEP_Q16 = 1311  # 0.02
_WEIGHT_LIMIT = 1 << 20  # 16 in Q16
_EACH_TAP = range(TAPS)
_POWER_FLOOR = 1 << 12  # six values of 52 mg RMS each in 2 mg: sensor noise must not become weights


class MotionCanceller:
    """Cleans one signal. All products stay inside the chip's small integers."""

    def __init__(self) -> None:
        self._weights = [0] * TAPS
        self._reference = [0] * TAPS  # the acceleration, and that of the point before

    def clean(self, sample: int, x: int, y: int, z: int) -> int:
        """The sample without its predicted motion part.

        `sample`: within SIGNAL_LIMIT. x, y, z: its acceleration in 2 mg, clipped at REFERENCE_LIMIT.
        """
        most, least = REFERENCE_LIMIT, -REFERENCE_LIMIT
        if not least <= x <= most:
            x = most if x > 0 else least
        if not least <= y <= most:
            y = most if y > 0 else least
        if not least <= z <= most:
            z = most if z > 0 else least
        weights, reference = self._weights, self._reference
        a, b, c, d, e, f = weights
        u, v, w, _, _, _ = reference
        reference[0], reference[1], reference[2] = x, y, z
        reference[3], reference[4], reference[5] = u, v, w
        predicted = (a >> 4) * x + (b >> 4) * y + (c >> 4) * z + (d >> 4) * u + (e >> 4) * v + (f >> 4) * w
        error = sample - (predicted >> 12)
        most, least = SIGNAL_LIMIT, -SIGNAL_LIMIT
        if not least <= error <= most:
            error = most if error > 0 else least
        power = x * x + y * y + z * z + u * u + v * v + w * w
        if power > _POWER_FLOOR:
            gain = ((error * _STEP_Q16) << 6) // power
            most, least = _WEIGHT_LIMIT, -_WEIGHT_LIMIT
            for i in _EACH_TAP:
                weight = weights[i] + (gain * reference[i] >> 6)
                if least < weight < most:
                    weights[i] = weight
        return error
