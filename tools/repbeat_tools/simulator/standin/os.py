"""MicroPython's `os` with the chip's random number generator, which the WebAssembly build has not."""

import _host
from uctypes import addressof
from uos import *  # the built-in module under its old name  # noqa: F403


def urandom(n):
    """n bytes that nobody can foretell (on the ESP32, the hardware's)."""
    buf = bytearray(n)
    _host.random(addressof(buf), n)
    return bytes(buf)
