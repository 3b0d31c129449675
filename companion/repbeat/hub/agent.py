"""On Linux, BlueZ asks an agent for the passkey that a device shows: this program is its own.

Interface org.bluez.Agent1, as in doc/org.bluez.Agent.rst of BlueZ 5.66.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

PATH = "/org/repbeat/agent"
AGENT, MANAGER = "org.bluez.Agent1", "org.bluez.AgentManager1"
REJECTED = "org.bluez.Error.Rejected"
CAPABILITY = "KeyboardOnly"  # we type what the device shows

Ask = Callable[[str], Awaitable[int | None]]


@asynccontextmanager
async def passkeys(ask: Ask) -> AsyncIterator[None]:
    """While inside, `ask(address)` gives the passkey (0 to 999999) that a device shows, None to give up.

    Without BlueZ nothing is asked here: other systems ask in a way of their own.
    """
    agent = await _Agent.register(ask) if sys.platform == "linux" else None
    try:
        yield
    finally:
        if agent is not None:
            await agent.close()


class _Agent:
    def __init__(self, bus: MessageBus, ask: Ask) -> None:
        self._bus = bus
        self._ask = ask
        self._asking: asyncio.Task[None] | None = None

    @classmethod
    async def register(cls, ask: Ask) -> _Agent | None:
        from dbus_fast import BusType, MessageType
        from dbus_fast.aio import MessageBus

        try:
            bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        except (OSError, EOFError):
            return None
        agent = cls(bus, ask)
        bus.add_message_handler(agent._hear)
        for member, signature, body in (
            ("RegisterAgent", "os", [PATH, CAPABILITY]),
            ("RequestDefaultAgent", "o", [PATH]),  # bleak pairs over a connection of its own to the bus
        ):
            reply = await bus.call(_call(member, signature, body))
            if reply is None or reply.message_type == MessageType.ERROR:
                await agent.close()
                return None
        return agent

    async def close(self) -> None:
        """Off the bus; BlueZ forgets an agent that has left."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        self._bus.disconnect()
        with suppress(EOFError, OSError):
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def _hear(self, message: Message) -> Message | bool | None:
        from dbus_fast import Message, MessageType

        if message.message_type != MessageType.METHOD_CALL or message.interface != AGENT:
            return None
        if message.member == "RequestPasskey":
            self._asking = asyncio.get_running_loop().create_task(self._answer(message))
            return True
        if message.member == "Cancel" and self._asking is not None:
            self._asking.cancel()
        if message.member in ("Cancel", "Release"):
            return Message.new_method_return(message)
        return Message.new_error(message, REJECTED, "this agent types passkeys only")

    async def _answer(self, message: Message) -> None:
        from dbus_fast import Message

        address = str(message.body[0]).rpartition("/dev_")[2].replace("_", ":")
        passkey = await self._ask(address)
        if passkey is None:
            self._bus.send(Message.new_error(message, REJECTED, "nobody typed a passkey"))
        else:
            self._bus.send(Message.new_method_return(message, "u", [passkey]))


def _call(member: str, signature: str, body: list[Any]) -> Message:
    from dbus_fast import Message

    return Message(
        destination="org.bluez",
        path="/org/bluez",
        interface=MANAGER,
        member=member,
        signature=signature,
        body=body,
    )
