"""A quadrature encoder, optical or of two hall switches, on a pulley: the way of the cable in mm.

The chip's pulse counter counts every edge of both phases (MicroPython's machine.Encoder, on the ESP32 and
ESP32-S3). The ESP32-C3 has no such counter, and MicroPython's interrupts come too late for thousands of edges
a second. Supply current: the encoder's, 10 to 40 mA for an optical one. It wakes nobody.

The counter starts at 0 wherever the stack then is: the rest is found by whoever follows the distances. Ways
are signed; which way is up, the first lift tells.
"""

from time import ticks_diff, ticks_ms

from machine import Encoder
from micropython import const

from .errors import BadSetting
from .sample_clock import SampleClock

_FILTER_NS = const(1000)  # shorter pulses are noise: at 3 m/s and 0.1 mm an edge lasts 33,000 ns
_PHASES = const(4)


class Quadrature:
    """Distances in mm. `poll`, then `load(0)`: t_ms, mm, and `valid`, which it always is."""

    NAME = "quadrature"

    def __init__(self, unit: int, pin_a, pin_b, um_per_count: int, rate_hz: int = 40):
        """`unit`: of the pulse counter; `um_per_count`: way from edge to edge; `rate_hz`: of readings.

        Raises BadSetting.
        """
        if not 1 <= um_per_count <= 20_000 or not 10 <= rate_hz <= 100:
            raise BadSetting(self.NAME, "um_per_count is 1 to 20000, rate_hz 10 to 100")
        self._encoder = Encoder(unit, pin_a, pin_b, phases=_PHASES, filter_ns=_FILTER_NS)
        self._um = um_per_count
        self._period_ms = 1000 // rate_hz
        self._next_ms = 0
        self.clock = SampleClock(1_000_000 // self._period_ms)  # it is read by this processor's own
        self.overflows = self.lost = 0  # the counter forgets nothing
        self.t_ms = self.mm = 0
        self.valid = True

    def start(self) -> None:
        """Read it from now on."""
        self._next_ms = ticks_ms()

    def sleep(self) -> None:
        """Nothing: the counter goes on by itself."""

    def poll(self) -> int:
        """1 when the next reading is due, else 0."""
        now_ms = ticks_ms()
        late_ms = ticks_diff(now_ms, self._next_ms)
        if late_ms < 0:
            return 0
        self._next_ms = now_ms + self._period_ms - late_ms % self._period_ms
        self.t_ms = now_ms
        return 1

    def load(self, _: int = 0) -> None:
        """The way now into mm."""
        counts = self._encoder.value()
        self.mm = counts // 1000 * self._um + counts % 1000 * self._um // 1000
