"""bleak's scanner and client on a Bumble central: bleak's own `backend=` hook, the rest unmodified.

`backends(device)` gives the two classes; any bleak call that misses them would fall back to the computer's
own Bluetooth, so a companion makes its scanners and clients in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bleak.backends.characteristic import BleakGATTCharacteristic, GattCharacteristicsFlags
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Peer

PREFERRED_MTU = 517  # what BlueZ and Android ask for
VALUE_MAX = 512
QUEUE_MAX = 64  # write commands that Bumble may hold; it queues without bound
BLUETOOTH_ERRORS = (core.BaseBumbleError, hci.HCI_Error)

# Assigned numbers, Generic Access Profile: advertising data types and the size of their UUIDs in bytes
SERVICE_LISTS = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}
SERVICE_DATA = {0x16: 2, 0x20: 4, 0x21: 16}


def uuid_text(uuid: Any) -> str:
    """A Bumble UUID in bleak's form: 128 bits, lower case."""
    separator = "-" if len(uuid.uuid_bytes) == 16 else ""
    return normalize_uuid_str(uuid.to_hex_str(separator).lower())


def parse_advertisement(data: Any) -> dict[str, Any]:
    """Fields of AdvertisementData from Bumble's AdvertisingData; absent ones are None or empty."""
    fields: dict[str, Any] = {
        "name": None,
        "manufacturer": {},
        "service_data": {},
        "uuids": [],
        "tx_power": None,
    }
    for kind, value in data.ad_structures:
        if kind in (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME):
            fields["name"] = value.decode(errors="replace")
        elif kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA:
            fields["manufacturer"][int.from_bytes(value[:2], "little")] = bytes(value[2:])
        elif kind == AdvertisingData.TX_POWER_LEVEL:
            fields["tx_power"] = int.from_bytes(value[:1], "little", signed=True)
        elif kind in SERVICE_LISTS:
            size = SERVICE_LISTS[kind]
            parts = (value[i : i + size] for i in range(0, len(value), size))
            fields["uuids"] += [uuid_text(core.UUID.from_bytes(part)) for part in parts]
        elif kind in SERVICE_DATA:
            size = SERVICE_DATA[kind]
            fields["service_data"][uuid_text(core.UUID.from_bytes(value[:size]))] = bytes(value[size:])
    return fields


