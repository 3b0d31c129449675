"""How turning and lifting go together over a set: what no mounting of the sensor changes.

A repetition is a closed cycle: velocity, height and angles end where they began. The moments of these
courses are added up over the set; only then is the main axis of turning chosen, so that a coupling keeps its
sign from one repetition to the next, which chance does not. A cell costs integers, a repetition few floats.
"""

from array import array
from math import log, sqrt

from .filters import isqrt
from .window import Window

NAMES = ("angle", "push_angle", "speed_angle", "height_angle")
# Courses: push, speed, height (vertical acceleration, its sum, the sum of that), the angle about each axis.
# Moments: each of the first three with itself and with the angles, then the angles with each other.
COURSES = 6
VERTICAL = 3
TURNING = 12
MOMENTS = 18
UNIT = 1024  # of the direction of gravity, and what a course is scaled to: moments stay small integers
DEGREES = 0.01  # a cell of 0.1 s at 0.1 deg/s
LEAST_DEGREES = 2.0  # turning by less is noise, and goes with nothing
SQUARINGS = 5
TINY = 1e-6


class Coupling:
    """`add` each repetition, `settle`, then `values` of NAMES."""

    def __init__(self) -> None:
        self._mean = array("i", [0] * 6)  # of the axes
        self._gravity = array("i", [0] * 3)
        self._shift = array("b", [0] * COURSES)
        self._sums = array("i", [0] * COURSES)
        self._products = array("i", [0] * MOMENTS)
        self._moments = array("f", [0.0] * MOMENTS)
        self.values = array("f", [0.0] * len(NAMES))
        self.begin()

    def begin(self) -> None:
        """A new set."""
        self._cells = 0
        for k in range(MOMENTS):
            self._moments[k] = 0.0

    def add(self, window: Window, low: int, high: int) -> None:
        """A repetition in the cells from `low` to `high`."""
        self._find_level(window, low, high)
        drift = self._find_scale(window, low, high)
        self._add_up(window, low, high, drift)
        moments, products, sums, shift = self._moments, self._products, self._sums, self._shift
        n = high - low
        k = 0
        for a in range(COURSES):
            for b in range(a, COURSES):
                if b == a or b >= VERTICAL:
                    about_means = products[k] - sums[a] * (sums[b] / n)
                    moments[k] += about_means * (1 << shift[a] + shift[b])
                    k += 1
        self._cells += n

    def _find_level(self, window: Window, low: int, high: int) -> None:
        """Means of the axes over a repetition, and the direction of gravity, in UNIT."""
        mean = self._mean
        for k in range(6):
            axis, total = window.axes[k], 0
            for i in range(low, high):
                total += axis[i]
            mean[k] = total // (high - low)
        size = isqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]) + 1
        for k in range(3):
            self._gravity[k] = mean[k] * UNIT // size

    def _find_scale(self, window: Window, low: int, high: int) -> int:
        """By how many bits each course exceeds UNIT; returns the mean speed, which a closed cycle lacks."""
        gx, gy, gz = self._gravity
        mx, my, mz, mu, mv, mw = self._mean
        x, y, z, u, v, w = window.axes
        level = mx * gx + my * gy + mz * gz - UNIT // 2
        speed = height = a = b = c = 0
        pushes = speeds = heights = angles = 0
        for i in range(low, high):
            push = (x[i] * gx + y[i] * gy + z[i] * gz - level) // UNIT
            speed += push
            height += speed
            a += u[i] - mu
            b += v[i] - mv
            c += w[i] - mw
            pushes |= abs(push)
            speeds |= abs(speed)
            heights |= abs(height)
            angles |= abs(a) | abs(b) | abs(c)
        shift = self._shift
        shift[0], shift[1] = excess(pushes), excess(speeds)
        shift[2] = excess(heights + abs(height))
        shift[3] = shift[4] = shift[5] = excess(angles)
        return height // (high - low)

    def _add_up(self, window: Window, low: int, high: int, drift: int) -> None:
        """Sums and products of the courses over the repetition."""
        gx, gy, gz = self._gravity
        mx, my, mz, mu, mv, mw = self._mean
        x, y, z, u, v, w = window.axes
        by_push, by_speed, by_height, by_angle = self._shift[:4]
        level = mx * gx + my * gy + mz * gz - UNIT // 2
        p_sum = s_sum = h_sum = a_sum = b_sum = c_sum = 0
        pp = pa = pb = pc = ss = sa = sb = sc = hh = ha = hb = hc = aa = ab = ac = bb = bc = cc = 0
        speed = height = ta = tb = tc = 0
        for i in range(low, high):
            push = (x[i] * gx + y[i] * gy + z[i] * gz - level) // UNIT
            speed += push
            height += speed - drift
            ta += u[i] - mu
            tb += v[i] - mv
            tc += w[i] - mw
            p, s, h = push >> by_push, speed >> by_speed, height >> by_height
            a, b, c = ta >> by_angle, tb >> by_angle, tc >> by_angle
            p_sum += p
            s_sum += s
            h_sum += h
            a_sum += a
            b_sum += b
            c_sum += c
            pp += p * p
            pa += p * a
            pb += p * b
            pc += p * c
            ss += s * s
            sa += s * a
            sb += s * b
            sc += s * c
            hh += h * h
            ha += h * a
            hb += h * b
            hc += h * c
            aa += a * a
            ab += a * b
            ac += a * c
            bb += b * b
            bc += b * c
            cc += c * c
        sums, m = self._sums, self._products
        sums[0], sums[1], sums[2] = p_sum, s_sum, h_sum
        sums[3], sums[4], sums[5] = a_sum, b_sum, c_sum
        m[0], m[1], m[2] = pp, pa, pb
        m[3], m[4], m[5] = pc, ss, sa
        m[6], m[7], m[8] = sb, sc, hh
        m[9], m[10], m[11] = ha, hb, hc
        m[12], m[13], m[14] = aa, ab, ac
        m[15], m[16], m[17] = bb, bc, cc

    def settle(self) -> None:
        """Work out `values` from all repetitions so far."""
        values, moments = self.values, self._moments
        for i in range(len(NAMES)):
            values[i] = 0.0
        if not self._cells:
            return
        x, y, z = main_axis(moments)
        xx, xy, xz, yy, yz, zz = moments[TURNING:]
        turning = xx * x * x + yy * y * y + zz * z * z + 2 * (xy * x * y + xz * x * z + yz * y * z)
        angle = sqrt(max(0.0, turning) / self._cells) + LEAST_DEGREES / DEGREES
        values[0] = log(angle * DEGREES)
        for c in range(VERTICAL):
            at = 4 * c
            together = moments[at + 1] * x + moments[at + 2] * y + moments[at + 3] * z
            size = sqrt(max(0.0, moments[at]) * self._cells) + TINY
            values[1 + c] = abs(together) / (size * angle)


def excess(size: int) -> int:
    """How many bits to shift off for less than UNIT."""
    bits = 0
    while size >> bits >= UNIT:
        bits += 1
    return bits


def main_axis(moments: "array[float]") -> tuple[float, float, float]:
    """The axis of the most turning, by squaring the matrix of the angles' moments."""
    xx, xy, xz, yy, yz, zz = moments[TURNING:]
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
