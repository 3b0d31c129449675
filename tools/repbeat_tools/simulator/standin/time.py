"""MicroPython's `time` on the simulated clock, with the ESP32's epoch and a microsecond counter."""

import _host
import utime as _builtin
from utime import *  # the built-in module under its old name  # noqa: F403

_UNIX_2000 = (
    946684800  # 2000-01-01T00:00:00Z: the epoch of the ESP32 port (extmod/modtime.c, shared/timeutils)
)


def sleep(seconds):
    _host.sleep_us(seconds * 1_000_000)


def sleep_ms(ms):
    _host.sleep_us(ms * 1000)


def sleep_us(us):
    _host.sleep_us(us)


def ticks_us():
    return _host.ticks_us()


def ticks_cpu():
    return _host.ticks_us()


def time():
    """Seconds since 2000 by the chip's RTC, which starts at zero when power comes on."""
    return _host.rtc_seconds()


def time_ns():
    return time() * 1_000_000_000


def gmtime(seconds=None):
    return _builtin.gmtime((time() if seconds is None else seconds) + _UNIX_2000)


localtime = gmtime


def mktime(fields):
    return _builtin.mktime(fields) - _UNIX_2000
