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
        a = b = c = 0
        for i in range(0, n, STRIDE):
            length = size[i] or 1
            a += x[i] * UNIT // length
            b += y[i] * UNIT // length
            c += z[i] * UNIT // length
        u, v, w = a // max(1, used), b // max(1, used), c // max(1, used)
        xx = xy = xz = yy = yz = zz = 0
        for i in range(0, n, STRIDE):
            length = size[i] or 1
            a = x[i] * UNIT // length - u
            b = y[i] * UNIT // length - v
            c = z[i] * UNIT // length - w
            xx += a * a >> SHIFT
            xy += a * b >> SHIFT
            xz += a * c >> SHIFT
            yy += b * b >> SHIFT
            yz += b * c >> SHIFT
            zz += c * c >> SHIFT
        centre[0], centre[1], centre[2] = u, v, w
        spread[0], spread[1], spread[2] = xx, xy, xz
        spread[3], spread[4], spread[5] = yy, yz, zz
        return isqrt((self._find_axis() // max(1, used)) << (SHIFT + 3))

    def value(self, axes: "tuple[array[int], ...]", size: "array[int]", i: int) -> int:
        """Projection of one acceleration's direction: -2000 to 2000, 0 at the mean of the fit."""
        centre, axis = self._centre, self._axis
        length = size[i] or 1
        total = (axes[0][i] * UNIT // length - centre[0]) * axis[0]
        total += (axes[1][i] * UNIT // length - centre[1]) * axis[1]
        total += (axes[2][i] * UNIT // length - centre[2]) * axis[2]
        return total // UNIT

    def project(
        self, axes: "tuple[array[int], ...]", size: "array[int]", n: int, scale: int, into: "array[int]"
    ) -> None:
        """`value` of the first `n`, times `scale`."""
        x, y, z = axes[0], axes[1], axes[2]
        p, q, r = self._centre
        a, b, c = self._axis
        unit = UNIT
        for i in range(n):
            length = size[i] or 1
            total = (x[i] * unit // length - p) * a + (y[i] * unit // length - q) * b
            into[i] = (total + (z[i] * unit // length - r) * c) // unit * scale

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
