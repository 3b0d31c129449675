"""A haptic motor that plays patterns of pulses.

Supply current: an eccentric coin motor (1027 class) takes 60-80 mA while it turns, nothing otherwise; a 200
ms pulse a minute is 0.25 mA on average. It wakes nobody.
"""

from asyncio import sleep_ms

from micropython import const

_QUEUE = const(4)  # more than four cues at once say nothing to a wrist
_PAUSE_MS = const(700)  # between two patterns, so that they are felt as two
_IDLE_MS = const(40)


class Haptic:
    """Plays patterns one after another.

    A pattern: a tuple of ms, on, off, on …, beginning and ending with on.
    """

    def __init__(self, pwm, strength_permille: int = 800):
        """pwm: a machine.PWM on the motor's pin; strength 1-1000."""
        self._pwm = pwm
        self._duty = 65535 * strength_permille // 1000
        self._queue = [None] * _QUEUE
        self._first = 0
        self._count = 0
        self.enabled = True  # the athlete's setting
        self.quiet = False  # quiet hours: nothing is played, and nothing is played later
        self.refused = 0  # patterns that found the queue full
        self._pwm.duty_u16(0)

    def play(self, pattern: tuple) -> bool:
        """Queue a pattern. False when it will not be felt: switched off, quiet, or the queue is full."""
        if not self.enabled or self.quiet:
            return False
        if self._count == _QUEUE:
            self.refused += 1
            return False
        self._queue[(self._first + self._count) % _QUEUE] = pattern
        self._count += 1
        return True

    def stop(self) -> None:
        """Forget what waits; the pulse under way ends by itself."""
        self._count = 0

    async def run(self) -> None:
        """Play for ever: a task of the composition root."""
        while True:
            if not self._count:
                await sleep_ms(_IDLE_MS)
                continue
            pattern = self._queue[self._first]
            self._first = (self._first + 1) % _QUEUE
            self._count -= 1
            try:
                for i in range(len(pattern)):
                    self._pwm.duty_u16(0 if i & 1 else self._duty)
                    await sleep_ms(pattern[i])
            finally:
                self._pwm.duty_u16(0)
            await sleep_ms(_PAUSE_MS)
