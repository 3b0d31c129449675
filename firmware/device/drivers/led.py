"""The status LED: what goes on, and cues in between. Supply current: 1-5 mA while lit. It wakes nobody."""

from asyncio import sleep_ms

from micropython import const

_IDLE_MS = const(100)


class Led:
    """Lit, dark, or blinking a pattern of ms (on, off, on, off …) over and over; a cue once."""

    def __init__(self, pin, active_low: bool = False):
        """pin: a machine.Pin set up as output."""
        self._pin = pin
        self._lit = 0 if active_low else 1
        self._pattern = None
        self._cue = None
        self._playing = False
        self.set(False)

    def set(self, lit: bool) -> None:
        self._pattern = None
        if not self._playing:
            self._pin.value(self._lit if lit else 1 - self._lit)

    def blink(self, pattern: tuple) -> None:
        """An even number of ms values, each at least 20."""
        self._pattern = pattern

    def play(self, pattern: tuple) -> None:
        """A cue: ms on, off, on …, once, instead of what blinks; the latest one counts."""
        self._cue = pattern

    async def _play(self) -> None:
        pattern, self._cue = self._cue, None
        self._playing = True
        try:
            self._pin.value(1 - self._lit)
            await sleep_ms(_IDLE_MS)
            for i in range(len(pattern)):
                self._pin.value(1 - self._lit if i & 1 else self._lit)
                await sleep_ms(pattern[i])
        finally:
            self._pin.value(1 - self._lit)
            self._playing = False

    async def run(self) -> None:
        """Blink for ever: a task of the composition root."""
        while True:
            if self._cue:
                await self._play()
            pattern = self._pattern
            if pattern is None:
                await sleep_ms(_IDLE_MS)
                continue
            for i in range(len(pattern)):
                if self._pattern is not pattern or self._cue:
                    break
                self._pin.value(1 - self._lit if i & 1 else self._lit)
                await sleep_ms(pattern[i])