class AirScanner(BaseBleakScanner):
    """Scanner; several may run at once on one central."""

    device: Any
    scanners: set[AirScanner]

    def __init__(
        self, detection_callback: Any, service_uuids: Any, scanning_mode: str, **kwargs: Any
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        self.seen_devices = {}
        self._heard: dict[str, AdvertisementData] = {}
        self.device.on("advertisement", self._on_advertisement)
        self.scanners.add(self)
        if len(self.scanners) == 1:
            await self.device.start_scanning(active=self._active, filter_duplicates=False)

    async def stop(self) -> None:
        if self not in self.scanners:
            return
        self.device.remove_listener("advertisement", self._on_advertisement)
        self.scanners.discard(self)
        if not self.scanners and self.device.is_scanning:
            await self.device.stop_scanning()

    def _on_advertisement(self, advertisement: Any) -> None:
        fields = parse_advertisement(advertisement.data)
        key = str(advertisement.address)
        address = advertisement.address.to_string(False)
        before = self._heard.get(key)
        if before is not None:  # advertisement and scan response are one
            fields["name"] = fields["name"] or before.local_name
            fields["uuids"] = fields["uuids"] or before.service_uuids
            fields["manufacturer"] = {**before.manufacturer_data, **fields["manufacturer"]}
            fields["service_data"] = {**before.service_data, **fields["service_data"]}
            if fields["tx_power"] is None:
                fields["tx_power"] = before.tx_power
        data = AdvertisementData(
            fields["name"],
            fields["manufacturer"],
            fields["service_data"],
            fields["uuids"],
            fields["tx_power"],
            advertisement.rssi,
            (advertisement,),
        )
        self._heard[key] = data
        if self.is_allowed_uuid(fields["uuids"]):
            device = self.create_or_update_device(key, address, data.local_name, advertisement.address, data)
            self.call_detection_callbacks(device, data)


class AirClient(BaseBleakClient):
    """Client. Bumble cancels requests when the link drops: a BleakError here, as everywhere."""

    device: Any
    connecting: asyncio.Lock

    def __init__(self, address_or_ble_device: Any, services: Any = None, **kwargs: Any) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        self._target = getattr(address_or_ble_device, "details", None)
        self._name = getattr(address_or_ble_device, "name", None)
        self._wanted = services
        self._connection: Any = None
        self._peer: Any = None
        self._callbacks: dict[int, Any] = {}

    @property
    def name(self) -> str:
        return self._name or self.address

    @property
    def mtu_size(self) -> int:
        return int(self._connection.att_mtu) if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    @asynccontextmanager
    async def _operation(self) -> AsyncIterator[Any]:
        connection = self._connection
        if connection is None:
            raise BleakError("Not connected")
        try:
            yield self._peer
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if self._connection is not connection and task is not None and not task.cancelling():
                raise BleakError("disconnected") from error
            raise
        except (*BLUETOOTH_ERRORS, TimeoutError) as error:
            raise BleakError(str(error) or repr(error)) from error

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        if self._connection:
            raise BleakError("already connected")
        timeout_s = kwargs.get("timeout", self._timeout)
        target = self._target or hci.Address(self.address, hci.Address.PUBLIC_DEVICE_ADDRESS)
        try:
            async with asyncio.timeout(timeout_s), self.connecting:  # a controller connects one at a time
                connection = await self._connect(target)
        except TimeoutError as error:
            raise BleakDeviceNotFoundError(self.address, f"no connection within {timeout_s} s") from error
        except BLUETOOTH_ERRORS as error:
            raise BleakError(f"connect: {error}") from error
        if self.device.connections.get(connection.handle) is not connection:
            raise BleakError("connection failed to be established")
        self._connection = connection
        connection.once("disconnection", self._on_disconnection)
        try:
            async with self._operation():
                if pair:
                    await self._pair()
                elif self.device.keystore and await self.device.keystore.get(str(connection.peer_address)):
                    await connection.encrypt()  # bonded: encrypt with the key that is kept, as BlueZ does
                self._peer = Peer(connection)
                await self._peer.request_mtu(PREFERRED_MTU)
                await self._discover()
        except BaseException:
            await self.disconnect()
            raise

    async def _connect(self, target: Any) -> Any:
        """Connect; a caller who gives up leaves no pending connection behind."""
        attempt = asyncio.ensure_future(
            self.device.connect(target, own_address_type=hci.OwnAddressType.PUBLIC, timeout=None)
        )
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            await self.device.cancel_connection()
            results = await asyncio.gather(attempt, return_exceptions=True)
            if not isinstance(results[0], BaseException):
                await results[0].disconnect()
            raise

    async def _discover(self) -> None:
        collection = BleakGATTServiceCollection()
        for service in await self._peer.discover_services():
            if self._wanted and uuid_text(service.uuid) not in self._wanted:
                continue
            own = BleakGATTService(service, service.handle, uuid_text(service.uuid))
            collection.add_service(own)
            for found in await self._peer.discover_characteristics(service=service):
                properties = [
                    flag.name.replace("_", "-")
                    for flag in GattCharacteristicsFlags
                    if found.properties & flag.value
                ]
                characteristic = BleakGATTCharacteristic(
                    found,
                    found.handle,
                    uuid_text(found.uuid),
                    properties,  # type: ignore[arg-type]
                    lambda: min(self.mtu_size - 3, VALUE_MAX),
                    own,
                )
                collection.add_characteristic(characteristic)
                for descriptor in await self._peer.discover_descriptors(found):
                    collection.add_descriptor(
                        BleakGATTDescriptor(
                            descriptor, descriptor.handle, uuid_text(descriptor.type), characteristic
                        )
                    )
        self.services = collection

    def _on_disconnection(self, reason: int) -> None:
        self._connection = self._peer = self.services = None
        self._callbacks.clear()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection:
            try:
                await self._connection.disconnect()
            except BLUETOOTH_ERRORS as error:
                if self._connection:
                    raise BleakError(f"disconnect: {error}") from error

    async def _pair(self) -> None:
        try:
            await self._connection.pair()
        except core.ProtocolError as error:
            raise BleakError(f"pairing failed: {error}") from error

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        async with self._operation():
            await self._pair()

    async def unpair(self) -> None:
        if self.device.keystore:
            await self.device.keystore.delete(str(self._target or self.address))

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **kwargs: Any) -> bytearray:
        async with self._operation() as peer:
            return bytearray(await peer.gatt_client.read_value(characteristic.handle))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **kwargs: Any) -> bytearray:
        async with self._operation() as peer:
            return bytearray(await peer.gatt_client.read_value(descriptor.handle))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        async with self._operation() as peer:
            data = bytes(data)
            limit = VALUE_MAX if response else min(self.mtu_size - 3, VALUE_MAX)
            if len(data) > limit:
                raise BleakError(f"{len(data)} bytes are too long for this write: at most {limit}")
            if response and len(data) > self.mtu_size - 3:
                await peer.gatt_client.write_long_value(characteristic.handle, data)
                return
            await peer.gatt_client.write_value(characteristic.handle, data, response)
            queue = self._connection.data_packet_queue
            if not response and queue and queue.pending > QUEUE_MAX:
                await self._connection.drain()

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        async with self._operation() as peer:
            await peer.gatt_client.write_value(descriptor.handle, bytes(data), True)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: Any, **kwargs: Any
    ) -> None:
        async with self._operation() as peer:

            def deliver(value: bytes) -> None:
                callback(bytearray(value))

            self._callbacks[characteristic.handle] = deliver
            await peer.gatt_client.subscribe(characteristic.obj, deliver)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        async with self._operation() as peer:
            deliver = self._callbacks.pop(characteristic.handle, None)
            await peer.gatt_client.unsubscribe(characteristic.obj, deliver)


def backends(device: Any) -> tuple[type[BaseBleakScanner], type[BaseBleakClient]]:
    """bleak's scanner and client classes on this powered-on Bumble central."""
    scanner = type("AirScanner", (AirScanner,), {"device": device, "scanners": set()})
    client = type("AirClient", (AirClient,), {"device": device, "connecting": asyncio.Lock()})
    return scanner, client
