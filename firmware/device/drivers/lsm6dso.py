"""LSM6DSO 6-axis motion sensor on I2C, read through its tagged FIFO.

Source: ST DS12140 rev 2 (registers, 6.5 FIFO, table of supply currents), AN5192 (wake-up). Supply current:
0.55 mA with both sensors in high-performance mode, 26 uA with the accelerometer alone in low-power mode at
52 Hz, 3 uA powered down. Who may wake it: the firmware by start(). Who it may wake: the processor, by INT1
going high on motion after sleep().
"""

from array import array
from time import sleep_ms, ticks_ms

from micropython import const

from .errors import BadSetting
from .registers import Registers
from .sample_clock import SampleClock

_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL6_C = const(0x15)
_WAKE_UP_SRC = const(0x1B)
_FIFO_STATUS1 = const(0x3A)
_TAP_CFG0 = const(0x56)
_TAP_CFG2 = const(0x58)
_WAKE_UP_THS = const(0x5B)
_WAKE_UP_DUR = const(0x5C)
_MD1_CFG = const(0x5E)
_FIFO_DATA = const(0x78)

_IDENTITY = const(0x6C)
_RATE_CODES = {26: 2, 52: 3, 104: 4, 208: 5}
_ACCEL_CODES = {2: 0, 16: 1, 4: 2, 8: 3}
_ACCEL_UG = {2: 61, 4: 122, 8: 244, 16: 488}  # micro-g a step
_GYRO_CODES = {250: 0, 500: 1, 1000: 2, 2000: 3}
_GYRO_MDPS_X100 = {250: 875, 500: 1750, 1000: 3500, 2000: 7000}
_CONTINUOUS = const(6)
_OVERRUN = const(0x08)
_TAG_GYRO = const(1)
_TAG_ACCEL = const(2)
_WORD = const(7)
_MOST = const(32)  # samples a burst


