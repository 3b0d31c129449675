"""The one sender: every notification of the device leaves here, live data first.

`gatts_notify` has no "drained" event; a full queue says ENOMEM. Then the sender waits about a connection
interval and tries the same frame again. Nothing is dropped.
"""

import asyncio

FULL_WAIT_MS = 8  # half of a common connection interval
BURST = 8  # rounds, then the other tasks have PAUSE_MS
PAUSE_MS = 1

NOTHING = 0
SENT = 1
FULL = 2


class Sender:
    """`sources`, most urgent first: each has `attribute`, `next(connection)` and `sent(connection)`."""

    def __init__(self, gatt, sources) -> None:
        self._gatt = gatt
        self._sources = sources
        self._wake = asyncio.Event()
        self._turn = 0
        self._burst = 0
        self.full = 0  # times the radio's queue was full
        for source in sources:
            source.wake = self.wake

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Send, for ever."""
        while True:
            self._wake.clear()
            while await self._round():
                pass
            await self._wake.wait()

    async def _round(self) -> bool:
        """One frame for each central in turn, so that none starves; False when nothing was due."""
        centrals = self._gatt.connections
        busy = False
        for _ in range(len(centrals)):
            connection = centrals[self._turn]
            outcome = self._send_one(connection) if connection.is_open else NOTHING
            if outcome == FULL:
                self.full += 1
                await asyncio.sleep_ms(FULL_WAIT_MS)
                return True
            self._turn = (self._turn + 1) % len(centrals)
            busy = busy or outcome == SENT
        self._burst += 1
        if self._burst % BURST == 0:
            await asyncio.sleep_ms(PAUSE_MS)
        return busy

    def _send_one(self, connection) -> int:
        for source in self._sources:
            frame = source.next(connection)
            if frame is None:
                continue
            try:
                taken = self._gatt.notify(connection, source.attribute, frame)
            except OSError:
                return NOTHING  # the link has gone; its DISCONNECT is in the queue
            if not taken:
                return FULL
            source.sent(connection)
            return SENT
        return NOTHING
