"""The service's end of the bus by itself: a flood, a client that leaves, what is read-only."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from repbeat_tools.simulator.bluez.bus import OBJECT_MANAGER, PROPERTIES, ServiceBus
from repbeat_tools.simulator.bluez.gatt import CHARACTERISTIC

NAME, PATH = "org.bluez", "/org/bluez/hci0/thing"
FLOOD = 20_000  # 5 MB: many times what a socket holds
LIMIT_S = 30


async def called(client: MessageBus, interface: str, member: str, signature: str, *body: Any) -> Message:
    message = Message(
        destination=NAME, path=PATH, interface=interface, member=member, signature=signature, body=list(body)
    )
    reply = await client.call(message)
    assert reply is not None
    return reply


def run(bus: str, script: Callable[[ServiceBus, MessageBus], Coroutine[Any, Any, None]]) -> None:
    """A script between a service that shows one characteristic and a client that hears its signals."""

    async def main() -> None:
        service = ServiceBus(bus)
        client = await MessageBus(bus_address=bus).connect()
        try:
            async with asyncio.timeout(LIMIT_S):
                await service.open(NAME)
                service.add(PATH, CHARACTERISTIC, Value=b"")
                await client.call(
                    Message(
                        destination="org.freedesktop.DBus",
                        path="/org/freedesktop/DBus",
                        interface="org.freedesktop.DBus",
                        member="AddMatch",
                        signature="s",
                        body=[f"type='signal',sender='{NAME}'"],
                    )
                )
                await script(service, client)
        finally:
            client.disconnect()
            await client.wait_for_disconnect()
            await service.close()

    asyncio.run(main())


def test_a_flood_arrives_whole_and_in_order(bus: str) -> None:
    """dbus-fast drops the bus at EAGAIN; the service's socket is patient instead."""

    async def script(service: ServiceBus, client: MessageBus) -> None:
        got: list[int] = []
        whole = asyncio.Event()

        def hear(message: Message) -> None:
            if message.member == "PropertiesChanged":
                got.append(int.from_bytes(message.body[1]["Value"].value[:4], "little"))
                if len(got) == FLOOD:
                    whole.set()

        client.add_message_handler(hear)
        for number in range(FLOOD):
            service.change(PATH, CHARACTERISTIC, Value=number.to_bytes(4, "little") + bytes(240))
        await whole.wait()
        assert got == list(range(FLOOD))

    run(bus, script)


def test_objects_are_listed_and_go_with_what_is_below(bus: str) -> None:
    async def script(service: ServiceBus, client: MessageBus) -> None:
        service.add(f"{PATH}/below", CHARACTERISTIC, Value=b"x")
        message = Message(destination=NAME, path="/", interface=OBJECT_MANAGER, member="GetManagedObjects")
        (objects,) = (await client.call(message)).body
        assert set(objects) == {PATH, f"{PATH}/below"}
        gone: list[str] = []
        client.add_message_handler(
            lambda told: gone.append(told.body[0]) if told.member == "InterfacesRemoved" else None
        )
        service.remove(PATH)
        assert (await client.call(message)).body == [{}]
        assert gone == [f"{PATH}/below", PATH]

    run(bus, script)


def test_what_nobody_serves_is_an_error(bus: str) -> None:
    async def script(service: ServiceBus, client: MessageBus) -> None:
        for interface, member, signature, body, name in (
            (CHARACTERISTIC, "ReadValue", "a{sv}", [{}], "org.freedesktop.DBus.Error.UnknownMethod"),
            ("org.bluez.Device1", "Connect", "", [], "org.freedesktop.DBus.Error.UnknownObject"),
            (
                PROPERTIES,
                "Set",
                "ssv",
                [CHARACTERISTIC, "Value", Variant("ay", b"x")],
                "org.bluez.Error.NotSupported",
            ),
        ):
            reply = await called(client, interface, member, signature, *body)
            assert (reply.message_type, reply.error_name) == (MessageType.ERROR, name)
        value = await called(client, PROPERTIES, "Get", "ss", CHARACTERISTIC, "Value")
        assert value.body[0].value == b""

    run(bus, script)


def test_a_client_that_leaves_is_told_of(bus: str) -> None:
    async def script(service: ServiceBus, client: MessageBus) -> None:
        gone: list[str] = []
        service.on_client_gone(gone.append)
        other = await MessageBus(bus_address=bus).connect()
        name = other.unique_name
        other.disconnect()
        await other.wait_for_disconnect()
        while name not in gone:
            await asyncio.sleep(0.01)

    run(bus, script)


def test_a_fault_of_the_service_is_answered(bus: str, caplog: pytest.LogCaptureFixture) -> None:
    async def script(service: ServiceBus, client: MessageBus) -> None:
        async def broken(message: Message) -> None:
            raise ZeroDivisionError("of the test")

        service.serve(CHARACTERISTIC, ReadValue=broken)
        reply = await called(client, CHARACTERISTIC, "ReadValue", "a{sv}", {})
        assert reply.error_name == "org.freedesktop.DBus.Error.Failed"

    run(bus, script)
    assert "ZeroDivisionError" in caplog.text
