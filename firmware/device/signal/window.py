"""The last half minute of a movement, as cells of 100 ms, and the slow signal that shows its repetitions."""

from array import array

from .cycles import Spread
from .filters import CELL_MS, isqrt
from .period import Period
from .tilt import Tilt

CAPACITY = 384  # cells: 38.4 s
KEPT = 320  # of them when it is full and moves on
SHORTEST = 40  # cells needed for a search
SCALE = 8  # signals are in mg / 8
LEAST_MG = 40
FLOOR = LEAST_MG // 2 * SCALE  # least spread of a movement
CLEAR = LEAST_MG * SCALE  # of one that need not repeat so well
SMOOTH_PERCENT = 46  # of the period: base of the smoothing triangle, which leaves the fundamental
SMOOTH_TILT_PERCENT = 30
LONGEST_REACH = 16
THRESHOLD_PERCENT = 58  # of the spread: how far the signal must come back to have turned
THRESHOLD_TILT_PERCENT = 40
MOVING_MG = 20  # what a sensor at rest does not show
BLOW = 3  # times the mean deviation of what moves: a plate that lands, not a lift
BLOW_STRIDE = 3  # a third of the cells say it as well
BLOW_SHIFT = 3  # what exceeds that counts an eighth: it neither hides the lifts beside it nor is lost
STRENGTH = 20  # autocorrelation (0-100) below which nothing repeats
FAINT_STRENGTH = 50  # the same of movements that are hardly seen
WIDE_TILT = 700 * SCALE  # a swing of some 40 degrees: a curl
NARROW_TILT = 150 * SCALE
TILT_ADVANTAGE = 3
TILT_STRENGTH = 50
STRENGTH_MARGIN = 20
UNREST_REACH = 3


