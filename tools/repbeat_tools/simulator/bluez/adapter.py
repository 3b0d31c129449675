"""Adapter1: discovery by the filters of the clients, and the devices that were heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dbus_fast import Message, Variant

from repbeat_tools.simulator.backend import parse_advertisement
from repbeat_tools.simulator.bluez import errors
from repbeat_tools.simulator.bluez.agent import Agents
from repbeat_tools.simulator.bluez.bus import Answer, Method, ServiceBus
from repbeat_tools.simulator.bluez.device import DEVICE, RemoteDevice
from repbeat_tools.simulator.bluez.gatt import CHARACTERISTIC, DESCRIPTOR

ADAPTER = "org.bluez.Adapter1"
PATH = "/org/bluez/hci0"


class Adapter:
    """hci0, on a Bumble central. `exchange_mtu`: what it asks devices for (ExchangeMTU of main.conf)."""

    def __init__(self, bus: ServiceBus, radio: Any, agents: Agents, exchange_mtu: int) -> None:
        self.bus = bus
        self.radio = radio
        self.agents = agents
        self.exchange_mtu = exchange_mtu
        self.connecting = asyncio.Lock()
        self.devices: dict[str, RemoteDevice] = {}
        self._filters: dict[str, frozenset[str]] = {}
        self._discovering: set[str] = set()
        bus.serve(
            ADAPTER,
            SetDiscoveryFilter=self._set_filter,
            StartDiscovery=self._start_discovery,
            StopDiscovery=self._stop_discovery,
            RemoveDevice=self._remove_device,
        )
        of_device = self._of_device
        bus.serve(
            DEVICE,
            Connect=of_device(lambda device: device.connect),
            Disconnect=of_device(lambda device: device.disconnect),
            Pair=of_device(lambda device: device.pair),
        )
        bus.serve(
            CHARACTERISTIC,
            ReadValue=of_device(lambda device: device.gatt.read),
            WriteValue=of_device(lambda device: device.gatt.write),
            StartNotify=of_device(lambda device: device.gatt.start_notify),
            StopNotify=of_device(lambda device: device.gatt.stop_notify),
        )
        bus.serve(
            DESCRIPTOR,
            ReadValue=of_device(lambda device: device.gatt.read),
            WriteValue=of_device(lambda device: device.gatt.write),
        )
        bus.on_set(ADAPTER, "Powered", lambda _, on: self.set_powered(bool(on)))
        bus.on_set(DEVICE, "Trusted", self._set_trusted)
        bus.on_client_gone(self._on_client_gone)
        radio.on("advertisement", self._on_advertisement)
        address = str(radio.public_address).split("/")[0]
        bus.add(
            PATH,
            ADAPTER,
            Address=address,
            AddressType="public",
            Name="simulator",
            Alias="simulator",
            Powered=True,
            Discovering=False,
            Discoverable=False,
            Pairable=False,
            UUIDs=[],
            Roles=["central"],
        )

    async def close(self) -> None:
        """As when bluetoothd is stopped: discovery and links end."""
        self.radio.remove_listener("advertisement", self._on_advertisement)
        await self.set_powered(False)

    async def set_powered(self, on: bool) -> None:
        """Switch the radio; off ends discovery and links."""
        self.bus.change(PATH, ADAPTER, Powered=on)
        if not on:
            self._discovering.clear()
            await self._scan()
            for device in self.devices.values():
                await device.drop()

    async def _set_trusted(self, path: str, trusted: Any) -> None:
        self.bus.change(path, DEVICE, Trusted=bool(trusted))

    # -- discovery --------------------------------------------------------------------------------

    async def _set_filter(self, message: Message) -> Answer:
        wanted = message.body[0].get("UUIDs")
        self._filters[message.sender or ""] = frozenset(wanted.value if wanted else ())
        return None

    async def _start_discovery(self, message: Message) -> Answer:
        if not self.bus.value(PATH, ADAPTER, "Powered"):
            raise errors.BluezError(errors.NOT_READY, "Resource Not Ready")
        if message.sender in self._discovering:
            raise errors.BluezError(errors.IN_PROGRESS, "Operation already in progress")
        self._discovering.add(message.sender or "")
        await self._scan()
        return None

    async def _stop_discovery(self, message: Message) -> Answer:
        if message.sender not in self._discovering:
            raise errors.BluezError(errors.FAILED, "No discovery started")
        self._discovering.discard(message.sender)
        await self._scan()
        return None

    async def _scan(self) -> None:
        """Scan while at least one client wants it."""
        wanted = bool(self._discovering)
        if wanted == self.radio.is_scanning:
            return
        if wanted:
            await self.radio.start_scanning(filter_duplicates=False)
        else:
            await self.radio.stop_scanning()
            for device in self.devices.values():
                self.bus.change(device.path, DEVICE, gone=("RSSI", "TxPower"))
        self.bus.change(PATH, ADAPTER, Discovering=wanted)

    def _on_client_gone(self, client: str) -> None:
        self.bus.spawn(self._forget_client(client))

    async def _forget_client(self, client: str) -> None:
        """A client left: its discovery and subscriptions end, the links that it asked for do not."""
        self._filters.pop(client, None)
        if client in self._discovering:
            self._discovering.discard(client)
            await self._scan()
        for device in list(self.devices.values()):
            await device.gatt.forget_client(client)

    def _on_advertisement(self, advertisement: Any) -> None:
        fields = parse_advertisement(advertisement.data)
        address = advertisement.address.to_string(False)
        path = f"{PATH}/dev_{address.replace(':', '_')}"
        news: dict[str, Any] = {"RSSI": advertisement.rssi}
        if fields["name"]:
            news["Name"] = news["Alias"] = fields["name"]
        if fields["manufacturer"]:
            news["ManufacturerData"] = {
                key: Variant("ay", value) for key, value in fields["manufacturer"].items()
            }
        if fields["service_data"]:
            news["ServiceData"] = {key: Variant("ay", value) for key, value in fields["service_data"].items()}
        if fields["tx_power"] is not None:
            news["TxPower"] = fields["tx_power"]
        if path in self.devices:
            known = self.bus.value(path, DEVICE, "UUIDs")
            if not set(fields["uuids"]) <= set(known):
                news["UUIDs"] = [*known, *(uuid for uuid in fields["uuids"] if uuid not in known)]
            self.devices[path].change(**news)
        elif self._is_wanted(fields["uuids"]):
            device = self.devices[path] = RemoteDevice(self, path, advertisement.address)
            self.bus.add(device.path, DEVICE, **self._introduction(address, advertisement, fields), **news)

    def _is_wanted(self, uuids: list[str]) -> bool:
        filters = [self._filters.get(client, frozenset()) for client in self._discovering]
        return any(not wanted or wanted & set(uuids) for wanted in filters)

    def _introduction(self, address: str, advertisement: Any, fields: dict[str, Any]) -> dict[str, Any]:
        nameless = {} if fields["name"] else {"Alias": address.replace(":", "-")}
        return {
            "Address": address,
            "AddressType": "public" if advertisement.address.is_public else "random",
            "Adapter": PATH,
            "UUIDs": fields["uuids"],
            **nameless,
            **dict.fromkeys(("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing"), False),
            **dict.fromkeys(("Connected", "ServicesResolved"), False),
        }

    # -- devices ----------------------------------------------------------------------------------

    def _of_device(self, method: Callable[[RemoteDevice], Method]) -> Method:
        """Serves an interface of a device, or of an attribute below it, by the device's method."""

        async def call(message: Message) -> Answer:
            path = "/".join((message.path or "").split("/")[:5])  # /org/bluez/hci0/dev_…
            return await method(self.devices[path])(message)

        return call

    async def _remove_device(self, message: Message) -> Answer:
        device = self.devices.get(message.body[0])
        if device is None:
            raise errors.BluezError(errors.DOES_NOT_EXIST, "Does Not Exist")
        await device.drop()
        self.devices.pop(device.path, None)
        if await self.radio.keystore.get(str(device.address)):
            await self.radio.keystore.delete(str(device.address))
        self.bus.remove(device.path)
        return None