class LSM6DSO:
    """Bursts of acceleration and rotation. `poll`, then `load(i)` for each: t_ms, ax ay az [mg], gx gy gz
    [0.1 deg/s]."""

    NAME = "lsm6dso"

    def __init__(self, i2c, address: int = 0x6A, rate_hz: int = 104, accel_g: int = 8, gyro_dps: int = 2000):
        """Raises BadSetting, SensorMissing, WrongPart."""
        if rate_hz not in _RATE_CODES or accel_g not in _ACCEL_CODES or gyro_dps not in _GYRO_CODES:
            raise BadSetting(
                self.NAME, "no rate %d Hz, range %d g or %d deg/s" % (rate_hz, accel_g, gyro_dps)
            )
        self._registers = Registers(i2c, address, self.NAME)
        self._registers.identify(_WHO_AM_I, _IDENTITY)
        self._rate_hz = rate_hz
        self._accel_g = accel_g
        self._gyro_dps = gyro_dps
        self._ug = _ACCEL_UG[accel_g]
        self._mdps_x100 = _GYRO_MDPS_X100[gyro_dps]
        self._status = bytearray(2)
        self._fifo = bytearray((2 * _MOST + 1) * _WORD)
        self._view = memoryview(self._fifo)
        self._accel_at = array("H", bytes(2 * _MOST + 2))
        self._gyro_at = array("H", bytes(2 * _MOST + 2))
        self.clock = SampleClock(rate_hz * 1000)
        self.overflows = 0  # times the FIFO overran
        self.lost = 0  # samples lost then, by the clock
        self.unpaired = 0  # words whose partner was missing
        self.t_ms = 0
        self.ax = self.ay = self.az = 0
        self.gx = self.gy = self.gz = 0
        self._power_down()

    def start(self) -> None:
        """Measure both sensors into the FIFO."""
        write = self._registers.write
        code = _RATE_CODES[self._rate_hz]
        self._power_down()
        write(_FIFO_CTRL3, code << 4 | code)
        write(_FIFO_CTRL4, _CONTINUOUS)
        write(_CTRL1_XL, code << 4 | _ACCEL_CODES[self._accel_g] << 2)
        write(_CTRL2_G, code << 4 | _GYRO_CODES[self._gyro_dps] << 2)
        self.clock.set_up(self._rate_hz * 1000)

    def sleep(self, wake_mg: int = 125) -> None:
        """Accelerometer alone, 26 Hz, low power.

        INT1 rises when it changes by more than wake_mg (31-1968, steps of 31).
        """
        write = self._registers.write
        self._power_down()
        write(_CTRL6_C, 0x10)  # accelerometer: low power
        write(_TAP_CFG0, 0x01)  # latch until WAKE_UP_SRC is read
        write(_WAKE_UP_DUR, 0x10)  # threshold in 1/256 of the range
        write(_WAKE_UP_THS, max(1, min(63, wake_mg * 256 // (1000 * self._accel_g))))
        write(_MD1_CFG, 0x20)  # wake-up on INT1
        write(_TAP_CFG2, 0x80)  # interrupts on
        write(_CTRL1_XL, _RATE_CODES[26] << 4 | _ACCEL_CODES[self._accel_g] << 2)

    def moved(self) -> bool:
        """After sleep(): has there been motion since the last question?"""
        return bool(self._registers.read(_WAKE_UP_SRC) & 0x08)

    def poll(self) -> int:
        """Read up to 32 samples from the FIFO: how many are ready for load(). 32: ask again.

        Raises BusFault.
        """
        self._registers.read_into(_FIFO_STATUS1, self._status)
        now_ms = ticks_ms()
        level = self._status[0] | (self._status[1] & 3) << 8
        words = min(level, 2 * _MOST) & ~1
        if words == 0:
            return 0
        self._registers.read_into(_FIFO_DATA, self._view[: words * _WORD])
        n = self._pair(words)
        behind = (level - words) // 2
        if self._status[1] & _OVERRUN:
            self.overflows += 1
            self.lost += self.clock.overwritten(now_ms, n, behind)
        else:
            self.clock.burst(now_ms, n, behind)
        return n

    def load(self, i: int) -> None:
        """Sample i of the last burst into t_ms (ticks_ms), ax ay az (mg) and gx gy gz (0.1 deg/s)."""
        at = self._accel_at[i]
        ug = self._ug
        self.ax = (self._word(at) * ug + 500) // 1000
        self.ay = (self._word(at + 2) * ug + 500) // 1000
        self.az = (self._word(at + 4) * ug + 500) // 1000
        at = self._gyro_at[i]
        mdps_x100 = self._mdps_x100
        self.gx = (self._word(at) * mdps_x100 + 5000) // 10000
        self.gy = (self._word(at + 2) * mdps_x100 + 5000) // 10000
        self.gz = (self._word(at + 4) * mdps_x100 + 5000) // 10000
        self.t_ms = self.clock.time_of(i)

    def _word(self, at: int) -> int:
        value = self._fifo[at] | self._fifo[at + 1] << 8
        return value - ((value & 0x8000) << 1)

    def _pair(self, words: int) -> int:
        """Find gyroscope and accelerometer words of one instant (same count in their tags).

        The number of pairs.
        """
        n = 0
        gyro = -1
        at = 0
        for _ in range(words):
            tag = self._fifo[at] >> 3
            if tag == _TAG_GYRO:
                if gyro >= 0:
                    self.unpaired += 1
                gyro = at
            elif tag == _TAG_ACCEL and gyro >= 0 and (self._fifo[gyro] ^ self._fifo[at]) & 0x06 == 0:
                self._gyro_at[n] = gyro + 1
                self._accel_at[n] = at + 1
                n += 1
                gyro = -1
            else:
                self.unpaired += 1
            at += _WORD
        if gyro >= 0:  # an overrun left the FIFO beginning with half a sample: fetch the missing half
            self._registers.read_into(_FIFO_DATA, self._view[at : at + _WORD])
            if self._fifo[at] >> 3 == _TAG_ACCEL:
                self._gyro_at[n] = gyro + 1
                self._accel_at[n] = at + 1
                n += 1
        return n

    def _power_down(self) -> None:
        self._registers.write(_CTRL3_C, 0x01)  # software reset: FIFO in bypass, both sensors off
        sleep_ms(1)
        self._registers.write(_CTRL3_C, 0x44)  # whole words only, address steps in bursts
