"""A bundle in a slot: tried, kept or given up; whatever it does, the device comes up and says why."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from bleak import BleakScanner
from firmware.flash_file import stored
from update.conftest import SETTINGS, SHORT, Breaks, board, faults, put, run, slot, until, versions

from device.store import image
from device.system import faults as codes
from repbeat_tools.device_log import FlashImage
from repbeat_tools.simulator import Air

pytestmark = pytest.mark.xdist_group("update")

APP = "/device/system/app.py"


def test_a_bundle_that_crashes_at_import_is_returned(tmp_path: Path, broken: Breaks) -> None:
    put(tmp_path, broken((APP, "import asyncio\n", "import asyncio\nimport no_such_module\n")))

    async def scenario(air: Air) -> None:
        await board(air, tmp_path)
        await until(lambda: bool(faults(tmp_path)))

    run(scenario)
    assert versions(tmp_path) == ["0.1.0"]
    assert slot(tmp_path).marks[image.BAD] == image.CRASHED
    told = "0.2.0: crashed ImportError(\"no module named 'no_such_module'\",)"
    assert faults(tmp_path) == [(codes.UPDATE_RETURNED, told)]


def test_a_bundle_that_hangs_is_ended_by_the_watchdog(tmp_path: Path, broken: Breaks) -> None:
    hang = "import time\nwhile True:\n    time.sleep(1)\nimport asyncio\n"
    put(tmp_path, broken((APP, "import asyncio\n", hang)))

    async def scenario(air: Air) -> None:
        await board(air, tmp_path, power=False)
        band = air.devices["band"]
        starting = asyncio.create_task(band.power_on(timeout_s=60))
        await until(lambda: bool(faults(tmp_path)))
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        assert band.ends[0]["kind"] == "watchdog"

    run(scenario)
    assert faults(tmp_path) == [(codes.UPDATE_RETURNED, "0.2.0: hung start 1")]


def test_a_bundle_whose_link_never_comes_up_is_returned(tmp_path: Path, broken: Breaks) -> None:
    silent = "async def run(self) -> None:\n        while True:\n            await asyncio.sleep_ms(10000)\n"
    put(tmp_path, broken(("/device/link/advertising.py", "async def run(self) -> None:\n", silent), SHORT))

    async def scenario(air: Air) -> None:
        await board(air, tmp_path)
        await until(lambda: bool(faults(tmp_path)))

    run(scenario)
    assert versions(tmp_path) == ["0.2.0", "0.1.0"]
    assert slot(tmp_path).marks[image.BAD] == image.LINK
    (fault,) = faults(tmp_path)
    assert fault[0] == codes.UPDATE_RETURNED
    assert fault[1].startswith("0.2.0: link after ")


def test_a_bundle_that_loses_a_sensor_is_returned(tmp_path: Path, broken: Breaks) -> None:
    driver = broken(
        ("/device/drivers/lsm6dso.py", "_IDENTITY = const(0x6C)", "_IDENTITY = const(0x6D)"), SHORT
    )
    put(tmp_path, driver, needed=3)

    async def scenario(air: Air) -> None:
        await board(air, tmp_path)
        await until(lambda: image.BAD in slot(tmp_path).marks)

    run(scenario)
    assert slot(tmp_path).marks[image.BAD] == image.SENSORS


def test_a_bundle_that_decays_on_flash_is_not_run(tmp_path: Path, newer: bytes) -> None:
    put(tmp_path, newer)
    one = slot(tmp_path)
    assert one.version == 0x200
    place = one.bundle().places()[20]
    path, offset, _, _, _ = one.bundle().entry(place)
    assert path
    data = bytearray((tmp_path / "flash.bin").read_bytes())
    data[0x110000 + 4096 + 32 + offset + 5] ^= 0x10
    (tmp_path / "flash.bin").write_bytes(data)

    async def scenario(air: Air) -> None:
        await board(air, tmp_path)
        await until(lambda: versions(tmp_path)[-1:] == ["0.1.0"])

    run(scenario)
    assert slot(tmp_path).marks[image.BAD] == image.DECAYED


def test_a_good_bundle_that_crashes_again_and_again_ends_in_safe_mode(tmp_path: Path, broken: Breaks) -> None:
    put(
        tmp_path,
        broken((APP, "async def run(self) -> None:", "async def run(self) -> None:\n        1 // 0")),
    )
    data = (tmp_path / "flash.bin").read_bytes()

    partition = FlashImage(data, SETTINGS, "app0")
    image.Image(partition).mark(image.GOOD, 0)
    partition.save(tmp_path / "flash.bin")

    async def scenario(air: Air) -> None:
        band = await board(air, tmp_path)
        await until(lambda: (codes.SAFE_MODE, "after 3 crashes") in faults(tmp_path))
        assert not band.failure
        central = await air.central("ear")
        heard = await BleakScanner.find_device_by_address(band.mac, timeout=5, backend=central.backends[0])
        assert heard, "safe mode has a link"
        await band.power_cycle()
        await until(lambda: versions(tmp_path)[-1] == "0.2.0")

    run(scenario)
    assert versions(tmp_path)[:4] == ["0.2.0", "0.2.0", "0.2.0", "0.1.0"]
    assert [one.seq for one in stored(tmp_path)] == list(range(len(stored(tmp_path))))


def test_power_that_fails_in_each_flash_write_of_a_trial_bricks_nothing(tmp_path: Path, newer: bytes) -> None:
    """The start's mark, the log's first records, the mark that it is good: cut in each, one after another."""
    cut = 0

    async def scenario(air: Air) -> None:
        nonlocal cut
        for operation in (1, 2, 3, 4):
            flash = tmp_path / str(operation)
            put(flash, newer)
            band = await board(air, flash, name=f"band{operation}", power=False)
            band.send({"type": "power_cut", "operation": operation, "byte": 3, "t_ms": band.now_ms + 60_000})
            starting = asyncio.create_task(band.power_on(timeout_s=60))
            with suppress(TimeoutError):
                await band.end(20)
                cut += 1
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            if not band.powered:
                await band.power_on(timeout_s=60)
            await until(lambda flash=flash: versions(flash)[-1:] == ["0.2.0"])
            await band.kill()

    run(scenario)
    assert cut >= 2
