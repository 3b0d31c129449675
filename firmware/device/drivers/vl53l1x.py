"""VL53L1X time-of-flight distance sensor on I2C, in its short mode: 40-1300 mm.

Source: ST's VL53L1X ultra lite driver (STSW-IMG009, BSD 3-clause; described in UM2510): register addresses,
the start-up configuration, time-out words of the timing budgets, codes of the range status, and the scale of
1.075 between milliseconds and the slow oscillator. Who may wake it: the firmware, by start().
It wakes nobody.

The part has no FIFO: a measurement that is not read within one period is overwritten, and its stream counter
tells. The more often it is polled, the better the times: a sample is younger than the last empty poll.
"""

from time import ticks_diff, ticks_ms

from micropython import const

from .errors import BadSetting, BusFault
from .registers import Registers
from .sample_clock import SampleClock

_VHV_BOUND = const(0x0008)
_VHV_START = const(0x000B)
_CONFIGURATION = const(0x002D)
_TIO_STATUS = const(0x0031)
_PHASECAL_TIMEOUT = const(0x004B)
_RANGE = const(0x005E)  # time-out A, period A, time-out B, period B
_VALID_PHASE_HIGH = const(0x0069)
_PERIOD = const(0x006C)
_SD_CONFIG = const(0x0078)
_CLEAR = const(0x0086)
_MODE_START = const(0x0087)
_RESULT = const(0x0089)
_OSCILLATOR = const(0x00DE)
_SYSTEM_STATUS = const(0x00E5)
_MODEL = const(0x010F)

_MODEL_ID = const(0xEA)
_RANGING = const(0x40)
_VALID = const(9)  # of the status byte's low five bits
_STREAM = const(2)  # places in the block of results
_DISTANCE = const(13)
_BOOTING = const(1)
_CALIBRATING = const(2)
_RUNNING = const(3)
_PATIENCE_MS = const(300)  # its boot takes 1.2 ms, the calibration 42 ms
_FIRST_AGAIN = const(128)  # the stream counter runs 0-255, then 128-255

# Registers 0x2D-0x87 as the part wants them: I2C and interrupt at 1.8 V, interrupt high on a new sample.
_START_UP = (
    b"\x00\x00\x00\x01\x02\x00\x02\x08\x00\x08\x10\x01\x01\x00\x00\x00\x00\xff\x00\x0f\x00\x00\x00\x00\x00\x20\x0b\x00\x00"
    b"\x02\x0a\x21\x00\x00\x05\x00\x00\x00\x00\xc8\x00\x00\x38\xff\x01\x00\x08\x00\x00\x01\xcc\x0f\x01\xf1\x0d\x01\x68\x00"
    b"\x80\x08\xb8\x00\x00\x00\x00\x0f\x89\x00\x00\x00\x00\x00\x00\x00\x01\x0f\x0d\x0e\x0e\x00\x00\x02\xc7\xff\x9b\x00\x00"
    b"\x00\x01\x00\x00"
)
# Rate -> timing budget in ms, and time-out A, period A, time-out B, period B of the short mode. A budget must
# be shorter than the period.
_RANGE_OF = {
    40: (20, b"\x00\x51\x07\x00\x6e\x05"),
    25: (33, b"\x00\xd6\x07\x00\x6e\x05"),
    10: (50, b"\x01\xae\x07\x01\xe8\x05"),
}


