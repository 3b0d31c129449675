"""GattService1, GattCharacteristic1, GattDescriptor1: a device's attributes as objects on the bus.

As bluetoothd with its default `Cache = always`, the objects stay when the link ends and are taken for true at
the next connection, until RemoveDevice: that is how a stale copy outlives a firmware update (bluez #191).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bleak.backends.characteristic import GattCharacteristicsFlags
from dbus_fast import Message

from repbeat_tools.simulator.backend import QUEUE_MAX, uuid_text
from repbeat_tools.simulator.bluez import errors
from repbeat_tools.simulator.bluez.bus import Answer, ServiceBus

SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
DESCRIPTOR = "org.bluez.GattDescriptor1"
GENERIC_ACCESS = "00001800-0000-1000-8000-00805f9b34fb"  # bluetoothd keeps this one to itself
CONFIGURATION = "00002902-0000-1000-8000-00805f9b34fb"  # and this descriptor: clients use StartNotify
NOTIFY, INDICATE = 0x10, 0x20  # characteristic properties, Core 5.4, Vol 3 Part G 3.3.1.1
DEFAULT_MTU = 23


@dataclass
class Attribute:
    """A characteristic or descriptor. `configuration` is the handle of its CCCD, 0 for none."""

    path: str
    interface: str
    handle: int
    properties: int = 0
    configuration: int = 0
    listeners: set[str] = field(default_factory=set)
    """Clients that have called StartNotify."""
    writing: bool = False


class RemoteGatt:
    """The attributes of one device. `attach` before use, `detach` when the link has ended."""

    def __init__(self, bus: ServiceBus, device_path: str) -> None:
        self._bus = bus
        self._device_path = device_path
        self._attributes: dict[str, Attribute] = {}
        self._connection: Any = None
        self._client: Any = None
        self.service_uuids: list[str] = []

    @property
    def known(self) -> bool:
        return bool(self._attributes)

    # -- discovery --------------------------------------------------------------------------------

    async def discover(self, peer: Any) -> None:
        """Ask the device for everything, then show it on the bus at once."""
        objects: list[tuple[str, str, dict[str, Any]]] = []
        attributes: list[Attribute] = []
        self.service_uuids = []
        for service in await peer.discover_services():
            uuid = uuid_text(service.uuid)
            self.service_uuids.append(uuid)
            path = f"{self._device_path}/service{service.handle:04x}"
            if uuid == GENERIC_ACCESS:
                continue
            about = {"UUID": uuid, "Primary": True, "Device": self._device_path, "Includes": []}
            objects.append((path, SERVICE, about))
            for found in await peer.discover_characteristics(service=service):
                await self._characteristic(peer, path, found, objects, attributes)
        for path, interface, about in objects:
            self._bus.add(path, interface, **about)
        self._attributes = {attribute.path: attribute for attribute in attributes}

    async def _characteristic(
        self, peer: Any, service_path: str, found: Any, objects: list[Any], attributes: list[Attribute]
    ) -> None:
        path = f"{service_path}/char{found.handle - 1:04x}"  # bluetoothd names the declaration's handle
        attribute = Attribute(path, CHARACTERISTIC, found.handle, int(found.properties))
        flags = [
            flag.name.replace("_", "-") for flag in GattCharacteristicsFlags if found.properties & flag.value
        ]
        about: dict[str, Any] = {"UUID": uuid_text(found.uuid), "Service": service_path, "Flags": flags}
        about |= {"Value": b"", "MTU": DEFAULT_MTU}
        if attribute.properties & (NOTIFY | INDICATE):
            about["Notifying"] = False
        objects.append((path, CHARACTERISTIC, about))
        attributes.append(attribute)
        for descriptor in await peer.discover_descriptors(found):
            uuid = uuid_text(descriptor.type)
            if uuid == CONFIGURATION:
                attribute.configuration = descriptor.handle
                continue
            below = f"{path}/desc{descriptor.handle:04x}"
            objects.append((below, DESCRIPTOR, {"UUID": uuid, "Characteristic": path, "Value": b""}))
            attributes.append(Attribute(below, DESCRIPTOR, descriptor.handle))

    # -- the link ---------------------------------------------------------------------------------

    def attach(self, connection: Any, client: Any) -> None:
        """The link is up: `client` is Bumble's GATT client on `connection`."""
        self._connection, self._client = connection, client
        for attribute in self._attributes.values():
            if attribute.interface == CHARACTERISTIC:
                self._bus.change(attribute.path, CHARACTERISTIC, MTU=int(connection.att_mtu))

    def detach(self) -> None:
        """The link is gone, and with it what the device was asked to notify."""
        self._connection = self._client = None
        for attribute in self._attributes.values():
            attribute.writing = False
            if attribute.listeners:
                attribute.listeners.clear()
                self._bus.change(attribute.path, CHARACTERISTIC, Notifying=False)

    async def forget_client(self, name: str) -> None:
        """A client has left the bus: what only it listened to is switched off."""
        for attribute in self._attributes.values():
            if name in attribute.listeners and self._client is not None:
                await self._stop(attribute, name)

    # -- methods of the objects -------------------------------------------------------------------

    async def read(self, message: Message) -> Answer:
        with self._linked(message) as (client, attribute):
            value = bytes(await client.read_value(attribute.handle))
        # Listeners get a value that was read as if it had been notified.
        self._bus.change(attribute.path, attribute.interface, Value=value)
        return "ay", [value]

    async def write(self, message: Message) -> Answer:
        kind = message.body[1].get("type")
        command = kind is not None and kind.value == "command" and message.interface == CHARACTERISTIC
        with self._linked(message) as (client, attribute):
            if attribute.writing:
                raise errors.BluezError(errors.IN_PROGRESS, "In Progress")
            attribute.writing = not command
            try:
                await client.write_value(attribute.handle, bytes(message.body[0]), not command)
            finally:
                attribute.writing = False
            queue = self._connection.data_packet_queue if self._connection else None
            if command and queue and queue.pending > QUEUE_MAX:
                await self._connection.drain()
        return None

    async def start_notify(self, message: Message) -> Answer:
        with self._linked(message) as (client, attribute):
            if not attribute.configuration:
                raise errors.BluezError(errors.NOT_SUPPORTED, "Operation is not supported")
            first = not attribute.listeners
            attribute.listeners.add(message.sender or "")
            if first:
                self._listen(client, attribute)
                bits = 1 if attribute.properties & NOTIFY else 2
                await client.write_value(attribute.configuration, bytes((bits, 0)), True)
                self._bus.change(attribute.path, CHARACTERISTIC, Notifying=True)
        return None

    async def stop_notify(self, message: Message) -> Answer:
        with self._linked(message) as (_, attribute):
            if message.sender not in attribute.listeners:
                raise errors.BluezError(errors.FAILED, "No notify session started")
            await self._stop(attribute, message.sender)
        return None

    def _listen(self, client: Any, attribute: Attribute) -> None:
        def deliver(value: bytes) -> None:
            self._bus.change(attribute.path, CHARACTERISTIC, Value=bytes(value))

        _subscribers(client, attribute)[attribute.handle] = {deliver}

    async def _stop(self, attribute: Attribute, name: str) -> None:
        attribute.listeners.discard(name)
        if not attribute.listeners:
            _subscribers(self._client, attribute).pop(attribute.handle, None)
            await self._client.write_value(attribute.configuration, bytes(2), True)
            self._bus.change(attribute.path, CHARACTERISTIC, Notifying=False)

    @contextmanager
    def _linked(self, message: Message) -> Iterator[tuple[Any, Attribute]]:
        """Client and attribute of a call; a link that ends meanwhile is an error of the call."""
        client = self._client
        attribute = self._attributes.get(message.path or "")
        if client is None or attribute is None:
            raise errors.BluezError(errors.FAILED, "Not connected")
        with errors.of_link(lambda: self._client is not client):
            yield client, attribute


def _subscribers(client: Any, attribute: Attribute) -> dict[int, set[Any]]:
    """Where Bumble's client hands what comes of this attribute."""
    notified = attribute.properties & NOTIFY
    subscribers: dict[int, set[Any]] = (
        client.notification_subscribers if notified else client.indication_subscribers
    )
    return subscribers
