"""Cues on two channels: the motor plays the word, the LED shows the same word in light.

The wearer's settings: `haptic` and `light` (0 switches a channel off), `cue_NAME` (ms, "80 100 300": another
pattern on the motor; "off": none). In quiet hours nothing is played; the answer to a call for help is.
"""

from device.session import cues

OFF = "off"


class Cueing:
    """`haptic` and `led`: drivers, None where there is none; `quiet()`: whether it is quiet hours."""

    def __init__(self, haptic, led, settings, quiet) -> None:
        self._haptic = haptic
        self._led = led
        self._settings = settings
        self._quiet = quiet

    def play(self, pattern: tuple[int, ...]) -> None:
        """One pattern of cues.py."""
        if pattern != cues.HELP and self._quiet():
            return
        if self._haptic and self._settings.get("haptic", 1):
            felt = self._felt(pattern)
            if felt:
                self._haptic.play(felt)
        if self._led and self._settings.get("light", 1):
            self._led.play(pattern)

    def _felt(self, pattern: tuple[int, ...]) -> tuple[int, ...] | None:
        """What the wearer has chosen for it; None: nothing."""
        chosen = self._settings.get("cue_" + cues.name_of(pattern), "")
        if not chosen:
            return pattern
        return None if chosen == OFF else cues.own(chosen) or pattern