class Window:
    """Cells, the chosen signal, its smoothed form up to `done`, the period and the turning threshold."""

    def __init__(self) -> None:
        self.axes = tuple(array("h", [0] * CAPACITY) for _ in range(6))  # mg, 0.1 deg/s
        self.sizes = array("h", [0] * CAPACITY)  # of the acceleration, mg
        self.at_ms = array("i", [0] * CAPACITY)  # middle of each cell
        self._signal = array("h", [0] * CAPACITY)  # up to a knock's 4 g
        self.slow = array("h", [0] * CAPACITY)
        self._period = Period(CAPACITY)
        self._tilt = Tilt()
        self._spread = Spread()
        self.clear()

    def clear(self) -> None:
        """Empty, with the size of the acceleration as its signal."""
        self.n = 0
        self.done = 0
        self.by_tilt = False
        self.pace = 0  # period in cells
        self.strength = 0
        self.spread = 0
        self.threshold = 0
        self._lowest, self._highest = 0, 1 << 15
        self._has_blows = self._eased = False
        self._reach = 2
        self._root = 1000

    def append(self, t_ms: int, values: list[int]) -> None:
        """One more cell; the oldest ones make room."""
        if self.n == CAPACITY:
            self._keep(KEPT)
        n = self.n
        ax, ay, az, gx, gy, gz = self.axes
        x, y, z, u, v, w = values
        ax[n], ay[n], az[n] = x, y, z
        gx[n], gy[n], gz[n] = u, v, w
        self._root = isqrt(x * x + y * y + z * z, self._root)
        self.sizes[n] = self._root
        self.at_ms[n] = t_ms
        self._signal[n] = self._value(n)
        self.n = n + 1

    def _keep(self, kept: int) -> None:
        """Only the latest cells stay, and move to the front."""
        shift = self.n - kept
        for ring in self.axes:
            move(ring, shift, kept)
        for ring in (self.sizes, self.at_ms, self._signal, self.slow):
            move(ring, shift, kept)
        self.n = kept
        self.done = max(0, self.done - shift)

    def forget(self) -> None:
        """Drop all cells: rest before a movement hides how well that repeats."""
        self.n = self.done = 0

    def spin(self, i: int, guess: int) -> int:
        """Size of the angular rate in cell i, 0.1 deg/s; near `guess` it is found sooner."""
        u, v, w = self.axes[3][i], self.axes[4][i], self.axes[5][i]
        return isqrt(u * u + v * v + w * w, guess)

    def index(self, t_ms: int) -> int:
        """The first cell at or after a time; n when there is none."""
        low, high = 0, self.n
        while low < high:
            between = (low + high) // 2
            if self.at_ms[between] < t_ms:
                low = between + 1
            else:
                high = between
        return low

    def ready(self) -> bool:
        """Whether the next smooth value needs no cell that is still to come."""
        return self.done <= self.n - self._reach

    def settled(self) -> int:
        """How many cells have all that their smooth value needs."""
        return max(0, self.n - self._reach + 1)

    def advance(self) -> int:
        """The next smooth value; its cell is `done - 1`."""
        i = self.done
        self.slow[i] = value = self._smoothed(i)
        self.done = i + 1
        return value

    def unrest_percent(self, first: int) -> int:
        """Movement within 0.7 s, which smoothing takes away, against the repetitions', from a cell on.

        In lifts up to 82 % were seen; in walking and running 118-380 % (wrist, treadmill recordings).
        """
        size = self.sizes
        begin, end = max(first, UNREST_REACH), self.n - UNREST_REACH
        if end <= begin:
            return 0
        near = total = 0
        for k in range(begin - UNREST_REACH, begin + UNREST_REACH):
            near += size[k]
        for i in range(begin, end):
            near += size[i + UNREST_REACH]
            total += abs(size[i] - near // (2 * UNREST_REACH + 1))
            near -= size[i - UNREST_REACH]
        return total * SCALE * 100 // ((end - begin) * max(self.spread, FLOOR))

    def jerk(self, from_ms: int, to_ms: int) -> int:
        """Greatest change of the acceleration's size from one cell to the next between two times, mg."""
        greatest = 0
        for i in range(max(1, self.index(from_ms)), self.index(to_ms)):
            greatest = max(greatest, abs(self.sizes[i] - self.sizes[i - 1]))
        return greatest

    def pause_ms(self, turn_ms: int, duration_ms: int) -> int:
        """How long the movement rests around its turn, to 100 ms.

        Tilt: how long it stays within 8 % of the spread from its value there, less the 18 % of the
        duration for
        which a sine does. Magnitude: how long there is no acceleration near the turn, where it is greatest
        else.
        """
        turn = min(self.index(turn_ms), self.n - 1)
        if self.by_tilt:
            still = self._still_cells(turn, self._signal[turn], self.spread * 8 // 100) * CELL_MS
            return max(0, still - duration_ms * 18 // 100)
        total = self._signal[turn]
        first, last = max(0, turn - self.pace), min(self.n, turn + self.pace)
        for i in range(first, last):
            total += self._signal[i]
        rest = total // (last - first + 1)
        longest = 0
        for i in range(max(0, turn - 2), min(self.n, turn + 3)):
            longest = max(longest, self._still_cells(i, rest, self.spread * 12 // 100))
        return longest * CELL_MS if longest > 2 else 0

    def _still_cells(self, at: int, level: int, slack: int) -> int:
        """Cells in a row around one whose signal is within `slack` of a level."""
        if abs(self._signal[at] - level) > slack:
            return 0
        low = high = at
        while low and abs(self._signal[low - 1] - level) <= slack:
            low -= 1
        while high + 1 < self.n and abs(self._signal[high + 1] - level) <= slack:
            high += 1
        return high - low + 1

    def search(self) -> bool:
        """Choose the signal that shows a repeated movement best; False when neither does."""
        if self.n < SHORTEST:
            return False
        swing = SCALE * self._tilt.fit(self.axes, self.sizes, self.n)
        if swing <= NARROW_TILT and self._is_still():
            return False
        self._find_blows()
        self._look(False)
        strength, pace = self.strength, self._period.cells
        self._smooth(pace)
        spread = self.spread
        repeats = spread >= FLOOR and strength >= (STRENGTH if spread >= CLEAR else FAINT_STRENGTH)
        if swing > NARROW_TILT and swing > TILT_ADVANTAGE * spread and not self._try_tilt(spread, strength):
            self._take(False)
            if repeats:
                self._smooth(pace)
            self.spread, self.strength = spread, strength
        if not self.by_tilt and not repeats:
            return False
        self._set_threshold()
        return True

    def try_half(self) -> bool:
        """Smooth anew for half the period of the last search; False when too little is left then."""
        self._smooth(self.pace // 2)
        self._set_threshold()
        return self.spread >= FLOOR

    def rests(self, cells: int) -> bool:
        """Whether the sensor has lain or hung still for so many cells: no axis left MOVING_MG."""
        first = self.n - cells
        if first < 0:
            return False
        for k in range(3):
            recent = memoryview(self.axes[k])[first : self.n]
            if max(recent) - min(recent) >= MOVING_MG:
                return False
        return True

    def _is_still(self) -> bool:
        """Whether the size of the acceleration does not vary by as much as the least movement."""
        sizes = memoryview(self.sizes)[: self.n]
        self._take(False)
        self.spread = (max(sizes) - min(sizes)) * SCALE
        return self.spread < FLOOR

    def set_pace(self, pace: int) -> None:
        """Follow the movement's period, in cells."""
        percent = SMOOTH_TILT_PERCENT if self.by_tilt else SMOOTH_PERCENT
        self.pace = pace
        self._reach = max(2, min((pace * percent + 150) // 200, LONGEST_REACH))

    def refresh(self) -> None:
        """Renew the threshold from the smooth values so far."""
        self.spread = self._spread.measure(self.slow, self.done)
        self._set_threshold()

    def _set_threshold(self) -> None:
        percent = THRESHOLD_TILT_PERCENT if self.by_tilt else THRESHOLD_PERCENT
        self.threshold = max(FLOOR, self.spread) * percent // 100

    def _look(self, by_tilt: bool) -> None:
        """Make one signal of all cells and see how well it repeats."""
        self._take(by_tilt)
        self._period.find(self._signal, self.n)
        self.strength = self._period.strength

    def _try_tilt(self, spread: int, strength: int) -> bool:
        """Look at the tilt, and whether it is better than the magnitude with its spread and strength."""
        self._look(True)
        if self.strength < max(TILT_STRENGTH, strength - STRENGTH_MARGIN):
            return False
        self._smooth(self._period.cells)
        return self._tilt_is_better(spread, strength)

    def _take(self, by_tilt: bool) -> None:
        """Have the signal of all cells: of the size unless it is the tilt's."""
        if by_tilt:
            self._tilt.project(self.axes, self.sizes, self.n, SCALE, self._signal)
        elif self._has_blows or self._eased or self.by_tilt:
            self._eased = False
            signal, sizes, lowest, highest = self._signal, self.sizes, self._lowest, self._highest
            for i in range(self.n):
                size = sizes[i]
                if not lowest <= size <= highest:
                    size = self._eased_size(size)
                signal[i] = size * SCALE
        self.by_tilt = by_tilt

    def _find_blows(self) -> None:
        """From which size on a cell is a blow, by the mean deviation of those that move; whether one is."""
        sizes = memoryview(self.sizes)[: self.n]
        level = sum(sizes) // self.n
        total = used = 0
        for i in range(0, self.n, BLOW_STRIDE):
            off = abs(sizes[i] - level)
            if off >= MOVING_MG:
                total += off
                used += 1
        reach = max(LEAST_MG, BLOW * total // max(1, used))
        self._lowest, self._highest = level - reach, level + reach
        self._has_blows = max(sizes) > self._highest or min(sizes) < self._lowest

    def _eased_size(self, size: int) -> int:
        """A size whose excess over what lifts reach counts less."""
        if size > self._highest:
            self._eased = True
            return self._highest + (size - self._highest >> BLOW_SHIFT)
        if size < self._lowest:
            self._eased = True
            return self._lowest - (self._lowest - size >> BLOW_SHIFT)
        return size

    def _smooth(self, pace: int) -> None:
        """The slow signal and its spread for a period in cells; none where there is no period."""
        self.spread = 0
        if pace:
            self.set_pace(pace)
            self._smooth_all()
            self.spread = self._spread.measure(self.slow, self.n)

    def _tilt_is_better(self, spread: int, strength: int) -> bool:
        """Against the magnitude's spread and strength; it is not much weaker."""
        if self.spread < TILT_ADVANTAGE * spread:
            return False
        if self.spread > WIDE_TILT:
            return True
        return self.spread > NARROW_TILT and self.strength >= strength + STRENGTH_MARGIN

    def _value(self, i: int) -> int:
        if self.by_tilt:
            return self._tilt.value(self.axes, self.sizes, i) * SCALE
        return self._eased_size(self.sizes[i]) * SCALE

    def _smoothed(self, centre: int) -> int:
        """Triangle-weighted mean of the signal around a cell; the ends are held."""
        reach, signal, last = self._reach, self._signal, self.n - 1
        total = signal[centre] * reach
        for k in range(1, reach):
            total += (signal[max(centre - k, 0)] + signal[min(centre + k, last)]) * (reach - k)
        return total // (reach * reach)

    def _smooth_all(self) -> None:
        """The same for every cell, from the sums of the halves before and after it."""
        reach, signal, slow, n = self._reach, self._signal, self.slow, self.n
        first, last = signal[0], signal[n - 1]
        area = reach * reach
        total = self._smoothed(0) * area
        before, after = first * reach, 0
        for k in range(1, reach + 1):
            after += signal[k] if k < n else last
        for i in range(n):
            slow[i] = total // area
            total += after - before
            j = i + 1
            following = signal[j] if j < n else last
            before += following - (signal[j - reach] if j > reach else first)
            j += reach
            after += (signal[j] if j < n else last) - following
        self.done = n


def move(ring: "array[int]", shift: int, kept: int) -> None:
    """Bring the newest cells to the front."""
    cells = memoryview(ring)
    cells[:kept] = cells[shift : shift + kept]
