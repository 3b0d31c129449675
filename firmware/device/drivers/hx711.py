"""HX711 amplifier of a load cell, clocked bit by bit over two pins; channel A with a gain of 128.

Source: Avia Semiconductor, HX711 data sheet: DOUT falls when a conversion is ready; each pulse of PD_SCK
shifts one of 24 bits out, the highest first, as two's complement; the 25th chooses channel A and 128 for the
next one and lifts DOUT. A pulse lasts 0.2 to 50 us: one of more than 60 us switches the part off.
After a reset the output has settled in four conversions (400 ms at 10 a second, 50 ms at 80).
Supply current: 1.5 mA and the bridge's, 8 to 12 mA with a cell of 350 ohm. It wakes nobody.

A reading takes 25 pulses, well below a millisecond; interrupts are held off for one pulse at a time, so that
none of them is stretched. The part has no FIFO: what is not read within one period is overwritten.
"""

from time import ticks_diff, ticks_ms

from machine import disable_irq, enable_irq
from micropython import const

from .errors import BadSetting, PartSilent
from .sample_clock import SampleClock

_BITS = const(24)
_SETTLING = const(4)  # conversions after a reset that are not settled yet
_SILENT_MS = const(1500)  # 400 ms of settling, and ten conversions of the slower rate
_MOST = const(0x7FFFFF)  # a bridge beyond the range, or a wire of it that is off


class HX711:
    """What a cell bears, in counts. `poll`, then `load(0)`: t_ms, counts, and whether it is `valid`."""

    NAME = "hx711"

    def __init__(self, data_pin, clock_pin, rate_hz: int = 10):
        """`rate_hz`: 10 or 80, as the part's RATE pin is wired. Raises BadSetting.

        `data_pin`: machine.Pin set up as input; `clock_pin`: as output.
        """
        if rate_hz not in (10, 80):
            raise BadSetting(self.NAME, "rate_hz %d is not 10 or 80, as RATE is wired" % rate_hz)
        self._data = data_pin
        self._pulse = clock_pin
        self.clock = SampleClock(rate_hz * 1000)
        self._rate_hz = rate_hz
        self._settling = _SETTLING
        self._heard_ms = 0
        self._missed = 0
        self._empty_ms = 0
        self._seen_empty = False
        self.overflows = 0  # readings before which conversions were lost
        self.lost = 0  # conversions lost, by the clock
        self.t_ms = self.counts = 0
        self.valid = False
        self.sleep()

    def start(self) -> None:
        """Have the part convert, from a reset on; `poll` leaves out what has not settled."""
        self._pulse.on()
        self._pulse.off()
        self._settling = _SETTLING
        self._heard_ms = ticks_ms()
        self._seen_empty = False
        self.clock.set_up(self._rate_hz * 1000)

    def sleep(self) -> None:
        """Switch the part off: the line stays high for longer than 60 us."""
        self._pulse.on()

    def poll(self) -> int:
        """1 when a new conversion was read, else 0. Call it twice in a period. Raises PartSilent."""
        now_ms = ticks_ms()
        if self._data.value():
            if ticks_diff(now_ms, self._heard_ms) > _SILENT_MS:
                self._heard_ms = now_ms
                raise PartSilent(self.NAME, "no conversion for 1.5 s")
            self._empty_ms = now_ms
            self._seen_empty = True
            return 0
        self.counts = self._shift()
        if not self._data.value():
            raise PartSilent(self.NAME, "its data line stays low")
        if self._settling:
            self._settling -= 1
            self._heard_ms = now_ms
            return 0
        self._keep(now_ms)
        return 1

    def _keep(self, now_ms: int) -> None:
        period_us = self.clock.period_us
        since_us = min(ticks_diff(now_ms, self._heard_ms), 100_000) * 1000
        self._missed = max(0, since_us // period_us - 1)
        self._heard_ms = now_ms
        if self._missed:
            self.overflows += 1
            self.lost += self._missed
        age_us = (ticks_diff(now_ms, self._empty_ms) + 1) * 1000 if self._seen_empty else 0
        self.clock.burst(now_ms, 1 + self._missed, 0, age_us if age_us < period_us else 0)
        self._seen_empty = False

    def load(self, _: int = 0) -> None:
        """The conversion read last into t_ms (ticks_ms), counts and valid."""
        self.t_ms = self.clock.time_of(self._missed)
        self.valid = -_MOST <= self.counts < _MOST

    def _shift(self) -> int:
        """The 24 bits of a conversion, and the pulse that asks for the next one."""
        pulse, data = self._pulse, self._data
        value = 0
        for _ in range(_BITS):
            state = disable_irq()
            pulse.on()
            pulse.off()
            enable_irq(state)
            value = value << 1 | data.value()
        state = disable_irq()
        pulse.on()
        pulse.off()
        enable_irq(state)
        return value - (1 << _BITS) if value > _MOST else value
