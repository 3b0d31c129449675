"""How turning and lifting go together over a set: what no mounting of the sensor changes.

A repetition is a closed cycle: velocity, height and angles end where they began. The moments of all of them
are added up over the set; only then are the axes chosen, so that a coupling keeps its sign from one
repetition to the next, which chance does not.
"""

from array import array
from math import log, sqrt

from .window import Window

NAMES = (
    "along",
    "aside",
    "axis_upright",
    "angle",
    "height_angle",
    "push_angle",
    "speed_turning",
    "speed_angle",
)
PUSH, SPEED, HEIGHT = range(3)  # vertical: acceleration, and its sums over cells
SWING, TURNING, ANGLE = 3, 6, 9  # three axes each: acceleration, angular rate, angle
CHANNELS = 12
ROW = tuple([c * CHANNELS - c * (c + 1) // 2 for c in range(CHANNELS)])  # moments: each pair once
PAIRS = CHANNELS * (CHANNELS + 1) // 2
CELL_S = 0.1
LEAST_DEGREES = 2.0  # turning by less is noise, and goes with nothing
SQUARINGS = 5
TINY = 1e-6


class Coupling:
    """`add` each repetition, `settle`, then `values` of NAMES."""

    def __init__(self) -> None:
        self._now = array("f", [0.0] * CHANNELS)
        self._means = array("f", [0.0] * CHANNELS)
        self._sums = array("f", [0.0] * CHANNELS)
        self._moments = array("f", [0.0] * PAIRS)
        self._gravity = array("f", [0.0] * 3)
        self.values = array("f", [0.0] * len(NAMES))
        self.begin()

    def begin(self) -> None:
        """A new set."""
        self._cells = 0
        for i in range(PAIRS):
            self._moments[i] = 0.0
        for i in range(3):
            self._gravity[i] = 0.0

    def add(self, window: Window, low: int, high: int) -> None:
        """A repetition in the cells from `low` to `high`."""
        axes, now, means, sums = window.axes, self._now, self._means, self._sums
        moments = self._moments
        n = high - low
        for k in range(3):
            means[SWING + k] = sum(axes[k][low:high]) / n
            means[TURNING + k] = sum(axes[3 + k][low:high]) / n
            self._gravity[k] += means[SWING + k]
        gx, gy, gz = means[SWING], means[SWING + 1], means[SWING + 2]
        size = sqrt(gx * gx + gy * gy + gz * gz) + TINY
        for c in range(CHANNELS):
            now[c] = sums[c] = 0.0
        drift = self._drift(window, low, high, size)
        for i in range(low, high):
            for k in range(3):
                now[SWING + k] = axes[k][i] - means[SWING + k]
                now[TURNING + k] = (axes[3 + k][i] - means[TURNING + k]) / 10
                now[ANGLE + k] += now[TURNING + k] * CELL_S
            now[PUSH] = (now[SWING] * gx + now[SWING + 1] * gy + now[SWING + 2] * gz) / size
            now[SPEED] += now[PUSH]
            now[HEIGHT] += now[SPEED] - drift
            for c in range(CHANNELS):
                value = now[c]
                sums[c] += value
                for d in range(c, CHANNELS):
                    moments[ROW[c] + d] += value * now[d]
        for c in range(CHANNELS):
            for d in range(c, CHANNELS):
                moments[ROW[c] + d] -= sums[c] * sums[d] / n
        self._cells += n

    def _drift(self, window: Window, low: int, high: int, size: float) -> float:
        """Mean of the vertical velocity, which a closed cycle does not have."""
        x, y, z = window.axes[0], window.axes[1], window.axes[2]
        means = self._means
        gx, gy, gz = means[SWING], means[SWING + 1], means[SWING + 2]
        speed = total = 0.0
        for i in range(low, high):
            speed += ((x[i] - gx) * gx + (y[i] - gy) * gy + (z[i] - gz) * gz) / size
            total += speed
        return total / (high - low)

    def settle(self) -> None:
        """Work out `values` from all repetitions so far."""
        values = self.values
        for i in range(len(NAMES)):
            values[i] = 0.0
        if not self._cells:
            return
        swing, spin = self._scatter(SWING), self._scatter(TURNING)
        gx, gy, gz = self._gravity
        size = sqrt(gx * gx + gy * gy + gz * gz) + TINY
        gx, gy, gz = gx / size, gy / size, gz / size
        share = (swing[0] + swing[3] + swing[5] + TINY) * (spin[0] + spin[3] + spin[5] + TINY)
        values[0] = sqrt(max(0.0, inner(swing, spin)) / share)
        values[1] = sqrt(max(0.0, inner(crossed(swing, gx, gy, gz), spin)) / share)
        axis = main_axis(spin)
        values[2] = abs(axis[0] * gx + axis[1] * gy + axis[2] * gz)
        turning = self._deviation(along(spin, axis)) + LEAST_DEGREES
        angle = self._deviation(along(self._scatter(ANGLE), axis)) + LEAST_DEGREES
        values[3] = log(angle)
        values[4] = self._tie(HEIGHT, ANGLE, axis) / angle
        values[5] = self._tie(PUSH, ANGLE, axis) / angle
        values[6] = self._tie(SPEED, TURNING, axis) / turning
        values[7] = self._tie(SPEED, ANGLE, axis) / angle

    def _scatter(self, first: int) -> list[float]:
        m = self._moments
        a, b, c = [ROW[axis] + axis for axis in (first, first + 1, first + 2)]
        return [m[a], m[a + 1], m[a + 2], m[b], m[b + 1], m[c]]

    def _deviation(self, power: float) -> float:
        return sqrt(max(0.0, power) / self._cells)

    def _tie(self, channel: int, axes: int, axis: tuple[float, float, float]) -> float:
        """How a vertical course goes with turning about the axis, over the size of the course."""
        at = ROW[channel]
        together = 0.0
        for k in range(3):
            together += self._moments[at + axes + k] * axis[k]
        return abs(together) / self._cells / (self._deviation(self._moments[at + channel]) + TINY)


def main_axis(s: list[float]) -> tuple[float, float, float]:
    """The axis of the largest share of a scatter (xx, xy, xz, yy, yz, zz), by squaring the matrix."""
    xx, xy, xz, yy, yz, zz = s
    for _ in range(SQUARINGS):
        size = xx + yy + zz + TINY
        xx, xy, xz, yy, yz, zz = xx / size, xy / size, xz / size, yy / size, yz / size, zz / size
        xx, xy, xz, yy, yz, zz = (
            xx * xx + xy * xy + xz * xz,
            xx * xy + xy * yy + xz * yz,
            xx * xz + xy * yz + xz * zz,
            xy * xy + yy * yy + yz * yz,
            xy * xz + yy * yz + yz * zz,
            xz * xz + yz * yz + zz * zz,
        )
    if xx >= yy and xx >= zz:
        x, y, z = xx, xy, xz
    elif yy >= zz:
        x, y, z = xy, yy, yz
    else:
        x, y, z = xz, yz, zz
    length = sqrt(x * x + y * y + z * z) + TINY
    return x / length, y / length, z / length


def along(s: list[float], axis: tuple[float, float, float]) -> float:
    """A scatter's share along an axis."""
    x, y, z = axis
    return s[0] * x * x + s[3] * y * y + s[5] * z * z + 2 * (s[1] * x * y + s[2] * x * z + s[4] * y * z)


def inner(s: list[float], t: list[float]) -> float:
    """Trace of the product of two scatters."""
    return s[0] * t[0] + s[3] * t[3] + s[5] * t[5] + 2 * (s[1] * t[1] + s[2] * t[2] + s[4] * t[4])


def crossed(s: list[float], x: float, y: float, z: float) -> list[float]:
    """The scatter of what is crossed with a vector: turned by a right angle about it, none along it."""
    rows = ((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0))
    full = ((s[0], s[1], s[2]), (s[1], s[3], s[4]), (s[2], s[4], s[5]))
    out = []
    for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
        total = 0.0
        for p in range(3):
            for q in range(3):
                total += rows[i][p] * full[p][q] * rows[j][q]
        out.append(total)
    return out
