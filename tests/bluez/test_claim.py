"""Claims as on Linux: bleak pairs through bluetoothd, which asks RepBeat's own agent for the passkey."""

import asyncio
from pathlib import Path

from bluez.linux import Linux, until
from firmware.display import digits

from firmware import band as bands
from repbeat.hub import events
from repbeat.hub.agent import passkeys
from repbeat.hub.keys import DeviceKeys
from repbeat_tools import boards

STICK = boards.shipped("m5stickc_plus2")
LONG_PRESS_MS = 1200
SPEED = 3  # the window is a minute of the device's time


class Reader:
    """Somebody at the computer who types what the device shows, `change` apart."""

    def __init__(self, linux: Linux, change: int = 0) -> None:
        self.linux = linux
        self.change = change
        self.asked: list[str] = []

    async def __call__(self, address: str) -> int:
        self.asked.append(address)
        band = self.linux.band
        shown = await band.event("display", 20, where=lambda event: bool(event["lit"]))
        return int(digits(shown)) ^ self.change


def test_a_device_with_a_display_is_claimed_by_its_passkey(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        keys = DeviceKeys()
        async with Linux(bus, tmp_path, log=20, board=STICK, speed=SPEED) as linux:
            reader = Reader(linux)
            async with passkeys(reader), linux.serving(keys) as hub:
                await until(lambda: "button" in problem(linux), "the first refusal")
                assert not reader.asked, "nobody is asked before the button was held"
                bands.press(linux.air, linux.band, LONG_PRESS_MS)
                await until(lambda: linux.heard(events.Claimed), "the claim")
                await linux.all_here(hub)
            assert reader.asked == [linux.band.mac]
            async with linux.serving(keys) as hub:  # bonded: nobody is asked again
                await until(lambda: len(linux.heard(events.CaughtUp)) >= 2, "another connection")
            assert len(reader.asked) == 1

    asyncio.run(script())


def test_a_wrong_passkey_claims_nothing_and_says_so(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=20, board=STICK, speed=SPEED) as linux:
            async with passkeys(Reader(linux, change=1)), linux.serving(DeviceKeys()):
                await until(lambda: "button" in problem(linux), "the first refusal")
                bands.press(linux.air, linux.band, LONG_PRESS_MS)
                await until(lambda: "pairing failed" in problem(linux), "the failed pairing")
            assert not linux.heard(events.Claimed)

    asyncio.run(script())


def test_a_device_without_a_display_is_claimed_over_an_encrypted_link(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        keys = DeviceKeys()
        async with Linux(bus, tmp_path, log=20, speed=SPEED) as linux:
            async with linux.serving(keys) as hub:
                await until(lambda: "button" in problem(linux), "the first refusal")
                bands.press(linux.air, linux.band, LONG_PRESS_MS)
                await until(lambda: linux.heard(events.Claimed), "the claim")
                (connection,) = linux.central.device.connections.values()
                assert connection.is_encrypted
                await linux.all_here(hub)
            assert b'"bond0"' in (tmp_path / "flash-0" / "flash.bin").read_bytes()

    asyncio.run(script())


def problem(linux: Linux) -> str:
    """Why the last connection ended."""
    ended = linux.heard(events.Disconnected)
    return ended[-1].cause if ended else ""
