"""A board with a display: a claim wants the passkey that it shows, and it shows one by a press only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from firmware.display import digits
from firmware.flash_file import prepare
from trust.phone import Phone

from firmware import band as bands
from repbeat_protocol import auth, gatt
from repbeat_tools import boards
from repbeat_tools.simulator import Air, Device, Scaled

pytestmark = pytest.mark.xdist_group("simulator")

STICK = boards.shipped("m5stickc_plus2")
SPEED = 4
LONG_PRESS_MS = 1200
KEY = bytes(range(50, 82))


@asynccontextmanager
async def stick(folder: Path) -> AsyncIterator[tuple[Air, Device]]:
    """An M5StickC on the air, claimed by the bench."""
    prepare(folder)
    async with Air(clock=Scaled(SPEED)) as air:
        device = await air.device(
            "stick", flash_dir=folder, board=boards.compile_json(STICK), heap_kb=bands.HEAP_KB
        )
        yield air, device


def reads(device: Device, change: int = 0) -> Callable[[], Awaitable[int]]:
    """Somebody who types what the display shows, or something else."""

    async def typed() -> int:
        shown = await device.event("display", 20, where=lambda event: bool(event["lit"]))
        return int(digits(shown)) ^ change

    return typed


def shown(device: Device) -> list[str]:
    """Passkeys seen so far."""
    return [digits(one) for one in device.events if one["type"] == "display" and one["lit"]]


async def claim(peer: Any, key: bytes) -> tuple[Any, ...]:
    heard: list[bytes] = []
    (trust,) = peer.get_characteristics_by_uuid(gatt.TRUST)
    await peer.subscribe(trust, heard.append)
    await trust.write_value(auth.pack(auth.ASK), with_response=True)
    await bands.until(lambda: heard, 20)
    (window,) = [auth.unpack(heard.pop())]
    assert window[0] == auth.WINDOW
    assert window[2] == 1, "it has a display"
    await trust.write_value(auth.pack_claim(key, "phone"), with_response=True)
    await bands.until(lambda: heard, 20)
    return auth.unpack(heard[0])


async def press(air: Air, device: Device, peer: Any) -> None:
    """Somebody holds the button; returns once the window is open."""
    heard: list[bytes] = []
    (trust,) = peer.get_characteristics_by_uuid(gatt.TRUST)
    await peer.subscribe(trust, heard.append)
    bands.press(air, device, LONG_PRESS_MS)
    while not heard or auth.unpack(heard[-1])[1] == 0:
        await trust.write_value(auth.pack(auth.ASK), with_response=True)
        await air.sleep(0.5)


def test_a_claim_takes_the_passkey_on_the_display(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stick(tmp_path) as (air, device):
            phone = await Phone.switched_on(air, "phone", device)
            phone.will_pair(reads(device))
            async with phone.connected() as peer:
                await press(air, device, peer)
                assert await claim(peer, KEY) == (auth.REFUSED, auth.NOT_PAIRED)
                await peer.connection.pair()
                assert await claim(peer, KEY) == (auth.CLAIMED, 1)
                await bands.until(lambda: not device.events[-1].get("lit", True), 20)  # dark again
            assert len(shown(device)) == 1

    bands.run(scenario)


def test_a_wrong_passkey_claims_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stick(tmp_path) as (air, device):
            phone = await Phone.switched_on(air, "phone", device)
            phone.will_pair(reads(device, change=1))
            async with phone.connected() as peer:
                await press(air, device, peer)
                assert not await phone.works(peer.connection.pair())
                assert await claim(peer, KEY) == (auth.REFUSED, auth.NOT_PAIRED)

    bands.run(scenario)


def test_pairing_without_a_passkey_claims_nothing(tmp_path: Path) -> None:
    """Who says that it has no keys is encrypted without one: "just works"."""

    async def scenario() -> None:
        async with stick(tmp_path) as (air, device):
            phone = await Phone.switched_on(air, "phone", device)
            async with phone.connected() as peer:
                await press(air, device, peer)
                assert await phone.works(peer.connection.pair())
                assert await claim(peer, KEY) == (auth.REFUSED, auth.NOT_PAIRED)
            assert not shown(device)

    bands.run(scenario)


def test_nothing_is_shown_without_a_press(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stick(tmp_path) as (air, device):
            phone = await Phone.switched_on(air, "phone", device)
            phone.will_pair(reads(device))
            async with phone.connected() as peer:
                assert not await phone.works(peer.connection.pair())
                await bands.until(lambda: not phone.device.connections, 20)  # sent away
            assert not shown(device)

    bands.run(scenario)
