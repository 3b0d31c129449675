"""AgentManager1: whom bluetoothd asks for a passkey, and Bumble's pairing with the answer."""

from __future__ import annotations

from typing import Any

from bumble.pairing import PairingConfig, PairingDelegate
from dbus_fast import Message

from repbeat_tools.simulator.bluez import errors
from repbeat_tools.simulator.bluez.bus import Answer, ServiceBus

PATH = "/org/bluez"
MANAGER, AGENT = "org.bluez.AgentManager1", "org.bluez.Agent1"

# Capabilities of doc/org.bluez.AgentManager.rst; "" is KeyboardDisplay
CAPABILITIES = {
    "": PairingDelegate.DISPLAY_OUTPUT_AND_KEYBOARD_INPUT,
    "KeyboardDisplay": PairingDelegate.DISPLAY_OUTPUT_AND_KEYBOARD_INPUT,
    "DisplayOnly": PairingDelegate.DISPLAY_OUTPUT_ONLY,
    "DisplayYesNo": PairingDelegate.DISPLAY_OUTPUT_AND_YES_NO_INPUT,
    "KeyboardOnly": PairingDelegate.KEYBOARD_INPUT_ONLY,
    "NoInputNoOutput": PairingDelegate.NO_OUTPUT_NO_INPUT,
}


class Agents:
    """One agent a client, by its unique name; the last is the default."""

    def __init__(self, bus: ServiceBus) -> None:
        self._bus = bus
        self._agents: dict[str, tuple[str, str]] = {}
        bus.serve(
            MANAGER,
            RegisterAgent=self._register,
            UnregisterAgent=self._unregister,
            RequestDefaultAgent=self._request_default,
        )
        bus.on_client_gone(self._forget_client)
        bus.add(PATH, MANAGER)

    def pairing(self, caller: str, device_path: str) -> Any:
        """Bumble's PairingConfig for a pairing that `caller` asked for: its own agent, else the default."""
        client = caller if caller in self._agents else next(reversed(self._agents), "")
        if not client:
            # Without an agent there is no one to tell a passkey: "just works", which a device may refuse.
            return _config(PairingDelegate(PairingDelegate.NO_OUTPUT_NO_INPUT))
        path, capability = self._agents[client]
        return _config(_Asking(self._bus, client, path, CAPABILITIES[capability], device_path))

    async def _register(self, message: Message) -> Answer:
        path, capability = message.body
        if capability not in CAPABILITIES:
            raise errors.BluezError(errors.INVALID_ARGUMENTS, "Invalid arguments in method call")
        if message.sender in self._agents:
            raise errors.BluezError(errors.ALREADY_EXISTS, "Already Exists")
        # The newest goes first in line only by RequestDefaultAgent.
        self._agents = {message.sender or "": (path, capability), **self._agents}
        return None

    async def _unregister(self, message: Message) -> Answer:
        self._known(message)
        del self._agents[message.sender or ""]
        return None

    async def _request_default(self, message: Message) -> Answer:
        self._known(message)
        self._agents[message.sender or ""] = self._agents.pop(message.sender or "")
        return None

    def _forget_client(self, client: str) -> None:
        self._agents.pop(client, None)

    def _known(self, message: Message) -> None:
        held = self._agents.get(message.sender or "")
        if held is None or held[0] != message.body[0]:
            raise errors.BluezError(errors.DOES_NOT_EXIST, "Does Not Exist")


class _Asking(PairingDelegate):  # type: ignore[misc]
    """Answers Bumble with what the agent on the bus says; an agent that refuses ends the pairing."""

    def __init__(self, bus: ServiceBus, client: str, path: str, capability: Any, device_path: str) -> None:
        super().__init__(capability)
        self._bus, self._client, self._path, self._device_path = bus, client, path, device_path

    async def get_number(self) -> int | None:
        try:
            (passkey,) = await self._ask("RequestPasskey", "o", self._device_path)
        except (errors.BluezError, TimeoutError):
            return None
        return int(passkey)

    async def compare_numbers(self, number: int, digits: int) -> bool:
        try:
            await self._ask("RequestConfirmation", "ou", self._device_path, number)
        except (errors.BluezError, TimeoutError):
            return False
        return True

    async def _ask(self, member: str, signature: str, *values: Any) -> list[Any]:
        return await self._bus.call(self._client, self._path, AGENT, member, signature, values)


def _config(delegate: Any) -> Any:
    return PairingConfig(
        sc=True,
        mitm=True,
        bonding=True,
        delegate=delegate,
        identity_address_type=PairingConfig.AddressType.PUBLIC,
    )
