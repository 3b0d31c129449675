"""`repbeat hub --status`: what a running hub says of itself, in another process."""

import asyncio
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hub.fake_band import FakeBand, backends

from repbeat.hub import Backoff, Hub, status
from repbeat.hub.command import hub as hub_command
from repbeat.hub.radio import Radio
from repbeat.store import Database
from repbeat_tools.trusted import KnownKeys


def asked(database: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(hub_command, ["--status", "--database", str(database), *options])
    return result.exit_code, result.stdout


def test_a_hub_that_never_ran(tmp_path: Path) -> None:
    code, text = asked(tmp_path / "repbeat.sqlite3")
    assert (code, text) == (1, "No hub runs here: start it with `repbeat hub`.\n")
    assert json.loads(asked(tmp_path / "repbeat.sqlite3", "--json")[1]) == {"running": False}


def test_states_places_and_causes_of_a_running_hub(tmp_path: Path) -> None:
    database = tmp_path / "repbeat.sqlite3"
    file = tmp_path / status.FILE
    well = FakeBand("A1", 0xB1, [])
    stranger = FakeBand("A2", 0xB2, [])
    stranger.key = None
    near, far = FakeBand("A3", 0xB3, []), FakeBand("A4", 0xB4, [])

    async def main(db: Database) -> None:
        radios = {"hci0": Radio(backends(well, stranger)), "hci1": Radio(backends(near, far))}
        hub = Hub(db, radios=radios, places=1, backoff=Backoff(stranger_s=30), keys=KnownKeys())
        watch = status.Watch(hub.bus, hub.slots)
        serving = asyncio.create_task(watch.beside(hub.run(), file))
        try:
            async with asyncio.timeout(20):
                while not settled(watch):
                    await asyncio.sleep(0.02)
                settled_s = time.time()
                while not file.exists() or file.stat().st_mtime <= settled_s:
                    await asyncio.sleep(0.02)
            code, text = await asyncio.to_thread(asked, database, "--json")
            people = (await asyncio.to_thread(asked, database))[1]
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        assert code == 0
        told = json.loads(text)
        assert told["running"]
        devices = {one["address"]: one for one in told["devices"]}
        assert (devices["A1"]["state"], devices["A1"]["adapter"]) == ("connected", "hci0")
        assert devices["A2"]["state"] in (status.BACKING_OFF, "waiting for its turn")
        states = {devices[name]["state"] for name in ("A3", "A4")}
        assert states == {"connected", "waiting for its turn"}
        assert [(one["adapter"], one["in_use"], one["places"]) for one in told["adapters"]] == [
            ("hci0", 1, 1),
            ("hci1", 1, 1),
        ]
        assert told["waiting"] >= 1
        assert "adapter hci1: 1 of 1 connections" in people
        assert not file.exists(), "the file goes with the hub"

    def settled(watch: status.Watch) -> bool:
        return sum(one.state == "connected" for one in watch.now().devices) == 2

    with Database(database) as db:
        asyncio.run(main(db))


def test_a_stranger_waits_and_the_cause_is_counted(tmp_path: Path) -> None:
    stranger = FakeBand("A2", 0xB2, [])
    stranger.key = None

    async def main(db: Database) -> status.DeviceStatus:
        hub = Hub(db, backends=backends(stranger), backoff=Backoff(stranger_s=30), keys=KnownKeys())
        watch = status.Watch(hub.bus, hub.slots)
        serving = asyncio.create_task(hub.run())
        try:
            async with asyncio.timeout(20):
                while not watch.now().failures:
                    await asyncio.sleep(0.02)
            assert [one.in_use for one in hub.slots.usage()] == [0]
            return watch.now().devices[0]
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    with Database(tmp_path / "repbeat.sqlite3") as db:
        one = asyncio.run(main(db))
    assert one.state == status.BACKING_OFF
    assert one.failures == {"not claimed, or another's": 1}
    assert one.again_ms == pytest.approx(time.time() * 1000 + 30_000, abs=5000)
    assert "claim" in one.problem


def test_a_hub_that_was_killed_is_not_called_running(tmp_path: Path) -> None:
    old = status.HubStatus(pid=1, begun_ms=0, at_ms=1000, adapters=[], waiting=0, devices=[])
    status.write(tmp_path / status.FILE, old)
    code, text = asked(tmp_path / "repbeat.sqlite3")
    assert code == 1
    assert "it has ended or hangs" in text
    (tmp_path / status.FILE).write_text("{")
    assert json.loads(asked(tmp_path / "repbeat.sqlite3", "--json")[1]) == {"running": False}
