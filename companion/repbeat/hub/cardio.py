"""Reads every cardio machine in reach that speaks the Fitness Machine Service: connects, listens, goes on.

Machines are read and never controlled, need no key, and are no devices of RepBeat: they keep nothing, so what
is missed is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from repbeat.hub import ftms
from repbeat.hub.radio import Backends, Radio

AGAIN_S = 5.0  # after a link has ended, doubled each time it did not come about
LONGEST_S = 60.0
MOST_MACHINES = 32
UUID = "{:08x}-0000-1000-8000-00805f9b34fb"

# (address, name, kind, values) of each moment, and the address whose link ended
Take = Callable[[str, str, str, ftms.Values], None]
End = Callable[[str], None]


class Cardio:
    """`await run()` serves until cancelled; `take` and `end` are called in the loop's thread."""

    def __init__(
        self, take: Take, end: End, backends: Backends | None = None, again_s: float = AGAIN_S
    ) -> None:
        self._radio = Radio(backends)
        self._take = take
        self._end = end
        self._again_s = again_s
        self._connecting = asyncio.Lock()  # adapters refuse a second connect while one is under way
        self._machines: dict[str, BLEDevice] = {}

    async def run(self) -> None:
        """Read whatever is in reach. NoAdapter when this computer cannot scan."""
        tasks: set[asyncio.Task[None]] = set()

        def hear(device: BLEDevice, advertisement: AdvertisementData) -> None:
            known = device.address in self._machines
            if not known and len(self._machines) >= MOST_MACHINES:
                return
            self._machines[device.address] = device
            if not known:
                name = advertisement.local_name or device.name or device.address
                tasks.add(asyncio.create_task(self._serve(device.address, name)))

        try:
            async with self._radio.scanning(hear, ftms.SERVICE):
                await asyncio.Event().wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, address: str, name: str) -> None:
        """Connection after connection."""
        pause_s = self._again_s
        while True:
            try:
                await self._connection(address, name)
                pause_s = self._again_s
            except (BleakError, OSError, EOFError, TimeoutError):
                pause_s = min(2 * pause_s, LONGEST_S)
            await asyncio.sleep(pause_s)

    async def _connection(self, address: str, name: str) -> None:
        """One connection until its link ends."""
        ended = asyncio.Event()
        async with self._connecting:
            client = await self._radio.connect(self._machines[address], name, lambda _: ended.set())
        try:
            for number, kind in ftms.KINDS.items():
                await self._listen(client, number, address, name, kind)
            await ended.wait()
        finally:
            self._end(address)
            with suppress(BleakError, OSError, EOFError):
                await client.disconnect()

    async def _listen(self, client: BleakClient, number: int, address: str, name: str, kind: str) -> None:
        if client.services.get_characteristic(UUID.format(number)) is None:
            return
        moments = ftms.Moments(number)

        def hear(_: object, value: bytearray) -> None:
            with suppress(ValueError):  # what cannot be read is of no moment
                values = moments.take(bytes(value))
                if values:
                    self._take(address, name, kind, values)

        await client.start_notify(UUID.format(number), hear)
