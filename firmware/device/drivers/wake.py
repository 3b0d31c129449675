"""What may wake the processor from deep sleep: the motion sensor's line going high, or the button.

Source: MicroPython 1.29, esp32.wake_on_ext0 (one pin, one level) and wake_on_ext1 (several pins, one level),
on RTC pins: ESP32 and ESP32-S3 have both, the ESP32-C3 neither, so it does not sleep this deep.
"""

from machine import Pin

try:
    from esp32 import WAKEUP_ANY_HIGH, wake_on_ext0, wake_on_ext1
except ImportError:  # this chip cannot
    wake_on_ext0 = None


class Wake:
    """`arm()` before machine.deepsleep(). `possible`: whether anything could wake this board again."""

    def __init__(self, settings: dict, moves: bool):
        """settings: the board.json object; moves: whether its motion sensor was found."""
        imu, button = settings.get("imu"), settings.get("button")
        wired = moves and imu.get("int_pin") is not None
        self._motion = Pin(imu["int_pin"], Pin.IN) if wired else None
        self._button = button
        self.possible = wake_on_ext0 is not None and self._motion is not None and button is not None

    def arm(self) -> None:
        """From now on these wake the chip; the parts themselves are put to sleep by their drivers."""
        pull = Pin.PULL_UP if self._button["pull_up"] else None
        wake_on_ext0(Pin(self._button["pin"], Pin.IN, pull), not self._button["active_low"])
        wake_on_ext1((self._motion,), WAKEUP_ANY_HIGH)
