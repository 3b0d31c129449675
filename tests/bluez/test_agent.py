"""Pairing as an application on Linux does it: an agent of its own is asked for the passkey."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDBusError, BleakError
from bumble.device import AdvertisingType
from bumble.gatt import Characteristic, Service
from bumble.hci import OwnAddressType
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from repbeat_tools.simulator import Air
from repbeat_tools.simulator.bluez import Bluetoothd
from repbeat_tools.simulator.controller import AirController
from repbeat_tools.simulator.radio import host_of

pytestmark = pytest.mark.xdist_group("simulator")

PASSKEY = 271828
MAC = "24:0A:C4:00:00:77"
VALUE = "b7e2fff1-5a1c-4f0e-9d3b-7c6f52455042"
AGENT = "/repbeat/agent"
LIMIT_S = 20


class Display(PairingDelegate):
    """The display of a device: it shows one passkey."""

    def __init__(self) -> None:
        super().__init__(PairingDelegate.DISPLAY_OUTPUT_ONLY)

    async def generate_passkey(self) -> int:
        return PASSKEY


async def display_device(air: Air) -> None:
    """A device that gives a value to whom has typed its passkey."""
    device = host_of("display", AirController("display", air.link, MAC), f"E4{MAC[2:]}")
    device.keystore = MemoryKeyStore()
    device.pairing_config_factory = lambda _: PairingConfig(
        sc=True,
        mitm=True,
        bonding=True,
        delegate=Display(),
        identity_address_type=PairingConfig.AddressType.PUBLIC,
    )
    needs_pairing = Characteristic.Permissions.READ_REQUIRES_AUTHENTICATION
    value = Characteristic(VALUE, Characteristic.Properties.READ, needs_pairing, b"secret")
    device.add_service(Service(VALUE.replace("fff1", "fff0"), [value]))
    await device.power_on()
    await device.start_advertising(
        AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
        own_address_type=OwnAddressType.PUBLIC,
        auto_restart=True,
        advertising_data=b"\x08\x09Display",
    )


@asynccontextmanager
async def agent(passkey: int) -> AsyncIterator[list[str]]:
    """An application's own agent; gives the paths of the devices that it was asked about."""
    asked: list[str] = []
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()

    def answer(message: Message) -> Message | None:
        if message.message_type != MessageType.METHOD_CALL or message.member != "RequestPasskey":
            return None
        asked.append(message.body[0])
        return Message.new_method_return(message, "u", [passkey])

    bus.add_message_handler(answer)
    try:
        for member, signature, body in (
            ("RegisterAgent", "os", [AGENT, "KeyboardOnly"]),
            ("RequestDefaultAgent", "o", [AGENT]),
        ):
            reply = await bus.call(
                Message(
                    destination="org.bluez",
                    path="/org/bluez",
                    interface="org.bluez.AgentManager1",
                    member=member,
                    signature=signature,
                    body=body,
                )
            )
            assert reply.message_type == MessageType.METHOD_RETURN, reply.body
        yield asked
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()


@asynccontextmanager
async def computer(bus: str) -> AsyncIterator[Any]:
    """A computer in reach of the device; gives the device as bleak found it."""
    async with asyncio.timeout(LIMIT_S), Air() as air:
        await display_device(air)
        async with Bluetoothd(await air.central("computer"), bus):
            yield await BleakScanner.find_device_by_address(MAC, timeout=5)


def test_the_agents_passkey_opens_the_value_and_the_bond_lasts(bus: str) -> None:
    async def script() -> None:
        async with computer(bus) as found, agent(PASSKEY) as asked:
            async with BleakClient(found) as client:
                with pytest.raises(BleakDBusError, match="Not paired"):
                    await client.read_gatt_char(VALUE)
                await client.pair()
                assert await client.read_gatt_char(VALUE) == b"secret"
            assert asked == ["/org/bluez/hci0/dev_24_0A_C4_00_00_77"]
            async with BleakClient(found) as client:
                assert await client.read_gatt_char(VALUE) == b"secret"
            assert len(asked) == 1, "asked again in spite of the bond"

    asyncio.run(script())


def test_a_wrong_passkey_pairs_nothing(bus: str) -> None:
    async def script() -> None:
        async with computer(bus) as found, agent(PASSKEY + 1):
            client = BleakClient(found)
            await client.connect()
            with pytest.raises(BleakError, match="AuthenticationFailed"):
                await client.pair()
            await client.disconnect()
            async with BleakClient(found) as again:
                with pytest.raises(BleakDBusError, match="Not paired"):
                    await again.read_gatt_char(VALUE)

    asyncio.run(script())
