"""A hub that hands in to a companion in another process: values go up, orders come down."""

import asyncio
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from api.test_hubs import Companion
from gym import logs
from hub.collecting import BAND_ID, PATIENCE, QUICK, long_log
from hub.fake_band import FakeBand, backends
from web.town import PASSWORD

from repbeat.gym import calibration, desk, machines, sets
from repbeat.hub import Hub
from repbeat.hub.exchange import exchanging
from repbeat.hub.upload import Uploader, handing_in
from repbeat.people import accounts, commands, setup, tenants, tokens
from repbeat.store import Database, devices
from repbeat_protocol import auth, gatt, live
from repbeat_tools.sample import NOW_MS
from repbeat_tools.trusted import KnownKeys

LIMIT_S = 60


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.timeout(180)
def test_live_values_go_up_and_orders_come_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    path = tmp_path / "companion.sqlite3"
    band = FakeBand("A1", 0xB1, long_log(20))
    with Database(path) as there, Database(tmp_path / "outbox.sqlite3") as here:
        olga = setup.first_account(there, "A", "A", "Olga", PASSWORD, "::1", NOW_MS)
        (olgas,) = accounts.owned(there, olga.account_id)
        _, token = tokens.make(there, olga.account_id, "hub", [tokens.HUB], NOW_MS)
        _, watching = tokens.make(
            there, olga.account_id, "app", [tokens.LIVE, tokens.READ, tokens.HEART], NOW_MS
        )
        companion = Companion(str(path), dict(os.environ))
        try:
            companion.wait()
            asyncio.run(_play(band, here, there, companion.address, token, watching, olgas))
        finally:
            companion.stop()


async def _play(
    band: FakeBand, here: Database, there: Database, address: str, token: str, watching: str, wearer: str
) -> None:
    async def until(done: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not done():
                assert not running.done(), running.result()
                await asyncio.sleep(0.05)

    def shown() -> dict:
        answer = httpx.get(f"{address}/live.json", headers={"Authorization": f"Bearer {watching}"})
        found: dict = answer.raise_for_status().json().get(BAND_ID, {})
        return found

    hub = Hub(here, backends=backends(band), patience=PATIENCE, backoff=QUICK, keys=KnownKeys())
    with handing_in(here, hub.bus, [address], token, None):
        with exchanging(here, [address], token, hub.board.snapshot, now_ms):
            running = asyncio.create_task(hub.run())
            try:
                await until(lambda: there.rows("SELECT 1 FROM devices"))
                await until(lambda: shown().get("link") == "connected")
                devices.assign(there, BAND_ID, band.log_id, wearer)
                values = (live.VERSION, live.IN_SET, 1, 7, 1, 8, 10, 0, 410, 140, 3, 0, 2)
                band.notify(gatt.LIVE, struct.pack(live.FIRST_FORM, *values))
                await until(lambda: (shown().get("reps"), shown().get("bpm")) == (7, 140))
                calibration.begin(there, BAND_ID, 6, 5000, 7500, now_ms())
                await until(lambda: band.calibrated)
                await until(lambda: not commands.waiting(there, BAND_ID))
                band.calibrate_answer = auth.pack(auth.REFUSED, auth.IN_USE)
                calibration.go_on(there, BAND_ID, now_ms())
                await until(lambda: not commands.waiting(there, BAND_ID))
                commands.add(there, BAND_ID, commands.ERASE, now_ms())
                await until(lambda: not commands.waiting(there, BAND_ID))
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        assert there.rows("SELECT 1 FROM live_now") == []
    assert band.calibrated == [(auth.BEGIN, 6, 5000, 7500), (auth.GO_ON, 0, 0, 0)]
    refused = commands.latest(there, BAND_ID, commands.CALIBRATE)
    assert refused is not None
    assert refused.problem == calibration.REFUSED[auth.IN_USE]
    assert len(band.erased) == 1
    (kept,) = [
        one
        for one in here.all(commands.Command, "SELECT * FROM device_commands")
        if one.kind == commands.ERASE
    ]
    assert kept.detail == commands.WORN  # so that what the wearer recorded is fetched first


@pytest.mark.timeout(180)
def test_a_machines_set_that_is_handed_in_finds_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the companion's process: the hub beside the machines knows nobody."""
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    path, sensor = tmp_path / "companion.sqlite3", "00000000000000c7"
    with Database(path) as there, Database(tmp_path / "outbox.sqlite3") as here:
        olga = setup.first_account(there, "A", "A", "Olga", PASSWORD, "::1", NOW_MS)
        (olgas,) = accounts.owned(there, olga.account_id)
        _, token = tokens.make(there, olga.account_id, "hub", [tokens.HUB], NOW_MS)
        logs.meet(there, sensor)
        tenants.place_device(there, sensor, tenants.HOME)
        machine = machines.add(there, "Leg press", NOW_MS)
        machines.mount(there, sensor, machine.machine_id, 0)
        desk.claim(there, machine.machine_id, olgas, NOW_MS - 120_000)
        logs.meet(here, sensor)
        logs.send(here, sensor, logs.log_of([logs.reps(1, NOW_MS - 60_000)]).records)
        companion = Companion(str(path), dict(os.environ))
        try:
            companion.wait()
            with Uploader(here, [companion.address], token) as hub:
                hub.hand_in()
            until_s = time.monotonic() + LIMIT_S
            while not sets.of_machine(there, machine.machine_id, 0, 1 << 62):
                assert time.monotonic() < until_s
                time.sleep(0.05)
        finally:
            companion.stop()
        (done,) = sets.of_machine(there, machine.machine_id, 0, 1 << 62)
        assert done.athlete_id == olgas
