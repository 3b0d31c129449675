"""MPU-6886 6-axis motion sensor on I2C (M5StickC Plus2), read through its FIFO.

Source: InvenSense DS-000193 rev 1.1. Supply current: about 2.8 mA with both sensors in low-noise mode, 6 uA
asleep; wake-on-motion in accelerometer low-power mode some tens of uA. Who may wake it: the firmware by
start(). Who it may wake: the processor, by INT on motion after sleep() — the M5StickC Plus2 does not bring
that pin out, so ask moved().
"""

from time import sleep_ms, ticks_ms

from micropython import const

from .errors import BadSetting
from .registers import Registers
from .sample_clock import SampleClock

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_ACCEL_CONFIG2 = const(0x1D)
_WOM_X = const(0x20)
_FIFO_EN = const(0x23)
_INT_ENABLE = const(0x38)
_INT_STATUS = const(0x3A)
_ACCEL_INTEL = const(0x69)
_USER_CTRL = const(0x6A)
_POWER_1 = const(0x6B)
_POWER_2 = const(0x6C)
_COUNT = const(0x72)
_FIFO = const(0x74)
_WHO_AM_I = const(0x75)

_IDENTITY = const(0x19)
_RECORD = const(14)  # acceleration, temperature, rotation: big-endian words
_MOST = const(32)
_OVERFLOW = const(0x10)
_DLPF_41_HZ = const(3)
_STOP_WHEN_FULL = const(0x40)


class MPU6886:
    """Bursts of acceleration and rotation. `poll`, then `load(i)` for each: t_ms, ax ay az [mg], gx gy gz
    [0.1 deg/s]."""

    NAME = "mpu6886"

    def __init__(self, i2c, address: int = 0x68, rate_hz: int = 100, accel_g: int = 8, gyro_dps: int = 2000):
        """rate_hz divides 1000. Raises BadSetting, SensorMissing, WrongPart."""
        if (
            not 4 <= rate_hz <= 200
            or 1000 % rate_hz
            or accel_g not in (2, 4, 8, 16)
            or gyro_dps not in (250, 500, 1000, 2000)
        ):
            raise BadSetting(
                self.NAME, "no rate %d Hz, range %d g or %d deg/s" % (rate_hz, accel_g, gyro_dps)
            )
        self._registers = Registers(i2c, address, self.NAME)
        self._registers.identify(_WHO_AM_I, _IDENTITY)
        self._rate_hz = rate_hz
        self._accel_g = accel_g
        self._gyro_dps = gyro_dps
        self._count = bytearray(2)
        self._fifo = bytearray(_MOST * _RECORD)
        self._view = memoryview(self._fifo)
        self.clock = SampleClock(rate_hz * 1000)
        self.overflows = 0  # times the FIFO was full, and was emptied
        self.lost = 0  # samples lost then, by the clock
        self.t_ms = 0
        self.ax = self.ay = self.az = 0
        self.gx = self.gy = self.gz = 0
        self._reset()

    def start(self) -> None:
        """Measure both sensors into the FIFO."""
        write = self._registers.write
        self._reset()
        write(_POWER_1, 0x01)  # awake, best clock
        write(_CONFIG, _STOP_WHEN_FULL | _DLPF_41_HZ)
        write(_SMPLRT_DIV, 1000 // self._rate_hz - 1)
        write(_GYRO_CONFIG, (250, 500, 1000, 2000).index(self._gyro_dps) << 3)
        write(_ACCEL_CONFIG, (2, 4, 8, 16).index(self._accel_g) << 3)
        write(_ACCEL_CONFIG2, _DLPF_41_HZ)
        write(_FIFO_EN, 0x18)
        write(_USER_CTRL, 0x44)  # FIFO on and empty
        self.clock.set_up(self._rate_hz * 1000)

    def sleep(self, wake_mg: int = 125) -> None:
        """Gyroscope off, accelerometer cycling.

        Moved() tells of a change of more than wake_mg (4-1020, steps of 4).
        """
        write = self._registers.write
        self._reset()
        write(_POWER_1, 0x01)
        write(_POWER_2, 0x07)  # gyroscope in standby
        write(_CONFIG, _DLPF_41_HZ)
        write(_SMPLRT_DIV, 39)  # 25 Hz
        write(_ACCEL_CONFIG, (2, 4, 8, 16).index(self._accel_g) << 3)
        for axis in range(3):
            write(_WOM_X + axis, max(1, min(255, wake_mg // 4)))
        write(_INT_ENABLE, 0xE0)
        write(_ACCEL_INTEL, 0xC0)  # compare with the sample before
        write(_POWER_1, 0x21)  # cycle

    def moved(self) -> bool:
        """After sleep(): has there been motion since the last question?"""
        return bool(self._registers.read(_INT_STATUS) & 0xE0)

    def poll(self) -> int:
        """Read up to 32 samples from the FIFO: how many are ready for load(). 32: ask again.

        Raises BusFault.
        """
        full = self._registers.read(_INT_STATUS) & _OVERFLOW
        self._registers.read_into(_COUNT, self._count)
        now_ms = ticks_ms()
        level = (self._count[0] << 8 | self._count[1]) // _RECORD
        if full:  # the last record may be cut: its alignment cannot be trusted, so empty the FIFO
            self._registers.write(_USER_CTRL, 0x44)
            self.overflows += 1
            self.lost += self.clock.overwritten(now_ms, 0)
            return 0
        n = min(level, _MOST)
        if n:
            self._registers.read_into(_FIFO, self._view[: n * _RECORD])
            self.clock.burst(now_ms, n, level - n)
        return n

    def load(self, i: int) -> None:
        """Sample i of the last burst into t_ms (ticks_ms), ax ay az (mg) and gx gy gz (0.1 deg/s)."""
        at = i * _RECORD
        mg = self._accel_g * 1000
        self.ax = (self._word(at) * mg + 16384) >> 15
        self.ay = (self._word(at + 2) * mg + 16384) >> 15
        self.az = (self._word(at + 4) * mg + 16384) >> 15
        dps_x10 = self._gyro_dps * 10
        self.gx = (self._word(at + 8) * dps_x10 + 16384) >> 15
        self.gy = (self._word(at + 10) * dps_x10 + 16384) >> 15
        self.gz = (self._word(at + 12) * dps_x10 + 16384) >> 15
        self.t_ms = self.clock.time_of(i)

    def _word(self, at: int) -> int:
        value = self._fifo[at] << 8 | self._fifo[at + 1]
        return value - ((value & 0x8000) << 1)

    def _reset(self) -> None:
        self._registers.write(_POWER_1, 0x80)
        sleep_ms(10)
