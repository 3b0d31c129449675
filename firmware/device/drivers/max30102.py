"""MAX30102 optical pulse sensor (red and infrared) on I2C.

Source: Maxim data sheet 19-7740 rev 1 (10/18). Supply current (same sheet): 0.6 mA while measuring, 0.7 uA
shut down, plus the LEDs: current x pulse width x raw rate, so 7 mA x 411 us x 200/s = 0.58 mA on average
for each of the two. Who may wake it: the firmware, by start() for a session or watch() to look for skin;
the part wakes nobody.
"""

from time import sleep_ms, ticks_ms

from micropython import const

from .errors import BadSetting
from .registers import Registers
from .sample_clock import SampleClock

_STATUS = const(0x00)
_ENABLE_1 = const(0x02)
_WRITE_POINTER = const(0x04)
_OVERFLOW = const(0x05)
_READ_POINTER = const(0x06)
_DATA = const(0x07)
_FIFO_CONFIG = const(0x08)
_MODE = const(0x09)
_SPO2_CONFIG = const(0x0A)
_LED_RED = const(0x0C)
_LED_IR = const(0x0D)
_SLOTS = const(0x11)
_PART = const(0xFF)

_PART_ID = const(0x15)
_DEPTH = const(32)
_RAW_RATES_HZ = (50, 100, 200, 400)  # rates that two 411 us pulses fit into (table 11)
_AVERAGES = (1, 2, 4, 8, 16, 32)
_RESET = const(0x40)
_SHUT_DOWN = const(0x80)
_RED_AND_IR = const(0x03)
_MULTI_LED = const(0x07)
_A_FULL = const(0x80)
_RANGE_4096_NA = const(0x20)  # enough for light skin at 10 mA without clipping
_PULSE_411_US = const(0x03)  # 18 bits
_WATCH_IR = const(7)  # 1.4 mA: skin within a centimetre still gives thousands of counts
_WATCH_RAW_HZ = const(50)
_WATCH_AVERAGE = const(4)


class MAX30102:
    """Bursts of 18-bit counts (0-262143). `poll`, then `load(i)` for each: t_ms, ir, red.

    Red is 0 in watch mode.
    """

    NAME = "max30102"

    def __init__(self, i2c, address: int = 0x57, rate_hz: int = 100, average: int = 2, led_ma_x10: int = 70):
        """rate_hz after averaging; rate_hz x average must be one of 50, 100, 200, 400.

        Raises SensorMissing, WrongPart.
        """
        if average not in _AVERAGES or rate_hz * average not in _RAW_RATES_HZ:
            raise BadSetting(
                self.NAME, "rate_hz %d x average %d is not 50, 100, 200 or 400" % (rate_hz, average)
            )
        self._registers = Registers(i2c, address, self.NAME)
        self._registers.identify(_PART, _PART_ID)
        self._rate_hz = rate_hz
        self._average = average
        self._led_step = led_ma_x10 // 2  # 0.2 mA a step
        self._pointers = bytearray(7)
        self._fifo = bytearray(_DEPTH * 6)
        self._view = memoryview(self._fifo)
        self._width = 6
        self.clock = SampleClock(rate_hz * 1000)
        self._ready = 0
        self.overflows = 0  # bursts before which samples were lost
        self.lost = 0  # samples lost; the part counts 31 at most each time
        self.t_ms = self.ir = self.red = 0
        self.sleep()

    def start(self) -> None:
        """Measure with both LEDs."""
        self._begin(_RED_AND_IR, self._rate_hz * self._average, self._average, self._led_step)
        self._width = 6

    def watch(self) -> None:
        """Look for skin at 12.5 Hz with infrared only, at a fiftieth of the LED power."""
        self._begin(_MULTI_LED, _WATCH_RAW_HZ, _WATCH_AVERAGE, _WATCH_IR)
        self._width = 3

    def sleep(self) -> None:
        """LEDs off, part shut down."""
        self._registers.write(_MODE, _SHUT_DOWN)

    def poll(self) -> int:
        """Read what the FIFO holds: the number of samples for load(). At least every 300 ms at 100 Hz.

        Raises BusFault.
        """
        pointers = self._pointers
        self._registers.read_into(
            _STATUS, pointers
        )  # one burst: status, enables, write pointer, overflow, read pointer
        now_ms = ticks_ms()
        lost = pointers[_OVERFLOW]
        n = (pointers[_WRITE_POINTER] - pointers[_READ_POINTER]) & 31
        if n == 0 and (lost or pointers[_STATUS] & _A_FULL):
            n = _DEPTH  # equal pointers: full, not empty
        if n:
            self._registers.read_into(_DATA, self._view[: n * self._width])
            if lost:
                self.overflows += 1
                self.lost += lost
                self.clock.full(now_ms, n, lost)
            else:
                self.clock.burst(now_ms, n)
        self._ready = n
        return n

    def load(self, i: int) -> None:
        """Sample i of the last burst into t_ms (ticks_ms), ir and red."""
        b = self._fifo
        o = i * self._width
        first = (b[o] << 16 | b[o + 1] << 8 | b[o + 2]) & 0x3FFFF
        if self._width == 3:
            self.ir = first
            self.red = 0
        else:
            self.red = first
            self.ir = (b[o + 3] << 16 | b[o + 4] << 8 | b[o + 5]) & 0x3FFFF
        self.t_ms = self.clock.time_of(i)

    def _begin(self, mode: int, raw_hz: int, average: int, led_step: int) -> None:
        write = self._registers.write
        write(_MODE, _RESET)
        for _ in range(10):
            if not self._registers.read(_MODE) & _RESET:
                break
            sleep_ms(1)
        write(_ENABLE_1, _A_FULL)
        write(
            _FIFO_CONFIG, _AVERAGES.index(average) << 5
        )  # no roll-over: a full FIFO keeps the oldest and counts the rest
        write(_SPO2_CONFIG, _RANGE_4096_NA | _RAW_RATES_HZ.index(raw_hz) << 2 | _PULSE_411_US)
        write(_LED_RED, led_step)
        write(_LED_IR, led_step)
        write(_SLOTS, 0x02)  # multi-LED mode: infrared alone
        write(_WRITE_POINTER, 0)
        write(_OVERFLOW, 0)
        write(_READ_POINTER, 0)
        write(_MODE, mode)
        self.clock.set_up(raw_hz * 1000 // average, (average - 1) * 500_000 // raw_hz)
