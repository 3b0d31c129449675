"""The service's end of the bus: a tree of objects with typed properties, their signals, calls to methods."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from repbeat_tools.simulator.bluez import errors
from repbeat_tools.simulator.tasks import end

log = logging.getLogger(__name__)

DBUS = "org.freedesktop.DBus"
OBJECT_MANAGER = f"{DBUS}.ObjectManager"
PROPERTIES = f"{DBUS}.Properties"
CALL_S = 30.0  # how long a client is given to answer a call

# D-Bus types of the properties, doc/org.bluez.*.rst of BlueZ
TYPES = {
    **dict.fromkeys(("Address", "AddressType", "Alias", "Name", "UUID"), "s"),
    **dict.fromkeys(("Powered", "Discovering", "Discoverable", "Pairable", "Primary", "Notifying"), "b"),
    **dict.fromkeys(("Paired", "Bonded", "Trusted", "Blocked", "Connected", "ServicesResolved"), "b"),
    **dict.fromkeys(("LegacyPairing",), "b"),
    **dict.fromkeys(("Adapter", "Device", "Service", "Characteristic"), "o"),
    **dict.fromkeys(("UUIDs", "Flags", "Roles"), "as"),
    **dict.fromkeys(("RSSI", "TxPower"), "n"),
    "Includes": "ao",
    "ManufacturerData": "a{qv}",
    "MTU": "q",
    "ServiceData": "a{sv}",
    "Value": "ay",
}

Answer = tuple[str, list[Any]] | None
Method = Callable[[Message], Awaitable[Answer]]


class _PatientSocket:
    """dbus-fast takes a full socket for a broken one and drops the bus: to it, this one wrote 0 bytes."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def send(self, data: memoryview) -> int:
        try:
            return int(self._socket.send(data))
        except BlockingIOError:
            return 0


