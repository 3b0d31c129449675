"""What characterises a set, independent of how the sensor is mounted: for exercise and form recognition.

Each repetition gives numbers that no rotation of the sensor changes; a set is their mean and their spread
over
its repetitions. Computed once a repetition, so plain floats serve.
"""

from array import array
from math import log, sqrt

from . import coupling
from .coupling import Coupling
from .rep_store import Rep
from .window import Window

NAMES = (
    "balance",
    "duration",
    "size",
    "turning",
    "swing",
    "flat",
    "line",
    "turn_flat",
    "turn_line",
    "turn_upright",
    "vertical",
    "skew",
    "roughness",
    "turn_roughness",
    "together",
    "highest",
    "lowest",
    "turn_balance",
    "size_balance",
    "start",
    "turn",
    "pause",
)
COUNT = len(NAMES)
TURNING = NAMES.index("turning")
WHOLE_NAMES = coupling.NAMES + ("guided",)
VALUES = 2 * COUNT + len(WHOLE_NAMES)
GUIDED, FREE = log(0.038), log(0.063)
"""Mean turning (`turning` of NAMES): a weight stack on its rods turns by up to 3 deg/s, a bar in the hands by
more than 6 (recordings of 29 people); a straight line through `turning` itself cannot say so."""
TINY = 1e-6


def invariants(xx: float, xy: float, xz: float, yy: float, yz: float, zz: float) -> tuple[float, float]:
    """How far a scatter is from a line and from a plane: second and third invariants over those of a ball."""
    trace = xx + yy + zz + TINY
    second = xx * yy + yy * zz + zz * xx - xy * xy - yz * yz - xz * xz
    third = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz)
    line = sqrt(max(0.0, 3 * second)) / trace
    flat = max(0.0, 27 * third) ** (1 / 3) / trace
    return line, flat


