"""A key, bundles signed with it, and boards that have one in a slot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from firmware.flash_file import stored

from device.store import image
from repbeat_protocol import bundle, records, transfer
from repbeat_tools import boards, trusted
from repbeat_tools.device import bundle_file
from repbeat_tools.device.bundle import sources
from repbeat_tools.device_log import FlashImage
from repbeat_tools.simulator import Air, Device, Scaled

BOARD = boards.shipped("xiao_esp32s3_band")
SETTINGS = boards.load(BOARD)
SPEED = 20
HEAP_KB = 4096  # this interpreter collects between steps only, and importing a bundle is one step


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return bundle_file.new_key()


@pytest.fixture(scope="session")
def newer(key: rsa.RSAPrivateKey) -> bytes:
    """The same firmware, calling itself 0.2.0."""
    return bundle_file.make(BOARD, key, (0, 2, 0))


Breaks = Callable[..., bytes]
SHORT = ("/device/system/updates.py", "TRIAL_MS = 300_000", "TRIAL_MS = 20_000")  # a busy computer is slow


@pytest.fixture
def broken(key: rsa.RSAPrivateKey, tmp_path: Path) -> Breaks:
    """A bundle 0.2.0 with changes (path, old, new) in its sources."""

    def make(*changes: tuple[str, str, str]) -> bytes:
        instead = {}
        for number, (path, old, new) in enumerate(changes):
            text = sources()[path].read_text()
            assert old in text
            instead[path] = tmp_path / f"changed{number}.py"
            instead[path].write_text(text.replace(old, new, 1))
        return bundle_file.make(BOARD, key, (0, 2, 0), instead=instead)

    return make


def slot(flash_dir: Path, label: str = "app0") -> image.Image:
    """What a slot of the flash file holds now."""
    cells = (flash_dir / "flash.bin").read_bytes()
    return image.Image(FlashImage(cells, SETTINGS, label))


def put(flash_dir: Path, content: bytes, needed: int = 0, accepted: bool = True) -> None:
    """A flash that holds this bundle, not tried yet; the device is claimed."""
    flash = flash_dir / "flash.bin"
    trusted.settle(flash, SETTINGS)
    partition = FlashImage(flash.read_bytes(), SETTINGS, "app0")
    one = image.Image(partition)
    version = image.pack_version(bundle_file.read(content).version)
    one.begin(transfer.FIRMWARE, version, len(content), sha256(content).digest()[:8])
    one.write(0, memoryview(transfer.blob(content)))
    if accepted:
        one.mark(image.NEEDED, needed)
        one.mark(image.ACCEPTED, version)
    partition.save(flash)


async def board(
    air: Air, flash_dir: Path, key: rsa.RSAPrivateKey | None = None, name: str = "band", power: bool = True
) -> Device:
    """The band, with the key pinned."""
    files = {"/update.key": b"%x" % key.public_key().public_numbers().n} if key else {}
    settings = boards.compile_json(BOARD)
    return await air.device(
        name, flash_dir=flash_dir, board=settings, files=files, heap_kb=HEAP_KB, power=power
    )


def run(scenario: Callable[[Air], Awaitable[None]], speed: float = SPEED) -> None:
    """Run a scenario on an air of its own."""

    async def limited() -> None:
        async with asyncio.timeout(110), Air(clock=Scaled(speed)) as air:
            try:
                await scenario(air)
            except BaseException as error:
                for device in air.devices.values():
                    error.add_note("\n".join((f"{device.name}:", *device.lines[-30:], str(device.ends))))
                raise

    asyncio.run(limited())


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


def faults(flash_dir: Path) -> list[tuple[int, str]]:
    """(code, detail) of the FAULT records in the log."""
    found = []
    for one in stored(flash_dir):
        if one.kind == records.FAULT:
            found.append((one.fields["code"], one.payload[2:].decode()))
    return found


def versions(flash_dir: Path) -> list[str]:
    """The firmware of each start, by the BOOT records."""
    return [
        bundle.version_text(tuple(one.fields[f"firmware_{part}"] for part in ("major", "minor", "patch")))
        for one in stored(flash_dir)
        if one.kind == records.BOOT
    ]
