"""Claims as on Linux: bleak pairs through bluetoothd, which asks RepBeat's own agent for the passkey."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from bluez.linux import Linux, until
from firmware.display import digits

from firmware import band as bands
from repbeat.hub import events
from repbeat.hub.agent import passkeys
from repbeat.hub.keys import DeviceKeys
from repbeat.hub.radio import Radio
from repbeat_tools import boards

STICK = boards.shipped("m5stickc_plus2")
LONG_PRESS_MS = 1200
FACTORY_RESET_MS = 9000
LIMIT_S = 50
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
            flash = tmp_path / "flash-0" / "flash.bin"
            await until(lambda: b'"bond0"' in flash.read_bytes(), "the bond in flash")

    asyncio.run(script())


def problem(linux: Linux) -> str:
    """Why the last connection ended."""
    ended = linux.heard(events.Disconnected)
    return ended[-1].cause if ended else ""


def test_a_device_set_back_to_new_is_forgotten_and_claimed_again(bus: str, tmp_path: Path) -> None:
    """The computer still has its bond, the device has not: every link ends before a word is said."""

    async def script() -> None:
        keys = DeviceKeys()
        async with Linux(bus, tmp_path, log=5, speed=SPEED) as linux:
            async with linux.serving(keys):
                await until(lambda: "button" in problem(linux), "the first refusal")
                bands.press(linux.air, linux.band, LONG_PRESS_MS)
                await until(lambda: linux.heard(events.CaughtUp), "the first sync")
                device = linux.device()
            bands.press(linux.air, linux.band, FACTORY_RESET_MS)
            await until(lambda: linux.band.ends, "the reset")
            linux.told.clear()
            async with linux.serving(keys):
                await until(lambda: "repbeat devices forget" in problem(linux), "a hint")
            keys.forget(device.device_id)
            await Radio().forget(device.address)
            async with linux.serving(keys):
                await until(lambda: "button" in problem(linux), "a refusal that was said")
                bands.press(linux.air, linux.band, LONG_PRESS_MS)
                await until(lambda: linux.heard(events.Claimed), "the second claim")

    asyncio.run(script())


def test_the_command_asks_for_the_passkey(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=5, board=STICK, speed=SPEED) as linux:
            command = await asyncio.create_subprocess_exec(
                *(
                    str(Path(sys.executable).with_name("repbeat")),
                    "devices",
                    "--database",
                    str(tmp_path / "own.sqlite3"),
                ),
                *("claim", "--seconds", "60", "--json"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            assert command.stdin
            assert command.stderr
            try:
                await said(command.stderr, b"button")
                bands.press(linux.air, linux.band, LONG_PRESS_MS)
                await said(command.stderr, b"Passkey on the display of " + linux.band.mac.encode())
                command.stdin.write(f"{await Reader(linux)('')}\n".encode())
                await said(command.stderr, b"is this companion's now")
                command.send_signal(signal.SIGINT)  # no other is to be claimed
                out, _ = await command.communicate()
            finally:
                if command.returncode is None:
                    command.kill()
            (claimed,) = json.loads(out)["claimed"]
            assert (tmp_path / "device-keys.json").exists()
            assert claimed["name"].startswith("RepBeat-")
            assert command.returncode == 0

    asyncio.run(script())


async def said(stream: asyncio.StreamReader, words: bytes) -> None:
    """Read what the command says until these words."""
    heard = b""
    async with asyncio.timeout(LIMIT_S):
        while words not in heard:
            part = await stream.read(1000)
            assert part, heard
            heard += part
