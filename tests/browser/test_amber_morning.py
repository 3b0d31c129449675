"""The amber morning with people at real browsers: five taps, a proposal, a coach's yes, the band follows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.world import LIMIT_S, World
from playwright.sync_api import Browser, Page, expect

from repbeat.coach import shelf
from repbeat.people import consent, setup, tenants
from repbeat.store import Database, athletes, plans
from repbeat.web.access import Accounts
from repbeat_tools.demo.morning import AmberMorning
from repbeat_tools.demo.training import modelled

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(200)]

PASSWORD = "correct horse battery"  # noqa: S105
SPEED = 20.0


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    access = Accounts("ABCD-EFGH")
    database = tmp_path / "repbeat.sqlite3"
    found = World(database, AmberMorning, modelled()[:1], access, SPEED, by_itself=False)
    found.start()
    yield found
    found.stop()  # has ended, where the test went through


def sign_in(browser: Browser, address: str, name: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{address}/signin")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    return page


def go_to(page: Page, name: str) -> None:
    """To a page that the bar keeps behind "More"."""
    page.locator("nav.tabs summary").click()
    page.get_by_role("link", name=name).click()


def people_of(db: Database, page: Page) -> str:
    """Accounts for the athlete who wears the band, and for the coach whom she lets decide."""
    for _ in range(600):
        found = athletes.every(db)
        if found and plans.latest(db, found[0].athlete_id, plans.APPLIED) is not None:
            break
        page.wait_for_timeout(100)
    (athlete,) = athletes.every(db)
    now_ms = athlete.created_ms
    ann = setup.first_account(db, "ABCD-EFGH", "ABCD-EFGH", "Ann", PASSWORD, "::1", now_ms)
    tenants.leave(db, ann.account_id, tenants.HOME, tenants.COACH)
    coach = setup.member(db, "Carl", PASSWORD, now_ms)
    tenants.join(db, coach.account_id, tenants.HOME, tenants.COACH, now_ms)
    scopes = [consent.PLANS, consent.COACHING, consent.VALUES, consent.SESSIONS]
    consent.give(db, athlete.athlete_id, "account", coach.account_id, scopes, now_ms)
    return athlete.athlete_id


def test_from_five_taps_to_the_band(browser: Browser, world: World) -> None:
    address = world.address.get(timeout=60)
    assert address, world.failure
    with Database(world.database) as db:
        athlete_id = people_of(db, browser.new_page())
        ann = sign_in(browser, address, "Ann")
        go_to(ann, "Check-in")
        for group in ann.get_by_role("main").get_by_role("group").all():
            group.get_by_role("radio", name="3 of 5").check()
        ann.get_by_role("button", name="Send").click()
        expect(ann.get_by_text("Two signs of poor recovery agree").first).to_be_visible()
        expect(ann.get_by_text("waits for approval")).to_be_visible()

        carl = sign_in(browser, address, "Carl")
        go_to(carl, "Proposals")
        carl.get_by_role("link", name="Athlete A").click()
        expect(carl.get_by_role("heading", name="Readiness that morning: Take it easier")).to_be_visible()
        carl.get_by_label("Why, or a word").fill("sleep first")
        carl.get_by_role("button", name="Approve", exact=True).click()
        expect(carl.get_by_text("Carl, approve: sleep first")).to_be_visible()

        world.join(LIMIT_S)
        assert world.failure is None
        (kept,) = shelf.proposals(db, athlete_id)
        assert plans.get(db, athlete_id, kept.revision).status == plans.APPLIED
        assert [(act.actor, act.act) for act in shelf.acts(db, kept)] == [("Carl", "approve")]
    (there,) = world.result["plans_on_devices"]
    assert (there["revision"], there["light"], there["sets"]) == (kept.revision, True, [2])
    assert {"athlete": "Athlete A", "revision": kept.revision, "applied": True} in [
        {key: row[key] for key in ("athlete", "revision", "applied")} for row in world.result["plan_applied"]
    ]
    assert world.result["log_identical"]