class SetFeatures:
    """Adds up the repetitions of a set; `value(i)` is what models take: spreads, means, then the whole's."""

    def __init__(self) -> None:
        self._sums = array("f", [0.0] * COUNT)
        self._squares = array("f", [0.0] * COUNT)
        self._now = array("f", [0.0] * COUNT)
        self._coupling = Coupling()
        self.count = 0

    def begin(self) -> None:
        """A new set."""
        self.count = 0
        self._coupling.begin()
        for i in range(COUNT):
            self._sums[i] = self._squares[i] = 0.0

    def mean(self, i: int) -> float:
        """Mean over the repetitions so far."""
        return self._sums[i] / self.count

    def spread(self, i: int) -> float:
        """Standard deviation over the repetitions so far."""
        return sqrt(max(0.0, self._squares[i] / self.count - self.mean(i) ** 2))

    def settle(self) -> None:
        """Before `value`: work out what belongs to the set as a whole."""
        self._coupling.settle()

    def value(self, i: int) -> float:
        """0 to VALUES - 1: spreads of NAMES, means of NAMES, WHOLE_NAMES."""
        if i < COUNT:
            return self.spread(i)
        if i < 2 * COUNT:
            return self.mean(i - COUNT)
        return self._coupling.values[i - 2 * COUNT] if i < VALUES - 1 else self._guided()

    def _guided(self) -> float:
        """1 for a load on rods or rails, 0 for a free one."""
        return max(0.0, min(1.0, (FREE - self.mean(TURNING)) / (FREE - GUIDED)))

    def add(self, rep: Rep, window: Window) -> None:
        """One confirmed repetition, its cells still in the window."""
        low, turn, high = window.index(rep.start_ms), window.index(rep.turn_ms), window.index(rep.end_ms)
        high = min(high, window.n)
        if high - low < 5:
            return
        now = self._now
        now[0] = log((rep.concentric_ms + 100) / (rep.eccentric_ms + 100))
        now[1] = log(max(rep.end_ms - rep.start_ms, 1) / 1000)
        self._scatter(window, low, high)
        self._shape(window, low, turn, high)
        self._coupling.add(window, low, high)
        now[21] = rep.pause_ms / max(1, rep.end_ms - rep.start_ms)
        for i in range(COUNT):
            self._sums[i] += now[i]
            self._squares[i] += now[i] * now[i]
        self.count += 1

    def _scatter(self, window: Window, low: int, high: int) -> None:
        """Shapes of the clouds that acceleration and angular rate make, and their relation to gravity."""
        now = self._now
        x, y, z, u, v, w = window.axes
        n = high - low
        mx, my, mz = sum(x[low:high]) / n, sum(y[low:high]) / n, sum(z[low:high]) / n
        gravity = sqrt(mx * mx + my * my + mz * mz) + TINY
        gx, gy, gz = mx / gravity, my / gravity, mz / gravity
        xx = xy = xz = yy = yz = zz = 0.0
        uu = uv = uw = vv = vw = ww = 0.0
        along = turned = 0.0
        for i in range(low, high):
            p, q, s = (x[i] - mx) / 1000, (y[i] - my) / 1000, (z[i] - mz) / 1000
            xx += p * p
            xy += p * q
            xz += p * s
            yy += q * q
            yz += q * s
            zz += s * s
            along += (p * gx + q * gy + s * gz) ** 2
            p, q, s = u[i] / 1000, v[i] / 1000, w[i] / 1000
            uu += p * p
            uv += p * q
            uw += p * s
            vv += q * q
            vw += q * s
            ww += s * s
            turned += (p * gx + q * gy + s * gz) ** 2
        energy, rate = xx + yy + zz + TINY, uu + vv + ww + TINY
        now[3] = log(sqrt(rate / n) + 0.003)
        now[4] = log(sqrt(max(0.0, energy - along) / n) + 0.003)
        now[6], now[5] = invariants(xx, xy, xz, yy, yz, zz)
        now[8], now[7] = invariants(uu, uv, uw, vv, vw, ww)
        now[9] = sqrt(turned / rate)
        now[10] = sqrt(along / energy)

    def _shape(self, window: Window, low: int, turn: int, high: int) -> None:
        """Course of the acceleration's size and of the angular rate's over the repetition."""
        now = self._now
        n = high - low
        sizes, spin = window.sizes, window.spin
        total = spin_total = 0
        spin_now = spin(low, 0)
        for i in range(low, high):
            total += sizes[i]
            spin_now = spin(i, spin_now)
            spin_total += spin_now
        mean, spin_mean = total / n, spin_total / n
        square = cube = cross = spin_square = 0.0
        rough = spin_rough = 0
        highest = lowest = 0.0
        size_before, spin_before = sizes[low], spin(low, 0)
        first_size = first_spin = second_size = second_spin = TINY
        for i in range(low, high):
            size_now, spin_now = sizes[i], spin(i, spin_now)
            d, e = size_now - mean, spin_now - spin_mean
            square += d * d
            cube += d * d * d
            cross += d * e
            spin_square += e * e
            highest, lowest = max(highest, d), min(lowest, d)
            rough += (size_now - size_before) ** 2
            spin_rough += (spin_now - spin_before) ** 2
            size_before, spin_before = size_now, spin_now
            if i < turn:
                first_size += abs(d)
                first_spin += spin_now
            else:
                second_size += abs(d)
                second_spin += spin_now
        first_size /= max(1, turn - low)
        first_spin /= max(1, turn - low)
        second_size /= max(1, high - turn)
        second_spin /= max(1, high - turn)
        deviation = sqrt(square / n) + 1.0
        spin_deviation = sqrt(spin_square / n) + 1.0
        now[2] = log(deviation / 1000)
        now[11] = cube / n / deviation**3
        now[12] = log(sqrt(rough / n) / deviation + 0.01)
        now[13] = log(sqrt(spin_rough / n) / spin_deviation + 0.01)
        now[14] = cross / n / (deviation * spin_deviation)
        now[15], now[16] = highest / deviation, lowest / deviation
        quarter = max(1, n // 4)
        now[17] = log((first_spin + 5.0) / (second_spin + 5.0))
        now[18] = log((first_size + 5.0) / (second_size + 5.0))
        now[19] = log((steepest(window, low, low + quarter) + 5.0) / deviation)
        now[20] = log((steepest(window, turn - quarter // 2, turn + quarter) + 5.0) / deviation)


def steepest(window: Window, low: int, high: int) -> int:
    """Greatest change of the acceleration's size between neighbouring cells."""
    greatest = 0
    for i in range(max(1, low), min(high, window.n)):
        greatest = max(greatest, abs(window.sizes[i] - window.sizes[i - 1]))
    return greatest
