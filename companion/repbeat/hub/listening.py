"""Reads every sensor in reach that has one of some services: connects, listens, goes on.

They are read and never controlled, need no key, and are no devices of RepBeat: they keep nothing, so what is
missed is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from repbeat.hub.radio import Backends, Radio

AGAIN_S = 5.0  # after a link has ended, doubled each time it did not come about
LONGEST_S = 60.0
MOST_SENSORS = 32

# What takes a notification of each characteristic (by UUID) of a connection to (address, name, the services
# that it advertises); ValueError: it cannot be read.
Ears = Callable[[str, str, Sequence[str]], Mapping[str, Callable[[bytes], None]]]
End = Callable[[str], None]  # the address whose link ended


class Listening:
    """`await run()` serves until cancelled; `ears` and `end` are called in the loop's thread.

    Where `ears` has none for a sensor, it is left alone, and asked about again.
    """

    def __init__(
        self,
        services: Sequence[str],
        ears: Ears,
        end: End,
        backends: Backends | None = None,
        again_s: float = AGAIN_S,
    ) -> None:
        self._radio = Radio(backends)
        self._services = services
        self._ears = ears
        self._end = end
        self._again_s = again_s
        self._connecting = asyncio.Lock()  # adapters refuse a second connect while one is under way
        self._heard: dict[str, BLEDevice] = {}

    async def run(self) -> None:
        """Read whatever is in reach. NoAdapter when this computer cannot scan."""
        tasks: set[asyncio.Task[None]] = set()

        def hear(device: BLEDevice, advertisement: AdvertisementData) -> None:
            known = device.address in self._heard
            if not known and len(self._heard) >= MOST_SENSORS:
                return
            self._heard[device.address] = device
            if not known:
                name = advertisement.local_name or device.name or device.address
                serving = self._serve(device.address, name, advertisement.service_uuids)
                tasks.add(asyncio.create_task(serving))

        try:
            async with self._radio.scanning(hear, *self._services):
                await asyncio.Event().wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, address: str, name: str, services: Sequence[str]) -> None:
        """Connection after connection."""
        pause_s = self._again_s
        while True:
            try:
                await self._connection(address, name, services)
                pause_s = self._again_s
            except (BleakError, OSError, EOFError, TimeoutError):
                pause_s = min(2 * pause_s, LONGEST_S)
            await asyncio.sleep(pause_s)

    async def _connection(self, address: str, name: str, services: Sequence[str]) -> None:
        """One connection until its link ends."""
        ears = self._ears(address, name, services)
        if not ears:
            return
        ended = asyncio.Event()
        async with self._connecting:
            client = await self._radio.connect(self._heard[address], name, lambda _: ended.set())
        try:
            for uuid, take in ears.items():
                await _listen(client, uuid, take)
            await ended.wait()
        finally:
            self._end(address)
            with suppress(BleakError, OSError, EOFError):
                await client.disconnect()


async def _listen(client: BleakClient, uuid: str, take: Callable[[bytes], None]) -> None:
    if client.services.get_characteristic(uuid) is None:
        return

    def hear(_: object, value: bytearray) -> None:
        with suppress(ValueError):  # what cannot be read is of no moment
            take(bytes(value))

    await client.start_notify(uuid, hear)
