"""The companion's sync on Linux as it is: bleak's BlueZ backend, D-Bus, org.bluez, and the real firmware."""

import asyncio
import itertools
import time
from pathlib import Path

import pytest
from bluez.linux import SLOW, VERY_SLOW, Linux, until

from firmware import band as bands
from repbeat import store
from repbeat.coach import desk
from repbeat.hub import events, fetch
from repbeat.store import clocks, devices, plans, records
from repbeat_protocol import live
from repbeat_protocol import plan as wire

pytestmark = pytest.mark.xdist_group("simulator")


def test_a_whole_log_is_the_same_bytes(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=1200) as linux, linux.serving() as hub:
            await linux.all_here(hub)
            assert not records.flags(linux.db, linux.device().device_id)
            assert len(linux.heard(events.Connected)) == 1

    asyncio.run(script())


@pytest.mark.parametrize("cut_at", [0, 400])
def test_a_pulled_link_resumes(bus: str, tmp_path: Path, cut_at: int) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path) as linux, linux.serving() as hub:
            linux.when_past(hub, cut_at, linux.band.cut_link)
            await linux.all_here(hub)
            assert len(linux.heard(events.Connected)) >= 2

    asyncio.run(script())


def test_a_band_that_reboots_in_the_middle(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path) as linux, linux.serving() as hub:
            begun = asyncio.Event()
            linux.when_past(hub, 100, begun.set)
            await asyncio.wait_for(begun.wait(), 20)
            await linux.band.reboot()
            await linux.all_here(hub)
            assert len({one.boot for one in linux.stored() if one.name == "BOOT"}) == 2

    asyncio.run(script())


def test_the_smallest_mtu(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=60, mtu=23) as linux, linux.serving() as hub:
            await linux.all_here(hub)
            (connection,) = linux.central.device.connections.values()
            assert connection.att_mtu == 23

    asyncio.run(script())


def test_the_time_arrives(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=5) as linux, linux.serving() as hub:
            await linux.all_here(hub)
            (given,) = [one for one in linux.stored() if one.name == "TIME"]
            assert abs(given.fields["unix_ms"] / 1000 - time.time()) < 30
            assert 50 <= given.fields["uncertainty_ms"] < 5000
            device = linux.device()
            clock = clocks.latest(linux.db, device.device_id, device.log_id)
            assert clock.unix_ms == given.fields["unix_ms"]

    asyncio.run(script())


def test_a_plan_is_pushed_applied_and_read_back(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=5) as linux, linux.serving() as hub:
            await linux.all_here(hub)
            device = linux.device()
            ann = store.athletes.add(linux.db, "Ann", 0, tag=7).athlete_id
            devices.assign(linux.db, device.device_id, device.log_id, ann)
            squat = wire.Plan(1, [wire.Item(2, 3, 6, 8, 60_000)], "Legs")
            plan = desk.set_plan(linux.db, ann, squat, 0)
            await until(
                lambda: plans.get(linux.db, ann, plan.revision).status == plans.APPLIED, "the plan applied"
            )
            (delivery,) = plans.deliveries(linux.db, device.device_id)
            assert delivery.revision == plan.revision
            (applied,) = [one for one in linux.stored() if one.name == "PLAN_APPLIED"]
            assert applied.fields["revision"] == plan.revision

    asyncio.run(script())


def test_live_values_come_while_the_log_does(
    bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "BATCH", 64)  # so that the press comes early in the log

    async def script() -> None:
        async with Linux(bus, tmp_path, pace=VERY_SLOW) as linux, linux.serving() as hub:
            linux.when_past(hub, 50, lambda: bands.press(linux.air, linux.band))
            await linux.all_here(hub)
        kinds = [type(event) for event in linux.told]
        synced = kinds.index(events.CaughtUp)
        assert kinds[:synced].count(events.Progress) >= 2
        values = [event.values for event in linux.told[:synced] if isinstance(event, events.LiveValue)]
        assert live.READY in {value["phase"] for value in values}, "the press did not show in time"

    asyncio.run(script())


def test_two_bands_at_once(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=2500, count=2, pace=SLOW) as linux, linux.serving() as hub:
            await asyncio.gather(*(linux.all_here(hub, number) for number in range(2)))
            turns = [event.address for event in linux.heard(events.Progress)]
            changes = sum(one != other for one, other in itertools.pairwise(turns))
            assert changes >= 2, "one band waited for the other"

    asyncio.run(script())


def test_a_new_log_is_begun_beside_the_old(bus: str, tmp_path: Path) -> None:
    async def script() -> None:
        async with Linux(bus, tmp_path, log=60) as linux, linux.serving() as hub:
            await linux.all_here(hub)
            first = linux.device().log_id
            await linux.band.kill()
            linux.new_log()
            await linux.band.power_on("power_on")
            await until(lambda: linux.device().log_id != first, "the new log's id")
            await linux.all_here(hub)
            device = linux.device()
            assert {log_id for _, log_id in records.logs(linux.db, device.device_id)} == {
                first,
                device.log_id,
            }
            assert records.count(linux.db, device.device_id, first) > 60

    asyncio.run(script())


def test_a_connection_that_fails_to_be_established(bus: str, tmp_path: Path) -> None:
    """bleak tries again by itself after bluetoothd's le-connection-abort-by-local."""

    async def script() -> None:
        async with Linux(bus, tmp_path, log=60) as linux:
            linux.band.faults.refuse_next_connection = True
            async with linux.serving() as hub:
                await linux.all_here(hub)
            assert not linux.band.faults.refuse_next_connection
            assert len(linux.heard(events.Connected)) == 1

    asyncio.run(script())