class ServiceBus:
    """Objects are added, changed and removed here, and every client sees it by signals, in order."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._bus: MessageBus | None = None
        self._objects: dict[str, dict[str, dict[str, Variant]]] = {}
        self._methods: dict[tuple[str, str], Method] = {}
        self._setters: dict[tuple[str, str], Callable[[str, Any], Coroutine[Any, Any, None]]] = {}
        self._on_client_gone: list[Callable[[str], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self.serve(OBJECT_MANAGER, GetManagedObjects=self._get_managed_objects)
        self.serve(PROPERTIES, Get=self._get, GetAll=self._get_all, Set=self._set)

    async def open(self, name: str) -> None:
        """Connect, and own `name`."""
        bus = await MessageBus(bus_address=self._address).connect()
        bus._writer.sock = _PatientSocket(bus._writer.sock)  # type: ignore[union-attr]
        bus.add_message_handler(self._hear)
        self._bus = bus
        rule = f"type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged'"
        await self.call(DBUS, "/org/freedesktop/DBus", DBUS, "AddMatch", "s", [rule])
        await bus.request_name(name)

    async def close(self) -> None:
        """Off the bus; calls under way are given up."""
        await end(self._tasks)
        if self._bus is not None:
            self._bus.disconnect()
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
            self._bus = None

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run in the background until done or closed; what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the bus failed", exc_info=error)

    # -- objects ----------------------------------------------------------------------------------

    def add(self, path: str, interface: str, **properties: Any) -> None:
        """An object gets an interface."""
        typed = _typed(properties)
        self._objects.setdefault(path, {})[interface] = typed
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: typed}])

    def remove(self, path: str) -> None:
        """The object goes, and all below it before."""
        below = [other for other in self._objects if other == path or other.startswith(f"{path}/")]
        for other in sorted(below, reverse=True):
            interfaces = list(self._objects.pop(other))
            self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [other, interfaces])

    def change(self, path: str, interface: str, *, gone: tuple[str, ...] = (), **properties: Any) -> None:
        """New values, and the names of properties that are no more; nothing if the object is gone."""
        held = self._objects.get(path, {}).get(interface)
        if held is None:
            return
        typed = _typed(properties)
        held.update(typed)
        for name in gone:
            held.pop(name, None)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, typed, list(gone)])

    def value(self, path: str, interface: str, name: str) -> Any:
        """A property's value."""
        return self._objects[path][interface][name].value

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus is not None:
            self._bus.send(
                Message(
                    message_type=MessageType.SIGNAL,
                    path=path,
                    interface=interface,
                    member=member,
                    signature=signature,
                    body=body,
                )
            )

    # -- calls ------------------------------------------------------------------------------------

    def serve(self, interface: str, **methods: Method) -> None:
        """Methods by name; each returns (signature, values), or None when it answers nothing."""
        for name, method in methods.items():
            self._methods[interface, name] = method

    def on_set(
        self, interface: str, name: str, take: Callable[[str, Any], Coroutine[Any, Any, None]]
    ) -> None:
        """A property that clients may set: `take(path, value)`; all others are read-only."""
        self._setters[interface, name] = take

    def on_client_gone(self, take: Callable[[str], None]) -> None:
        """`take(unique name)` when a client has left the bus."""
        self._on_client_gone.append(take)

    async def call(
        self, client: str, path: str, interface: str, member: str, signature: str = "", body: Any = ()
    ) -> list[Any]:
        """Call a method of a client; BluezError with its error, TimeoutError when it says nothing."""
        if self._bus is None:
            raise errors.BluezError(errors.FAILED, "the bus is closed")
        message = Message(
            destination=client,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
        )
        async with asyncio.timeout(CALL_S):
            reply = await self._bus.call(message)
        if reply is None or reply.message_type == MessageType.ERROR:
            raise errors.BluezError(errors.FAILED, f"{member}: {reply and reply.error_name}")
        return list(reply.body)

    def _hear(self, message: Message) -> bool:
        if message.message_type == MessageType.METHOD_CALL and message.interface != f"{DBUS}.Peer":
            self.spawn(self._answer(message))
            return True
        if message.member == "NameOwnerChanged" and not message.body[2]:
            for take in self._on_client_gone:
                take(message.body[0])
        return False

    async def _answer(self, message: Message) -> None:
        reply = await self._reply(message)
        if self._bus is not None:
            self._bus.send(reply)

    async def _reply(self, message: Message) -> Message:
        method = self._methods.get((message.interface or "", message.member or ""))
        interfaces = self._objects.get(message.path or "")
        if message.interface not in (OBJECT_MANAGER, PROPERTIES) and message.interface not in (
            interfaces or ()
        ):
            return Message.new_error(message, f"{DBUS}.Error.UnknownObject", f"no {message.path} here")
        if method is None:
            return Message.new_error(message, f"{DBUS}.Error.UnknownMethod", f"no {message.member} here")
        try:
            answer = await method(message)
        except errors.BluezError as error:
            return Message.new_error(message, error.name, str(error))
        except Exception as error:
            # A fault of this model: the caller must not wait for ever.
            log.exception("%s.%s failed", message.interface, message.member)
            return Message.new_error(message, f"{DBUS}.Error.Failed", repr(error))
        return Message.new_method_return(message, *(answer or ("", [])))

    async def _get_managed_objects(self, message: Message) -> Answer:
        return "a{oa{sa{sv}}}", [self._objects]

    def _properties(self, message: Message) -> Mapping[str, Variant]:
        properties = self._objects.get(message.path or "", {}).get(message.body[0])
        if properties is None:
            raise errors.BluezError(errors.DOES_NOT_EXIST, f"{message.path} has no {message.body[0]}")
        return properties

    async def _get(self, message: Message) -> Answer:
        name = message.body[1]
        if name not in (properties := self._properties(message)):
            raise errors.BluezError(errors.DOES_NOT_EXIST, f"no property {name}")
        return "v", [properties[name]]

    async def _get_all(self, message: Message) -> Answer:
        return "a{sv}", [dict(self._properties(message))]

    async def _set(self, message: Message) -> Answer:
        interface, name, value = message.body
        self._properties(message)
        if (interface, name) not in self._setters:
            raise errors.BluezError(errors.NOT_SUPPORTED, f"{name} is read-only")
        await self._setters[interface, name](message.path or "", value.value)
        return None


def _typed(properties: Mapping[str, Any]) -> dict[str, Variant]:
    return {name: Variant(TYPES[name], value) for name, value in properties.items()}
