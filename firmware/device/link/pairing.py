"""Pairing: LE Secure Connections where the chip has them, and a passkey where the board has a display.

Bonds are made in the claim window only. A passkey is shown in it only, too: outside it, who asks for one is
sent away. Encryption by itself gives nobody any right (auth.py does).
"""

import asyncio
import os

SHOWN_MS = 30000  # SMP gives up then (Core 5.4 Vol 3 Part H 3.4)
LOOK_MS = 500
DISPLAY_ONLY = 0  # IO capabilities, as BLE.config() has them
NO_INPUT_NO_OUTPUT = 3
SHOW = 3  # passkey action


class Pairing:
    """`get_secret`, `set_secret` answer the stack; the rest is told by Gatt's task."""

    def __init__(self, ble, bonds, window, display, clock) -> None:
        """`display`: with `show(text)` and `clear()`; None where the board has none."""
        self._ble = ble
        self._bonds = bonds
        self._window = window
        self._display = display
        self._clock = clock
        self._shown_for = None  # a connection
        self._until_ms = 0
        self.get_secret = bonds.get
        self.set_secret = bonds.set
        window.changed = self._follow

    @property
    def shows(self) -> bool:
        """Whether there is a display for a passkey."""
        return self._display is not None

    def start(self) -> None:
        """The radio is on: say how to pair."""
        io = DISPLAY_ONLY if self.shows else NO_INPUT_NO_OUTPUT
        self._ble.config(mitm=self.shows, io=io, le_secure=True)
        self._follow()

    def _follow(self) -> None:
        self._ble.config(bond=self._window.is_open)

    def proved(self, connection) -> bool:
        """Whether the link is as safe as this board can make it: by passkey, where there is a display."""
        return connection.authenticated or not self.shows

    def passkey(self, connection, action: int) -> None:
        """The stack wants a passkey to be shown."""
        if action != SHOW or not self.shows or not self._window.is_open:
            self._ble.gap_disconnect(connection.handle)
            return
        number = int.from_bytes(os.urandom(4), "little") % 1000000
        self._display.show("%06d" % number)
        self._shown_for = connection
        self._until_ms = self._clock.uptime_ms() + SHOWN_MS
        self._ble.gap_passkey(connection.handle, action, number)

    def encrypted(self, connection) -> None:
        """Pairing is over, well or not."""
        self._hide(connection)

    def closed(self, connection) -> None:
        """A link is gone."""
        self._hide(connection)
        self._bonds.ended()

    def _hide(self, connection) -> None:
        if self._shown_for is connection:
            self._shown_for = None
            self._display.clear()

    async def run(self) -> None:
        """Write new bonds, end the window and the passkey in time, for ever."""
        while True:
            self._bonds.save()
            self._follow()
            if self._shown_for and self._clock.uptime_ms() > self._until_ms:
                self._hide(self._shown_for)
            await asyncio.sleep_ms(LOOK_MS)
