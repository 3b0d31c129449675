"""The one place where bleak is made: scanner and clients, on the system's Bluetooth or on given backends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError
from bleak_retry_connector import BleakClientWithServiceCache, establish_connection

from repbeat.hub.errors import NoAdapter
from repbeat_protocol import gatt

Backends = tuple[type[BaseBleakScanner], type[BaseBleakClient]]
Heard = Callable[[BLEDevice, AdvertisementData], None]
ATTEMPTS = 2  # within one connection try; the hub itself tries again later


class Radio:
    """Without `backends`: what the operating system has. With them, every call goes to the two given classes.

    A call that misses its backend would fall back to BlueZ, hence one factory.
    """

    def __init__(self, backends: Backends | None = None, adapter: str | None = None) -> None:
        """`adapter`: which of several this computer has, such as hci1 (BlueZ).

        A client connects on the adapter that heard the device: bleak's device knows it.
        """
        self._scanner: dict[str, Any] = {} if backends is None else {"backend": backends[0]}
        if adapter is not None:
            self._scanner["bluez"] = {"adapter": adapter}
        self._client: dict[str, Any] = {} if backends is None else {"backend": backends[1]}

    @asynccontextmanager
    async def scanning(self, heard: Heard, *services: str) -> AsyncIterator[None]:
        """Call `heard` for every advertisement of one of the services (RepBeat's own) while inside."""
        try:
            scanner = BleakScanner(heard, service_uuids=list(services) or [gatt.SERVICE], **self._scanner)
            await scanner.start()
        except (BleakError, OSError) as error:
            raise NoAdapter(
                f"Bluetooth cannot scan ({error}): switch it on, and on Linux see that the bluetooth "
                "service runs and that you may use it"
            ) from error
        try:
            yield
        finally:
            with suppress(BleakError, OSError, EOFError):  # with the bluetooth service the scan has ended too
                await scanner.stop()

    async def forget(self, address: str) -> None:
        """Have the system drop its pairing with a device, where there is one and it can be dropped."""
        with suppress(BleakError, OSError, EOFError, NotImplementedError):
            await BleakClient(address, **self._client).unpair()

    async def connect(
        self, device: BLEDevice, name: str, disconnected: Callable[[BleakClient], None]
    ) -> BleakClient:
        """A connected client; bleak-retry-connector's typed errors otherwise.

        `disconnected` is for the link that was made: BlueZ shows a failed attempt as a link that ends at
        once, and bleak tells of it before it tries again.
        """
        made = False

        def ended(client: BleakClient) -> None:
            if made:
                disconnected(client)

        client = await establish_connection(
            BleakClientWithServiceCache,
            device,
            name,
            disconnected_callback=ended,
            max_attempts=ATTEMPTS,
            **self._client,
        )
        made = True
        if not client.is_connected:
            disconnected(client)
        return client
