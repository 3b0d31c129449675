"""Bonds of Bluetooth: made by a press, kept, out of a stranger's reach, and worth nothing alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trust.phone import Phone

from firmware import band as bands
from repbeat_protocol import auth, frames, gatt
from repbeat_tools.simulator import Central

pytestmark = pytest.mark.xdist_group("simulator")

SPEED = 4  # a connection takes its time on a busy computer, and the window is a minute of the band's
LONG_PRESS_MS = 1200


def holds(air: Any, band: Any) -> Any:
    """Somebody who holds the button."""

    async def press() -> None:
        bands.press(air, band, LONG_PRESS_MS)
        await air.sleep(3)

    return press


async def saved(folder: Path, bonds: int) -> None:
    """Bonds are written twice a second of the band's time."""

    def written() -> bool:
        return b'"bond%d"' % (bonds - 1) in (folder / "flash.bin").read_bytes()

    await bands.until(written, 20)


def test_a_bond_made_by_a_press_outlives_a_reboot(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path, speed=SPEED) as (air, band):
            phone = await Phone.switched_on(air, "phone", band)
            assert await phone.pairs(holds(air, band))
            await saved(tmp_path, 1)
            await band.reboot()
            assert await phone.encrypts()

    bands.run(scenario)


def test_without_a_press_a_link_may_be_encrypted_and_nobody_is_bonded(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path, speed=SPEED) as (air, band):
            phone = await Phone.switched_on(air, "phone", band)
            assert await phone.pairs()
            await air.sleep(2)
            assert not await phone.encrypts()
        assert b"bond0" not in (tmp_path / "flash.bin").read_bytes()

    bands.run(scenario)


def test_a_stranger_in_a_companions_name_takes_its_bond_for_one_link_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path, speed=SPEED) as (air, band):
            phone = await Phone.switched_on(air, "phone", band)
            assert await phone.pairs(holds(air, band))
            await saved(tmp_path, 1)
            await band.reboot()  # the window is closed
            await phone.central.power_off()
            thief = Central("thief", phone.central.mac, air.link)
            await thief.device.power_on()
            stranger = Phone(thief, band)
            stranger.will_pair()
            async with stranger.connected() as peer:
                await peer.connection.pair()  # encrypted, no more: and NimBLE has the phone's bond deleted
            assert not await stranger.encrypts()
            await thief.power_off()
            again = Central("again", phone.central.mac, air.link)
            again.device.keystore = phone.device.keystore
            await again.device.power_on()
            assert await Phone(again, band).encrypts()
            await again.power_off()

    bands.run(scenario)


def test_a_fifth_bond_takes_the_place_of_who_was_away_longest(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path, speed=SPEED) as (air, band):
            phones = [await Phone.switched_on(air, f"phone {n}", band) for n in range(5)]
            for n, phone in enumerate(phones):
                if n == 4:
                    assert await phones[0].encrypts()  # so phone 1 is the one
                assert await phone.pairs(holds(air, band))
                await saved(tmp_path, min(n + 1, 4))
            await air.sleep(4)
            await band.reboot()
            assert [await phone.encrypts() for phone in phones] == [True, False, True, True, True]

    bands.run(scenario)


def test_a_stolen_bond_without_the_key_is_a_stranger_still(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path, speed=SPEED) as (air, band):
            phone = await Phone.switched_on(air, "phone", band)
            assert await phone.pairs(holds(air, band))
            async with phone.connected() as peer:
                await peer.connection.encrypt()
                heard: list[bytes] = []
                (data,) = peer.get_characteristics_by_uuid(gatt.DATA)
                await peer.subscribe(data, heard.append)
                (info,) = peer.get_characteristics_by_uuid(gatt.INFO)
                log_id = frames.read_info(await info.read_value())["log_id"]
                (control,) = peer.get_characteristics_by_uuid(gatt.CONTROL)
                fetch = frames.pack_control(frames.FETCH, log_id, 0, 64)
                for frame in (fetch, fetch + bytes(auth.SEAL_SIZE)):
                    await control.write_value(frame, with_response=True)
                await bands.until(lambda: len(heard) >= 2, 20)
                assert {frames.unpack_answer(one)[:2] for one in heard} == {
                    (frames.REFUSAL, frames.NOT_TRUSTED)
                }

    bands.run(scenario)