class VL53L1X:
    """Distances in mm. `poll`, then `load(0)`: t_ms, mm, and whether it is `valid`."""

    NAME = "vl53l1x"

    def __init__(self, i2c, address: int = 0x29, rate_hz: int = 40):
        """rate_hz: 10, 25 or 40. Raises BadSetting, SensorMissing, WrongPart."""
        if rate_hz not in _RANGE_OF:
            raise BadSetting(self.NAME, "rate_hz %d is not 10, 25 or 40" % rate_hz)
        self._registers = Registers(i2c, address, self.NAME, 16)
        self._registers.identify(_MODEL, _MODEL_ID)
        self._rate_hz = rate_hz
        self._block = bytearray(17)
        self.clock = SampleClock(rate_hz * 1000)
        self._stage = _BOOTING
        self._stage_ms = 0
        self._stream = -1
        self._missed = 0
        self._empty_ms = 0  # when there was nothing to read
        self._seen_empty = False
        self.overflows = 0  # readings before which samples were lost
        self.lost = 0  # samples lost, by the part's own count
        self.t_ms = self.mm = 0
        self.valid = False
        self.sleep()

    def start(self) -> None:
        """Begin to set the part up; `poll` goes on with it and ranges 0.1 s later. Raises BusFault."""
        self._registers.write(_MODE_START, 0)
        self._stage = _BOOTING
        self._stage_ms = ticks_ms()

    def _set_up(self) -> None:
        """One step on, if the part is through with the last: nothing here waits."""
        registers = self._registers
        booting = self._stage == _BOOTING
        if not registers.read(_SYSTEM_STATUS if booting else _TIO_STATUS) & 1:
            if ticks_diff(ticks_ms(), self._stage_ms) > _PATIENCE_MS:
                raise BusFault(self.NAME, 110)
        elif booting:
            registers.write_from(_CONFIGURATION, _START_UP)
            registers.write(_MODE_START, _RANGING)  # one measurement calibrates the part to its temperature
            self._stage = _CALIBRATING
            self._stage_ms = ticks_ms()
        else:
            self._range()

    def _range(self) -> None:
        registers = self._registers
        registers.write(_CLEAR, 1)
        registers.write(_MODE_START, 0)
        registers.write(_VHV_BOUND, 0x09)
        registers.write(_VHV_START, 0)
        budget_ms, timeouts = _RANGE_OF[self._rate_hz]
        registers.write(_PHASECAL_TIMEOUT, 0x14)  # short mode
        registers.write(_VALID_PHASE_HIGH, 0x38)
        registers.write_from(_SD_CONFIG, b"\x07\x05\x06\x06")
        registers.write_from(_RANGE, timeouts)
        registers.write_from(_PERIOD, self._period_ticks().to_bytes(4, "big"))
        registers.write(_CLEAR, 1)
        registers.write(_MODE_START, _RANGING)
        self._stream = -1
        self._seen_empty = False
        self.clock.set_up(self._rate_hz * 1000, budget_ms * 500)
        self._stage = _RUNNING

    def sleep(self) -> None:
        """Stop ranging."""
        self._registers.write(_MODE_START, 0)

    def poll(self) -> int:
        """1 when a new distance was read, else 0. Call it twice in a period. Raises BusFault."""
        if self._stage != _RUNNING:
            self._set_up()
            return 0
        registers = self._registers
        if not registers.read(_TIO_STATUS) & 1:
            self._empty_ms = ticks_ms()
            self._seen_empty = True
            return 0
        block = self._block
        registers.read_into(_RESULT, block)
        now_ms = ticks_ms()
        registers.write(_CLEAR, 1)
        self._missed = self._missing(block[_STREAM])
        if self._missed:
            self.overflows += 1
            self.lost += self._missed
        self.clock.burst(now_ms, 1 + self._missed, 0, self._age_us(now_ms))
        self._seen_empty = False
        return 1

    def load(self, _: int = 0) -> None:
        """The distance read last into t_ms (ticks_ms, the middle of the measurement), mm and valid."""
        block = self._block
        self.mm = block[_DISTANCE] << 8 | block[_DISTANCE + 1]
        self.valid = block[0] & 0x1F == _VALID
        self.t_ms = self.clock.time_of(self._missed)

    def _age_us(self, now_ms: int) -> int:
        """How old the newest sample can be; 0 when nothing is known but the period."""
        if not self._seen_empty:
            return 0
        age_us = min(1000, ticks_diff(now_ms, self._empty_ms) + 1) * 1000
        return age_us if age_us < self.clock.period_us else 0

    def _missing(self, stream: int) -> int:
        last = self._stream
        self._stream = stream
        if last < 0:
            return 0
        step = stream - last
        if step < 0:
            step += 256 - _FIRST_AGAIN
        return max(0, step - 1)

    def _period_ticks(self) -> int:
        """One period in steps of the part's slow oscillator, which it has measured itself."""
        self._registers.read_into(_OSCILLATOR, memoryview(self._block)[:2])
        per_ms = (self._block[0] << 8 | self._block[1]) & 0x3FF
        return per_ms * (1000 // self._rate_hz) * 43 // 40
