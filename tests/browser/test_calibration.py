"""An operator calibrates a machine's sensor in a browser: the firmware measures, the page leads."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.world import World
from hub.flag import Flag
from playwright.sync_api import Browser, Page, expect

from repbeat.gym import machines
from repbeat.store import Database, calibrations, devices
from repbeat.web.access import Open
from repbeat_tools.demo import scene as scenes
from repbeat_tools.demo.floor import Station
from repbeat_tools.demo.training import Trainee
from repbeat_tools.faces import axe

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(200)]

TOP_MM, STEP_MM, WAY_MM, PLATE = 840.0, 25.4, 420.0, 6
PATIENCE_MS = 60_000
OTHER_MM = TOP_MM + (PLATE - 1) * STEP_MM


class Leg(scenes.Scene):
    """A leg press with a sensor, whose stack the test moves: `act` runs in the scene's own loop."""

    flag: Flag
    act: Callable[..., Any]
    station: Station

    @property
    def members(self) -> list[Station]:
        return [self.station]

    async def run(self, _trainees: list[Trainee], _backends: tuple[Any, Any]) -> None:
        board = scenes.load_board("xiao_esp32c3_stack")
        device = await self.air.device("sensor", board=board, heap_kb=scenes.HEAP_KB)
        self.station = Station("Leg press", device, board)
        self.flag = Flag(device)
        self.flag.rest(TOP_MM)
        self.act = asyncio.get_running_loop().call_soon_threadsafe
        self.hub.trust.claims = True
        serving = asyncio.create_task(self.hub.run())
        try:
            await self._claim()
            await asyncio.Event().wait()
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path / "repbeat.sqlite3", Leg, [], Open("test"), 1.0)
    found.start()
    yield found
    found.stop()


def machine_of(db: Database, page: Page) -> str:
    """The sensor, once it is known, on a leg press."""
    for _ in range(600):
        found = devices.every(db)
        if found and found[0].last_sync_ms:
            made = machines.add(db, "Leg press", 0)
            machines.mount(db, found[0].device_id, made.machine_id, 0)
            return made.machine_id
        page.wait_for_timeout(100)
    raise AssertionError("the sensor was not claimed")


def test_step_by_step_to_a_calibrated_machine(browser: Browser, world: World) -> None:
    address = world.address.get(timeout=60)
    assert address, world.failure
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE_MS)
    with Database(world.database) as db:
        machine_of(db, page)
        page.goto(address + "/gym")
        page.get_by_role("link", name="Calibrate").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Calibrate Leg press", timeout=PATIENCE_MS)
        assert axe.violations(page) == []
        page.get_by_label("First plate, kg").fill("5")
        page.get_by_label("Each further plate, kg").fill("7,5")
        page.get_by_label("Other plate").fill(str(PLATE))
        page.get_by_role("button", name="Begin").click()
        said = page.locator("#calibration")
        assert isinstance(world.scene, Leg)
        leg = world.scene

        def says(text: str) -> None:
            expect(said).to_contain_text(text, timeout=PATIENCE_MS)

        go_on = page.get_by_role("button", name="Go on")
        says("into the first plate")
        go_on.click()
        says(f"into plate {PLATE}")
        go_on.click()  # the pin was not moved
        says("The flag is not where another plate can be")
        leg.act(leg.flag.rest, OTHER_MM)
        go_on.click()
        says("one slow repetition")
        leg.act(leg.flag.lift, OTHER_MM, WAY_MM, 6)
        says("Way of a repetition")
        assert axe.violations(page) == []
        (kept,) = calibrations.in_force(db).values()
        assert kept.step_um / 1000 == pytest.approx(STEP_MM, abs=0.5)
        # In real time a busy machine may miss the turn's readings; tests/firmware holds the figure itself.
        assert kept.range_mm == pytest.approx(WAY_MM, abs=30)
        page.goto(address + "/gym")
        expect(page.get_by_text("calibration is old or missing")).to_have_count(0)
    assert world.failure is None
    page.close()
