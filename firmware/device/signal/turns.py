"""The turning points of a window, and where among them a run of like repetitions starts."""

from array import array

from .cycles import NONE, TurningPoints
from .window import Window

EVENTS = 64


class Turns:
    """`collect`, then `run` and `fits`; the i-th of `n` is in `kind`, `at_ms` and `value`."""

    def __init__(self) -> None:
        self.n = 0
        self.kind = array("b", [0] * EVENTS)
        self.at_ms = array("i", [0] * EVENTS)
        self.value = array("i", [0] * EVENTS)

    def collect(self, window: Window, turning: TurningPoints, cells: int) -> None:
        """Take those of the window's first `cells`; `turning` is then ready for the next one."""
        turning.reset()
        n = 0
        step, slow, at_ms, threshold = turning.step, window.slow, window.at_ms, window.threshold
        for i in range(cells):
            kind = step(slow[i], at_ms[i], threshold)
            if kind != NONE and n < EVENTS:
                self.kind[n], self.at_ms[n], self.value[n] = kind, turning.at_ms, turning.value
                n += 1
        self.n = n

    def run(self, length: int, pace_ms: int, percent: int) -> int:
        """Where `length` in a row of like pace start, the latest such run; -1 nowhere."""
        run = 0
        for i in range(self.n - 1, -1, -1):
            run = run + 1 if run < 2 or self.fits(i, pace_ms, percent) else 2
            if run >= length:
                return i
        return -1

    def fits(self, i: int, pace_ms: int, percent: int) -> bool:
        """Whether one and the next of its kind are about `pace_ms` apart: within the factor `percent`."""
        if i + 2 >= self.n:
            return True
        interval_ms = self.at_ms[i + 2] - self.at_ms[i]
        return interval_ms * 100 <= pace_ms * percent and pace_ms * 100 <= interval_ms * percent

    def swing(self, i: int) -> int:
        """How far the signal goes from one to the next."""
        return abs(self.value[i + 1] - self.value[i])
