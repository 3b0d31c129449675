"""The status LED. Supply current: 1-5 mA while lit. It wakes nobody."""

from asyncio import sleep_ms

from micropython import const

_IDLE_MS = const(100)


class Led:
    """Lit, dark, or blinking a pattern of ms (on, off, on, off …) over and over."""

    def __init__(self, pin, active_low: bool = False):
        """pin: a machine.Pin set up as output."""
        self._pin = pin
        self._lit = 0 if active_low else 1
        self._pattern = None
        self.set(False)

    def set(self, lit: bool) -> None:
        self._pattern = None
        self._pin.value(self._lit if lit else 1 - self._lit)

    def blink(self, pattern: tuple) -> None:
        """An even number of ms values, each at least 20."""
        self._pattern = pattern

    async def run(self) -> None:
        """Blink for ever: a task of the composition root."""
        while True:
            pattern = self._pattern
            if pattern is None:
                await sleep_ms(_IDLE_MS)
                continue
            for i in range(len(pattern)):
                if self._pattern is not pattern:
                    break
                self._pin.value(1 - self._lit if i & 1 else self._lit)
                await sleep_ms(pattern[i])
