"""What Linux adds to the trouble: no bluetoothd, radio off, stale copies, pairing, killed clients."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner
from bluez.linux import VERY_SLOW, Linux, until

import repbeat_protocol
from repbeat.hub import Hub, events
from repbeat.hub.errors import NoAdapter
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.store import Database, records
from repbeat_protocol import gatt
from repbeat_tools import trusted
from repbeat_tools.simulator.air import firmware_folders

pytestmark = pytest.mark.xdist_group("simulator")

COMPANION = "from repbeat.cli import main; main()"
GATT_PY = "/lib/repbeat_protocol/gatt.py"
COMMAND_S = 60
LONG = 1500  # records: three commits of a backlog


def edited(source: Path, old: str, new: str) -> bytes:
    """A source file with one change."""
    text = source.read_text()
    assert old in text, f"{source.name} no longer has {old}"
    return text.replace(old, new).encode()


def protocol_gatt(old: str, new: str) -> bytes:
    return edited(Path(repbeat_protocol.__file__).with_name("gatt.py"), old, new)


def no_adapter(db: Database) -> str:
    with pytest.raises(NoAdapter) as caught:
        asyncio.run(Hub(db).sync_once(scan_s=0.1, limit_s=1))
    return str(caught.value)


def test_no_bluetoothd_on_the_bus(bus: str, tmp_path: Path) -> None:
    with Database(tmp_path / "repbeat.sqlite3") as db:
        assert "see that the bluetooth service runs" in no_adapter(db)


def test_no_bus_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    with Database(tmp_path / "repbeat.sqlite3") as db:
        assert "switch it on" in no_adapter(db)


def test_the_radio_is_off(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, count=0) as linux:
            await linux.bluetoothd.adapter.set_powered(False)
            with pytest.raises(NoAdapter, match="No powered Bluetooth adapters"):
                await linux.hub().sync_once(scan_s=0.1, limit_s=1)

    asyncio.run(script())


def test_a_stale_copy_of_the_services_is_named_and_dropped(bus: str, tmp_path: Path) -> None:
    """bluetoothd keeps the services of before a firmware update (bluez #191)."""
    old = protocol_gatt(gatt.TRANSFER, gatt.TRANSFER.replace("b7e2", "b7e3"))

    async def script() -> None:
        async with Linux(bus, tmp_path, log=60, files={GATT_PY: old}) as linux:
            heard = await BleakScanner.find_device_by_address(linux.band.mac, timeout=10)
            async with BleakClient(heard) as client:
                assert client.services.get_characteristic(gatt.TRANSFER) is None
            (linux.band.fs / GATT_PY.strip("/")).write_bytes(protocol_gatt("", ""))
            await linux.band.reboot()
            async with linux.serving() as hub:
                await linux.all_here(hub)
            first, *_ = linux.heard(events.Disconnected)
            assert gatt.TRANSFER in first.cause
            assert "an old copy of its services may be kept" in first.cause

    asyncio.run(script())


def test_another_layout_is_told_from_a_stale_copy(bus: str, tmp_path: Path) -> None:
    newer = protocol_gatt(f"LAYOUT = {gatt.LAYOUT}", f"LAYOUT = {gatt.LAYOUT + 1}")

    async def script() -> None:
        async with Linux(bus, tmp_path, log=5, files={GATT_PY: newer}) as linux:
            (served,) = await linux.hub().sync_once(scan_s=2, limit_s=15)
            assert f"layout {gatt.LAYOUT + 1}" in served.problem
            assert "update RepBeat on this computer" in served.problem

    asyncio.run(script())


def test_a_read_that_needs_pairing(bus: str, tmp_path: Path) -> None:
    """On BlueZ it is a D-Bus error, not an ATT one; the hub says so and goes on."""
    source = firmware_folders()[0] / "device/link/service.py"
    guarded = edited(source, "READ = 0x02", "READ = 0x0202")

    async def script() -> None:
        async with Linux(bus, tmp_path, log=5, files={"/device/link/service.py": guarded}) as linux:
            (served,) = await linux.hub().sync_once(scan_s=2, limit_s=15)
            assert "Not paired" in served.problem
            assert not linux.central.device.connections, "the hub left the link up"

    asyncio.run(script())


async def companion(*arguments: str) -> asyncio.subprocess.Process:
    """`repbeat …` in a process of its own, on the bus of the environment."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        COMPANION,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TZ": "UTC"},
    )


async def output(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """What a command printed; killed when it takes too long."""
    try:
        async with asyncio.timeout(COMMAND_S):
            return await process.communicate()
    except TimeoutError:
        process.kill()
        raise


def test_the_next_companion_takes_over_the_link_of_a_killed_one(bus: str, tmp_path: Path) -> None:
    """bluetoothd keeps a link whose client has died (bluez #89), and the device its half-done stream."""

    async def script() -> None:
        async with Linux(bus, tmp_path, log=LONG, pace=VERY_SLOW) as linux:
            device_id = linux.band.mac.replace(":", "").lower().rjust(16, "0")
            DeviceKeys(path_for(linux.database)).put(device_id, trusted.SLOT, trusted.KEY)
            killed = await companion("hub", "--database", str(linux.database))
            try:
                await until(
                    lambda: (device := linux.device()) and records.count(linux.db, device.device_id) > 50,
                    "the first records",
                )
            finally:
                killed.kill()
                await output(killed)
            assert records.count(linux.db, linux.device().device_id) < LONG, "killed too late"
            await asyncio.sleep(0.1)
            assert linux.central.device.connections, "the link should outlive its client"
            command = await companion("sync", "--scan", "1", "--json", "--database", str(linux.database))
            printed, said = await output(command)
            assert command.returncode == 0, said.decode()
            (served,) = json.loads(printed)["served"]
            assert served["problem"] == ""
            assert served["device"]["samples"] == "every sample present"
            await until(linux.same, "the same bytes")

    asyncio.run(script())
