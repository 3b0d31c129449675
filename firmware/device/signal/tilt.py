"""How far the sensor has turned about its main axis of turning, whatever its mounting."""

from array import array

from .filters import isqrt

UNIT = 1000
SHIFT = 8
ROUNDS = 12
STRIDE = 3  # every third cell is enough for an axis


class Tilt:
    """Fits the direction along which gravity swings most in the sensor's frame; `value` projects on to it."""

    def __init__(self) -> None:
        self._axis = array("i", [0] * 3)
        self._centre = array("i", [0] * 3)
        self._spread = array("i", [0] * 6)  # xx, xy, xz, yy, yz, zz

    def fit(self, axes: "tuple[array[int], ...]", size: "array[int]", n: int) -> int:
        """Main direction of the unit vectors of the first `n` accelerations (mg, and their sizes).

        Returns the swing along it: peak to peak of a sine of the same energy, thousandths of a unit vector.
        """
        centre, spread = self._centre, self._spread
        x, y, z = axes[0], axes[1], axes[2]
        used = (n + STRIDE - 1) // STRIDE
        for k in range(3):
            centre[k] = 0
            axis = axes[k]
            for i in range(0, n, STRIDE):
                centre[k] += axis[i] * UNIT // (size[i] or 1)
            centre[k] //= max(1, used)
        for k in range(6):
            spread[k] = 0
        for i in range(0, n, STRIDE):
            length = size[i] or 1
            a = x[i] * UNIT // length - centre[0]
            b = y[i] * UNIT // length - centre[1]
            c = z[i] * UNIT // length - centre[2]
            spread[0] += a * a >> SHIFT
            spread[1] += a * b >> SHIFT
            spread[2] += a * c >> SHIFT
            spread[3] += b * b >> SHIFT
            spread[4] += b * c >> SHIFT
            spread[5] += c * c >> SHIFT
        return isqrt((self._find_axis() // max(1, used)) << (SHIFT + 3))

    def value(self, axes: "tuple[array[int], ...]", size: "array[int]", i: int) -> int:
        """Projection of one acceleration's direction: -2000 to 2000, 0 at the mean of the fit."""
        centre, axis = self._centre, self._axis
        length = size[i] or 1
        total = (axes[0][i] * UNIT // length - centre[0]) * axis[0]
        total += (axes[1][i] * UNIT // length - centre[1]) * axis[1]
        total += (axes[2][i] * UNIT // length - centre[2]) * axis[2]
        return total // UNIT

    def _find_axis(self) -> int:
        """Power iteration from the column of the largest variance; returns the energy along the axis."""
        s, axis = self._spread, self._axis
        largest = max(s[0], s[3], s[5], 1)
        for k in range(6):
            s[k] = s[k] * 1000 // largest
        if s[0] >= s[3] and s[0] >= s[5]:
            a, b, c = s[0], s[1], s[2]
        elif s[3] >= s[5]:
            a, b, c = s[1], s[3], s[4]
        else:
            a, b, c = s[2], s[4], s[5]
        length = 1
        for _ in range(ROUNDS):
            length = isqrt(a * a + b * b + c * c) or 1
            axis[0], axis[1], axis[2] = a * UNIT // length, b * UNIT // length, c * UNIT // length
            a = (s[0] * axis[0] + s[1] * axis[1] + s[2] * axis[2]) // UNIT
            b = (s[1] * axis[0] + s[3] * axis[1] + s[4] * axis[2]) // UNIT
            c = (s[2] * axis[0] + s[4] * axis[1] + s[5] * axis[2]) // UNIT
        return length * largest // 1000
