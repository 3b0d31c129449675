"""Turning points of a slow signal, and what a series of them says about whole repetitions."""

from array import array

HIGH = 1
LOW = -1
NONE = 0


class TurningPoints:
    """Extremes that differ from the next one by more than a threshold; one is known once the signal has
    left it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start anew; the next value is both the highest and the lowest."""
        self._fresh = True
        self._heading = NONE
        self.value = self.at_ms = 0  # of the latest turning point

    def step(self, value: int, t_ms: int, threshold: int) -> int:
        """One value; HIGH or LOW when it shows that the signal has turned, else NONE."""
        heading = self._heading
        if heading == LOW:
            if value < self._low:
                self._low, self._low_ms = value, t_ms
            elif value - self._low > threshold:
                return self._leave_low(value, t_ms)
        elif heading == HIGH:
            if value > self._high:
                self._high, self._high_ms = value, t_ms
            elif self._high - value > threshold:
                return self._leave_high(value, t_ms)
        else:
            return self._wait(value, t_ms, threshold)
        return NONE

    def _leave_high(self, value: int, t_ms: int) -> int:
        self.value, self.at_ms = self._high, self._high_ms
        self._heading = LOW
        self._low, self._low_ms = value, t_ms
        return HIGH

    def _leave_low(self, value: int, t_ms: int) -> int:
        self.value, self.at_ms = self._low, self._low_ms
        self._heading = HIGH
        self._high, self._high_ms = value, t_ms
        return LOW

    def _wait(self, value: int, t_ms: int, threshold: int) -> int:
        """Before the first turn the signal rests: an extreme is dated by the last moment near it."""
        if self._fresh:
            self._fresh = False
            self._high = self._low = value
        if value > self._high:
            self._high = value
        if value < self._low:
            self._low = value
        slack = threshold >> 3
        if value >= self._high - slack:
            self._high_ms = t_ms
        if value <= self._low + slack:
            self._low_ms = t_ms
        if self._high - value > threshold:
            return self._leave_high(value, t_ms)
        if value - self._low > threshold:
            return self._leave_low(value, t_ms)
        return NONE

    def pending_ms(self) -> int:
        """When the extreme was that would turn next."""
        return self._low_ms if self._heading == LOW else self._high_ms

    def pending_value(self) -> int:
        """Value of that extreme."""
        return self._low if self._heading == LOW else self._high


def middle(values: "array[int]", used: int, scratch: "array[int]") -> int:
    """Median (the upper one of two) of the first `used` values; `scratch` is as long."""
    for i in range(used):
        value = values[i]
        j = i
        while j and scratch[j - 1] > value:
            scratch[j] = scratch[j - 1]
            j -= 1
        scratch[j] = value
    return scratch[used // 2]


class Spread:
    """Range of a signal without its rare extremes: from the 8th to the 92nd of 100 values in order of
    size."""

    BINS = 64
    _EACH = range(BINS)

    def __init__(self) -> None:
        self._counts = array("H", [0] * self.BINS)

    def measure(self, values: "array[int]", n: int) -> int:
        """Spread of the first `n` values, to 1/64 of their whole range."""
        if n == 0:
            return 0
        used = memoryview(values)[:n]
        lowest, highest = min(used), max(used)
        width = (highest - lowest) // self.BINS + 1
        counts = self._counts
        for i in self._EACH:
            counts[i] = 0
        for value in used:
            counts[(value - lowest) // width] += 1
        tail = n * 2 // 25
        return (self._bin(tail, 1) - self._bin(tail, -1)) * width

    def _bin(self, tail: int, step: int) -> int:
        """The first bin, from the top (step 1: counted down) or the bottom, that passes `tail` values."""
        order = range(self.BINS - 1, -1, -1) if step > 0 else range(self.BINS)
        seen = 0
        for i in order:
            seen += self._counts[i]
            if seen > tail:
                return i
        return 0
