"""Pairing and bonding of the stand-in `bluetooth`: events 28 to 31 and what NimBLE does between them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bumble.core import ProtocolError
from bumble.device import Peer
from bumble.hci import Address, OwnAddressType
from bumble.keys import PairingKeys
from bumble.pairing import PairingConfig, PairingDelegate

from repbeat_tools.simulator import Air

pytestmark = pytest.mark.xdist_group("simulator")

PROGRAM = Path(__file__).parent / "firmware" / "bonded.py"
PASSKEY = 271828
NO_INPUT_NO_OUTPUT, DISPLAY_ONLY = 3, 0
OUR_SECRET, PEER_SECRET = 1, 2
UUIDS = [f"7e57001{n}-b5a3-f393-e0a9-e50e24dcca9e" for n in (1, 2, 3)]


class Types(PairingDelegate):
    """Somebody who types a passkey."""

    def __init__(self, passkey):
        super().__init__(PairingDelegate.KEYBOARD_INPUT_ONLY)
        self.passkey = passkey

    async def get_number(self):
        return self.passkey


class Phone:
    """A central of plain Bumble."""

    def __init__(self, central, mac):
        self.device = central.device
        self.mac = Address(mac, Address.PUBLIC_DEVICE_ADDRESS)
        self.key = b"\x00" + bytes(self.device.public_address)  # struct ble_addr_t

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Peer]:
        link = await self.device.connect(self.mac, own_address_type=OwnAddressType.PUBLIC, timeout=10)
        try:
            peer = Peer(link)
            await peer.discover_services()
            await peer.discover_characteristics()
            yield peer
        finally:
            if link.handle in self.device.connections:
                await link.disconnect()

    def types(self, passkey):
        """Pair with this passkey; None: without anything to type on."""
        delegate = Types(passkey) if passkey is not None else PairingDelegate()
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=passkey is not None, bonding=True, delegate=delegate
        )


async def open_to(peer):
    """How far this central gets: which of the three values can be read."""
    values = []
    for uuid in UUIDS:
        (characteristic,) = peer.get_characteristics_by_uuid(uuid)
        try:
            values.append((await characteristic.read_value()).decode())
        except ProtocolError:
            continue
    return values


async def bonded(air, io=DISPLAY_ONLY, bond=True, room=4):
    policy = {"bond": bond, "mitm": io == DISPLAY_ONLY, "io": io, "room": room}
    files = {"/main.py": PROGRAM.read_bytes(), "/policy.json": json.dumps(policy).encode()}
    device = await air.device("bonded", sources={}, files=files)
    await device.line("up")
    return device


def said(device, word):
    return [line for line in device.lines if line.startswith(word)]


def test_a_passkey_opens_everything_and_the_bond_outlives_a_reboot(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air)
            phone = Phone(await air.central("phone"), device.mac)
            phone.types(PASSKEY)
            async with phone.connected() as peer:
                assert await open_to(peer) == ["plain"]
                await peer.connection.pair()
                await device.line(f"secret {PEER_SECRET} {phone.key.hex()} 80")
                assert await open_to(peer) == ["plain", "encrypted", "authenticated"]
            assert said(device, "asked") == ["asked 3 0"]
            assert said(device, "event 28") == ["event 28 True True True 16"]
            key = phone.key.hex()
            assert said(device, "secret") == [f"secret {kind} {key} 80" for kind in (OUR_SECRET, PEER_SECRET)]
            await device.reboot()
            device.lines.clear()
            async with phone.connected() as peer:
                assert await open_to(peer) == ["plain"]
                await peer.connection.encrypt()
                await device.line("event 28")
                assert await open_to(peer) == ["plain", "encrypted", "authenticated"]
            assert said(device, "event 28") == ["event 28 True True True 16"]
            assert not said(device, "asked")

    run(scenario())


def test_a_wrong_passkey_opens_nothing_and_another_try_may(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air)
            phone = Phone(await air.central("phone"), device.mac)
            phone.types(PASSKEY ^ 1)
            async with phone.connected() as peer:
                with pytest.raises(ProtocolError):
                    await peer.connection.pair()
                await device.line("event 28")
                assert said(device, "event 28") == ["event 28 False False False 0"]
                assert await open_to(peer) == ["plain"]
                assert not said(device, "secret")
            phone.types(PASSKEY)
            async with phone.connected() as peer:
                await peer.connection.pair()
                await device.line("event 28 True")
                assert await open_to(peer) == ["plain", "encrypted", "authenticated"]

    run(scenario())


def test_without_a_display_the_link_is_encrypted_and_nobody_is_authenticated(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air, io=NO_INPUT_NO_OUTPUT)
            phone = Phone(await air.central("phone"), device.mac)
            phone.types(None)
            async with phone.connected() as peer:
                await peer.connection.pair()
                await device.line("event 28")
                assert await open_to(peer) == ["plain", "encrypted"]
            assert said(device, "event 28") == ["event 28 True False True 16"]

    run(scenario())


def test_a_device_that_does_not_bond_is_given_no_secret(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air, io=NO_INPUT_NO_OUTPUT, bond=False)
            phone = Phone(await air.central("phone"), device.mac)
            phone.types(None)
            async with phone.connected() as peer:
                await peer.connection.pair()
                await device.line("event 28")
            assert said(device, "event 28") == ["event 28 True False False 16"]
            assert not said(device, "secret")

    run(scenario())


def test_another_key_than_the_bonds_ends_the_link(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air)
            phone = Phone(await air.central("phone"), device.mac)
            phone.types(PASSKEY)
            async with phone.connected() as peer:
                await peer.connection.pair()
                await device.line(f"secret {PEER_SECRET} {phone.key.hex()} 80")
            forged = PairingKeys(ltk=PairingKeys.Key(bytes(16), authenticated=True))
            await phone.device.keystore.update(str(phone.mac), forged)
            device.lines.clear()
            async with phone.connected() as peer:
                await asyncio.gather(peer.connection.encrypt(), return_exceptions=True)
                await device.line("event 2")
            assert not said(device, "event 28")

    run(scenario())


def test_pairing_again_and_a_full_store_delete_bonds_as_nimble_does(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air, io=NO_INPUT_NO_OUTPUT, room=1)
            first, second = [Phone(await air.central(name), device.mac) for name in ("first", "second")]
            for phone in (first, first, second):
                device.lines.clear()
                phone.types(None)
                async with phone.connected() as peer:
                    await peer.connection.pair()
                    await device.line(f"secret {PEER_SECRET} {phone.key.hex()} 80")
                told = said(device, "secret")
                kept = [f"secret {kind} {phone.key.hex()} 80" for kind in (OUR_SECRET, PEER_SECRET)]
                gone = [f"secret {kind} {first.key.hex()} none" for kind in (1, 1, 2, 2)]
                if phone is second:
                    assert told == [kept[0], *gone, *kept]
                else:
                    assert told[-2:] == kept
            assert len(json.loads((device.fs / "secrets.json").read_text())) == 2

    run(scenario())


def test_new_connection_parameters_are_an_event(run):
    async def scenario():
        async with Air() as air:
            device = await bonded(air)
            phone = Phone(await air.central("phone"), device.mac)
            async with phone.connected() as peer:
                await peer.connection.update_parameters(30, 45, 2, 4000)
                return await device.line("event 27")

    assert run(scenario()) == "event 27 36 2 400 0"
