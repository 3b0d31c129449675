"""A stranger's central: plain Bumble, nothing of the companion."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bumble.device import Peer
from bumble.hci import Address, OwnAddressType
from bumble.pairing import PairingConfig, PairingDelegate

from repbeat_tools.simulator import Air, Central, Device
from repbeat_tools.simulator.radio import BLUETOOTH_ERRORS


class Types(PairingDelegate):  # type: ignore[misc]
    """Somebody who types a passkey: what `read()` says."""

    def __init__(self, read: Any) -> None:
        super().__init__(PairingDelegate.KEYBOARD_INPUT_ONLY)
        self._read = read

    async def get_number(self) -> int:
        number: int = await self._read()
        return number


class Phone:
    """One central."""

    ERRORS = BLUETOOTH_ERRORS

    def __init__(self, central: Central, device: Device) -> None:
        self.central = central
        self.device = central.device
        self._mac = Address(device.mac, Address.PUBLIC_DEVICE_ADDRESS)

    @classmethod
    async def switched_on(cls, air: Air, name: str, device: Device) -> Phone:
        phone = cls(air.centrals.get(name) or await air.central(name), device)
        phone.will_pair()
        return phone

    def will_pair(self, passkey: Any = None) -> None:
        """`passkey()`: awaited for the number to type; None: without keys, "just works"."""
        delegate = Types(passkey) if passkey else PairingDelegate()
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True,
            mitm=passkey is not None,
            bonding=True,
            delegate=delegate,
            identity_address_type=PairingConfig.AddressType.PUBLIC,
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Any]:
        """A link, with the band's services known."""
        link = await self.device.connect(self._mac, own_address_type=OwnAddressType.PUBLIC, timeout=20)
        try:
            peer = Peer(link)
            await peer.request_mtu(247)
            await peer.discover_all()
            yield peer
        finally:
            if link.handle in self.device.connections:
                await link.disconnect()

    async def pairs(self, press: Any = None) -> bool:
        """Connect, have somebody `press()` the button, pair, go; whether it worked."""
        async with self.connected() as peer:
            if press:
                await press()
            return await self.works(peer.connection.pair())

    async def encrypts(self) -> bool:
        """Connect and encrypt by the bond; whether the band still knows it."""
        async with self.connected() as peer:
            return await self.works(peer.connection.encrypt())

    @staticmethod
    async def works(attempt: Any) -> bool:
        """Whether it ends well; Bumble cancels what is awaited when the link ends."""
        (result,) = await asyncio.gather(attempt, return_exceptions=True)
        if result is not None and not isinstance(result, (asyncio.CancelledError, *BLUETOOTH_ERRORS)):
            raise result
        return result is None
