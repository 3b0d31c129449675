"""TRANSFER: brings plans and settings onto the device (protocol/transfer.md); one central at a time.

The protocol's Receiver does the work on the slots of the store; this file gives each answer to the central
that asked, keeps a second central out while the first is at it, and tells of a refused plan.
"""

import struct

from repbeat_protocol import transfer

IDLE_MS = 10000  # a central silent for so long has given up: another one may begin


class Transfer:
    """A source of the sender. `on_refused(ident, reason, digest8)`: a plan was offered and refused."""

    def __init__(self, slots, centrals: int, clock, on_refused) -> None:
        self.attribute = 0
        self.wake = None
        self._receiver = transfer.Receiver(slots)
        self._clock = clock
        self._on_refused = on_refused
        self._states = [None] * centrals  # messages go one at a time, so one answer waits at most
        self._owner = -1
        self._last_ms = 0
        self._digest8 = bytes(8)

    def opened(self, connection) -> None:
        self.closed(connection)

    def closed(self, connection) -> None:
        """The central is gone; what it brought stays in the slot and can be resumed."""
        self._states[connection.index] = None
        if self._owner == connection.index:
            self._owner = -1

    def message(self, connection, message: memoryview) -> None:
        """Answer one BEGIN or CHUNK."""
        now = self._clock.uptime_ms()
        index = connection.index
        if self._owner not in (-1, index) and now - self._last_ms < IDLE_MS:
            state = struct.pack(transfer.STATE_FORM, transfer.STATE, 0, 0, 0, transfer.REFUSED, transfer.BUSY)
        else:
            self._owner, self._last_ms = index, now
            if len(message) == struct.calcsize(transfer.BEGIN_FORM) and message[0] == transfer.BEGIN:
                self._digest8 = bytes(message[10:18])
            state = self._receiver.handle(message)
            self._note(state)
        self._states[index] = state
        self.wake()

    def _note(self, state: bytes) -> None:
        kind, ident, _, status, reason = transfer.unpack_state(state)
        if status != transfer.WANTED:
            self._owner = -1
        ours = reason not in (transfer.NOT_BEGUN, transfer.BAD_MESSAGE)
        if status == transfer.REFUSED and kind == transfer.PLAN and ours:
            self._on_refused(ident, reason, self._digest8)

    def next(self, connection) -> bytes | None:
        """The STATE due for this central."""
        return self._states[connection.index]

    def sent(self, connection) -> None:
        """The STATE is with the radio."""
        self._states[connection.index] = None
