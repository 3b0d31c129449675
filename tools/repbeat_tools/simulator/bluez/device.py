"""Device1: one device that was heard, its connection, its pairing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bumble import hci
from bumble.device import Peer
from dbus_fast import Message

from repbeat_tools.simulator.bluez import errors
from repbeat_tools.simulator.bluez.bus import Answer
from repbeat_tools.simulator.bluez.gatt import DEFAULT_MTU, RemoteGatt
from repbeat_tools.simulator.radio import BLUETOOTH_ERRORS

if TYPE_CHECKING:
    from repbeat_tools.simulator.bluez.adapter import Adapter

DEVICE = "org.bluez.Device1"
CONNECT_S = 20.0  # HCI_LE_CONN_TIMEOUT of the Linux kernel


class RemoteDevice:
    """A device of one adapter. As with bluetoothd, a link outlives the client that asked for it."""

    def __init__(self, adapter: Adapter, path: str, address: Any) -> None:
        self._adapter = adapter
        self._bus = adapter.bus
        self._attempt: asyncio.Task[Any] | None = None
        self._ending = asyncio.Lock()  # Bumble never answers a second disconnect of the same link
        self.path = path
        self.address = address
        self.connection: Any = None
        self.gatt = RemoteGatt(adapter.bus, path)

    def change(self, **properties: Any) -> None:
        self._bus.change(self.path, DEVICE, **properties)

    # -- methods ----------------------------------------------------------------------------------

    async def connect(self, message: Message) -> Answer:
        await self._connect()
        return None

    async def disconnect(self, message: Message) -> Answer:
        """Ends the link, or the attempt to make one."""
        if self._attempt is not None:
            self._attempt.cancel()
        elif self.connection is None:
            raise errors.BluezError(errors.NOT_CONNECTED, "Not Connected")
        else:
            await self.drop()
        return None

    async def pair(self, message: Message) -> Answer:
        if self._bus.value(self.path, DEVICE, "Paired"):
            raise errors.BluezError(errors.ALREADY_EXISTS, "Already Exists")
        await self._connect()
        connection = self.connection
        radio = self._adapter.radio
        config = self._adapter.agents.pairing(message.sender or "", self.path)
        radio.pairing_config_factory = lambda _: config
        try:
            with errors.of_link(lambda: self.connection is not connection):
                await connection.pair()
        except errors.BluezError as error:
            # A failed pairing leaves Bumble a dead session; bluetoothd ends the link too.
            await self.drop()
            raise errors.BluezError(errors.AUTHENTICATION_FAILED, "Authentication Failed") from error
        self.change(Paired=True, Bonded=True)
        return None

    # -- the link ---------------------------------------------------------------------------------

    async def _connect(self) -> None:
        if self._attempt is not None:
            raise errors.BluezError(errors.IN_PROGRESS, "In Progress")
        if self.connection is not None:
            return
        self._attempt = asyncio.get_running_loop().create_task(self._establish())
        try:
            connection = await self._attempt
        except asyncio.CancelledError as error:
            if not self._attempt.cancelled():
                raise
            raise errors.BluezError(errors.FAILED, errors.CONNECTION_ABORTED) from error
        finally:
            self._attempt.cancel()
            self._attempt = None
        if self._adapter.radio.connections.get(connection.handle) is not connection:
            # No answer to the CONNECT_IND (0x3E): bluetoothd shows it as a connection that ends at once.
            self.change(Connected=True)
            asyncio.get_running_loop().call_soon(lambda: self.change(Connected=False))
            raise errors.BluezError(errors.FAILED, errors.CONNECTION_ABORTED)
        self.connection = connection
        connection.once("disconnection", self._gone)
        self.change(Connected=True)
        peer = Peer(connection)
        if self.gatt.known:
            self.gatt.attach(connection, peer.gatt_client)  # clients that trust their cache ask at once
        self._bus.spawn(self._resolve(connection, peer))

    async def _establish(self) -> Any:
        radio = self._adapter.radio
        async with self._adapter.connecting:  # a controller connects one at a time
            attempt = asyncio.ensure_future(
                radio.connect(self.address, own_address_type=hci.OwnAddressType.PUBLIC, timeout=None)
            )
            try:
                async with asyncio.timeout(CONNECT_S):
                    return await asyncio.shield(attempt)
            except (TimeoutError, asyncio.CancelledError) as error:
                await radio.cancel_connection()
                results = await asyncio.gather(attempt, return_exceptions=True)
                if not isinstance(results[0], BaseException):
                    await results[0].disconnect()
                if isinstance(error, asyncio.CancelledError):
                    raise
                raise errors.BluezError(errors.FAILED, errors.CONNECTION_TIMEOUT) from error
            except BLUETOOTH_ERRORS as error:
                raise errors.BluezError(errors.FAILED, errors.CONNECTION_ABORTED) from error

    async def _resolve(self, connection: Any, peer: Any) -> None:
        """Encryption for a bonded device, MTU, services: known ones are not asked for again."""
        try:
            with errors.of_link(lambda: self.connection is not connection):
                if await self._adapter.radio.keystore.get(str(connection.peer_address)):
                    await connection.encrypt()
                if self._adapter.exchange_mtu > DEFAULT_MTU:
                    await peer.request_mtu(self._adapter.exchange_mtu)
                if not self.gatt.known:
                    await self.gatt.discover(peer)
        except errors.BluezError:
            if self.connection is connection:
                await self.drop()
            return
        self.gatt.attach(connection, peer.gatt_client)
        self.change(ServicesResolved=True, UUIDs=self.gatt.service_uuids)

    async def drop(self) -> None:
        """End the link from this side; an ended one is fine."""
        async with self._ending:
            if self.connection is None:
                return
            try:
                await self.connection.disconnect()
            except BLUETOOTH_ERRORS as error:
                if self.connection is not None:
                    raise errors.BluezError(errors.FAILED, str(error)) from error

    def _gone(self, reason: int) -> None:
        self.connection = None
        self.gatt.detach()
        self.change(ServicesResolved=False)
        self.change(Connected=False)
