"""The live page beside a band that trains: its firmware counts, the page shows each repetition."""

import dataclasses
import logging
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.world import LIMIT_S, World
from playwright.sync_api import Browser, expect

from repbeat.store import Database, athletes, plans
from repbeat.web.access import Open
from repbeat_protocol.plan import Plan
from repbeat_tools.demo.scene import Scene
from repbeat_tools.demo.training import Trainee, modelled

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(200)]

RUN = 4  # repetitions that the band wants to see before it counts (firmware/device/signal/reps.py)
SPEED = 1.0  # as in the gym: what is seen is when it is seen
WATCH = """() => {
  const count = document.querySelector('[data-of="reps"]');
  window.shown = [];
  new MutationObserver(() => window.shown.push([Number(count.textContent), Date.now()]))
    .observe(count, { childList: true, characterData: true, subtree: true });
}"""


def one_set() -> Trainee:
    """Athlete A's first set alone."""
    trainee = modelled()[0]
    (item,) = trainee.plan.items
    plan = trainee.plan
    item = type(item)(item.exercise, 1, item.reps_low, item.reps_high, item.load_g, item.rest_s)
    short = Plan(plan.revision, [item], plan.name, resting_bpm=plan.resting_bpm, max_bpm=plan.max_bpm)
    return dataclasses.replace(trainee, plan=short)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path / "repbeat.sqlite3", Scene, [one_set()], Open("test"), SPEED)
    found.start()
    yield found
    found.stop()


def test_each_repetition_of_the_band_is_shown(browser: Browser, world: World) -> None:
    address = world.address.get(timeout=60)
    assert address, world.failure
    page = browser.new_page()
    with Database(world.database) as db:
        for _ in range(600):
            found = athletes.every(db)
            if found and plans.latest(db, found[0].athlete_id, plans.APPLIED) is not None:
                break
            page.wait_for_timeout(100)
    page.goto(address + "/live")
    page.evaluate(WATCH)
    expect(page.locator(".now")).to_be_visible(timeout=60_000)
    over = page.locator('[data-when="rest"]:visible, [data-idle]:visible')
    expect(over).to_be_visible(timeout=LIMIT_S * 1000)
    assert world.failure is None
    shown = page.evaluate("window.shown")
    page.close()

    assert world.scene is not None
    (band,) = world.scene.bands
    assert band.athlete is not None
    (done,) = band.athlete.sets
    counts = [count for count, _ in shown if count]
    assert counts[0] <= RUN, "a run is credited at once"
    assert counts == sorted(set(counts))
    assert counts[-1] == done.reps
    slipped_ms = world.scene.air.now_ms - band.device.now_ms  # the device's clock stood still as it booted
    ends_ms = [world.begun_ms + (rep.end_ms + slipped_ms) / SPEED for rep in done.rep_times]
    first = dict(reversed(shown))
    late_s = [(first[number] - end_ms) / 1000 for number, end_ms in enumerate(ends_ms, 1) if number in counts]
    late_s = late_s[1:]  # the first number is that of a whole run
    logging.getLogger(__name__).info(
        "seconds from repetition to page: median %.2f, most %.2f", statistics.median(late_s), max(late_s)
    )
