"""A push button: debounced, with short, long and very long presses.

Supply current: none (the pull-up takes 0.07 mA while pressed). Who it may wake: the processor, through the
pin's interrupt; the interrupt only notes the time of the edge, everything else happens in poll().
"""

from asyncio import ThreadSafeFlag, sleep_ms
from time import ticks_diff, ticks_ms

from micropython import const

SHORT = const(1)
LONG = const(2)
HELD = const(3)

_BOUNCE_MS = const(30)  # tact switches bounce for 5-20 ms
_LONG_MS = const(800)
_HELD_MS = const(8000)  # long enough that a sleeve does not do it
_LOOK_MS = const(20)


class Button:
    """Events in the order of the presses.

    SHORT on release, LONG at 0.8 s and HELD at 8 s while still pressed.
    """

    def __init__(self, pin, active_low: bool = True):
        """pin: a machine.Pin set up as input (with its pull-up where the board has none)."""
        self._pin = pin
        self._down = 0 if active_low else 1
        self._pressed = False
        self._since_ms = 0
        self._told = 0
        self._edge_ms = 0  # the first edge not looked at yet
        self._last_ms = 0  # and the last
        self._edges = 0  # counted by the interrupt, so that a press between two polls is not missed
        self._seen = 0
        self._touched = ThreadSafeFlag()
        pin.irq(self._edge, pin.IRQ_FALLING | pin.IRQ_RISING)

    def _edge(self, _pin) -> None:
        self._last_ms = ticks_ms()
        if self._edges == self._seen:
            self._edge_ms = self._last_ms
        self._edges = (self._edges + 1) & 0xFFFF
        self._touched.set()

    @property
    def idle(self) -> bool:
        """True when nothing happens and poll() need not be called."""
        return not self._pressed and self._edges == self._seen

    def poll(self, now_ms: int) -> int:
        """0, SHORT, LONG or HELD. Call every 20-50 ms while not idle."""
        down = self._pin.value() == self._down
        if self._edges != self._seen and ticks_diff(now_ms, self._edge_ms) >= _BOUNCE_MS:
            self._seen = self._edges
            if not self._pressed and not down:  # pressed and released since the last poll, or only a glitch
                return SHORT if ticks_diff(self._last_ms, self._edge_ms) >= _BOUNCE_MS else 0
            if down and not self._pressed:
                self._pressed = True
                self._told = 0
                self._since_ms = self._edge_ms
            elif self._pressed and not down:
                self._pressed = False
                return 0 if self._told else SHORT
        if self._pressed:
            held_ms = ticks_diff(now_ms, self._since_ms)
            if held_ms >= _HELD_MS and self._told == LONG:
                self._told = HELD
                return HELD
            if held_ms >= _LONG_MS and not self._told:
                self._told = LONG
                return LONG
        return 0

    async def wait(self) -> int:
        """The next event. Sleeps until the pin moves; looks every 20 ms while something goes on."""
        while True:
            if self.idle:
                await self._touched.wait()
            event = self.poll(ticks_ms())
            if event:
                return event
            await sleep_ms(_LOOK_MS)
