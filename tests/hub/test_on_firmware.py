"""The hub against the firmware itself, over bleak and a real host stack: cut, rebooted, given plans."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from firmware.flash_file import LOG_SIZE, SETTINGS_SIZE, FilePartition, prepare, stored

from device.store.settings import Settings
from firmware import band as bands
from repbeat import store
from repbeat.coach import desk
from repbeat.hub import Backoff, Hub, Patience, events
from repbeat.people import band, commands
from repbeat.people.band import Band
from repbeat.people.erase import erase
from repbeat.store import Database, devices, plans, records
from repbeat_protocol import plan as wire
from repbeat_tools.trusted import KEY, KnownKeys

pytestmark = pytest.mark.xdist_group("simulator")

RECORDS = 1500
QUICK = Backoff(first_s=0.05, longest_s=0.5, unheard_s=1.0)
LIMIT_S = 60


async def until(condition: Callable[[], Any], limit_s: float = 30) -> Any:
    async with asyncio.timeout(limit_s):
        while not (found := condition()):
            await asyncio.sleep(0.02)
        return found


class Scene:
    """A band with a filled log on an air, and a hub with a store."""

    def __init__(self, tmp_path: Path) -> None:
        self.flash_dir = tmp_path / "flash"
        prepare(self.flash_dir, [b"fault %d " % n + b"." * (n % 60) for n in range(RECORDS)], athlete=7)
        self.db = Database(tmp_path / "repbeat.sqlite3")
        self.told: list[events.Event] = []

    async def play(self, script: Callable[["Scene"], Any]) -> None:
        async with asyncio.timeout(LIMIT_S), bands.world(self.flash_dir, speed=4) as (air, band):
            self.band = band
            phone = await air.central("phone")
            self.hub = Hub(
                self.db,
                backends=phone.backends,
                backoff=QUICK,
                patience=Patience(stall_s=2.0),
                keys=KnownKeys(),
            )
            self.hub.bus.listen(self.told.append)
            running = asyncio.create_task(self.hub.run())
            try:
                await script(self)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    def run(self, script: Callable[["Scene"], Any]) -> None:
        try:
            asyncio.run(self.play(script))
        finally:
            self.db.close()

    def when_past(self, cursor: int, deed: Callable[[], None]) -> None:
        """Do something once, as soon as the cursor has passed a record."""
        done: list[bool] = []

        def watch(event: events.Event) -> None:
            if isinstance(event, events.Progress) and event.cursor > cursor and not done:
                done.append(True)
                deed()

        self.hub.bus.listen(watch)

    def device(self) -> devices.Device | None:
        found = devices.every(self.db)
        return found[0] if found else None

    async def all_here(self) -> None:
        """Wait until the hub has caught up, and the store holds what the flash holds, byte for byte."""
        await until(lambda: self.caught_up() and self.same())
        assert not records.flags(self.db, self.device().device_id)

    def caught_up(self) -> bool:
        device = self.device()
        state = device and self.hub.board.snapshot().get(device.device_id)
        return bool(state) and state.link == "connected" and state.cursor >= RECORDS

    def same(self) -> bool:
        device = self.device()
        if device is None or device.log_id is None:
            return False
        on_flash = {one.seq: one.raw for one in stored(self.flash_dir)}
        return records.present(self.db, device.device_id, device.log_id, 0, 1 << 32) == on_flash


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_whole_log_is_the_same_bytes(scene: Scene) -> None:
    async def script(scene: Scene) -> None:
        await scene.all_here()

    scene.run(script)
    assert sum(isinstance(event, events.Connected) for event in scene.told) == 1


@pytest.mark.parametrize("cut_at", [0, 300, 900])
def test_a_link_cut_in_the_middle(scene: Scene, cut_at: int) -> None:
    async def script(scene: Scene) -> None:
        scene.when_past(cut_at, scene.band.cut_link)
        await scene.all_here()

    scene.run(script)
    assert sum(isinstance(event, events.Connected) for event in scene.told) >= 2


def test_a_band_rebooted_in_the_middle(scene: Scene) -> None:
    async def script(scene: Scene) -> None:
        rebooted = asyncio.Event()
        scene.when_past(200, rebooted.set)
        await rebooted.wait()
        await scene.band.reboot()
        await scene.all_here()

    scene.run(script)
    boots = {one.boot for one in stored(scene.flash_dir) if one.name == "BOOT"}
    assert len(boots) == 2


def test_plans_are_applied_refused_and_read_back(scene: Scene) -> None:
    async def script(scene: Scene) -> None:
        await until(lambda: scene.device() and scene.device().last_sync_ms)
        device = scene.device()
        ann = store.athletes.add(scene.db, "Ann", 0, tag=7).athlete_id
        devices.assign(scene.db, device.device_id, device.log_id, ann)
        squat = wire.Plan(1, [wire.Item(2, 3, 6, 8, 60_000)], "Legs")
        first = desk.set_plan(scene.db, ann, squat, 0)
        await until(lambda: plans.get(scene.db, ann, first.revision).status == plans.APPLIED)
        jump = wire.Plan(1, [wire.Item(2, 3, 6, 8, 90_000)], "Legs")
        second = desk.set_plan(scene.db, ann, jump, 0)
        refused = await until(
            lambda: (kept := plans.get(scene.db, ann, second.revision)).status == plans.REFUSED and kept
        )
        assert "rises faster" in refused.reason
        await until(lambda: len(plans.deliveries(scene.db, device.device_id)) == 2)
        applied, denied = plans.deliveries(scene.db, device.device_id)
        assert (applied.revision, denied.revision) == (first.revision, second.revision)
        assert devices.get(scene.db, device.device_id).plan_revision == first.revision
        await scene.all_here()

    scene.run(script)


def test_the_wearers_settings_are_brought_and_kept(scene: Scene) -> None:
    wish = Band(light=False, nudge_after_min=50, zone_high=3, cues={"set_done": "600", "rest_over": "off"})

    async def script(scene: Scene) -> None:
        await scene.all_here()
        device_id = scene.device().device_id
        band.order(scene.db, device_id, wish, 1)
        await until(lambda: not commands.waiting(scene.db, device_id))
        assert band.wished(scene.db, device_id)[1].problem == ""

    scene.run(script)
    data = memoryview(bytearray((scene.flash_dir / "flash.bin").read_bytes()))
    held = Settings(FilePartition(data[LOG_SIZE : LOG_SIZE + SETTINGS_SIZE]))
    assert (held.get("light"), held.get("nudge_after_min"), held.get("zone_high")) == (0, 50, 3)
    assert (held.get("cue_set_done"), held.get("cue_rest_over"), held.get("cue_form")) == ("600", "off", None)


def test_an_order_to_erase_leaves_nothing_of_the_athlete_and_the_band_paired(scene: Scene) -> None:
    async def script(scene: Scene) -> None:
        await scene.all_here()
        before = scene.device()
        ann = store.athletes.add(scene.db, "Ann", 0, tag=7).athlete_id
        devices.assign(scene.db, before.device_id, before.log_id, ann)
        erase(scene.db, ann, 0)
        assert commands.waiting(scene.db, before.device_id)
        await until(lambda: not commands.waiting(scene.db, before.device_id))
        await until(lambda: scene.device().log_id != before.log_id and scene.device().last_sync_ms)
        assert scene.band.ends, "it did not start anew"

    scene.run(script)
    assert len(stored(scene.flash_dir)) < RECORDS / 10
    cells = (scene.flash_dir / "flash.bin").read_bytes()
    assert b"fault 1200 " not in cells
    assert b'"athlete"' not in cells
    assert KEY.hex().encode() in cells
