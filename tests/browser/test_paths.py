"""Each person's main path in a real browser: a tap, a repetition, a proposal, an export, and no network."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from web.town import PASSWORD, Town

from repbeat.gym import machines
from repbeat.hub import State
from repbeat.store import Database, athletes, plans
from repbeat.web.access import Accounts, Open
from repbeat.web.app import create_app
from repbeat.web.background import served as serving
from repbeat_protocol import live as wire
from repbeat_tools.faces import axe, club, company

Serve = Callable[[Flask], str]
TIRED = club.PEOPLE[1].name  # whose plan waits to be decided
HEARD = """(form) => {
  const says = form.querySelector("[role=status]");
  window.heard = [];
  new MutationObserver(() => window.heard.push(says.textContent)).observe(says, { childList: true });
}"""  # what a screen reader is told
CONTROLLED = """new Promise((done) => {
  const worker = navigator.serviceWorker;
  worker.controller ? done() : worker.addEventListener("controllerchange", () => done());
})"""
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def training(club_db: Database) -> Iterator[tuple[Database, str]]:
    """The club's store and its address, with people who sign in."""
    app = create_app(club_db, unix_s=lambda: club.NOW_MS / 1000, access=Accounts(None))
    with serving(app) as address:
        yield club_db, address


def sign_in(browser: Browser, address: str, name: str, password: str = club.PASSWORD) -> Page:
    page = browser.new_page()
    page.goto(address + "/signin")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today", timeout=30_000)
    return page


def newest(db: Database) -> plans.Plan:
    plan = plans.latest(db, athletes.named(db, TIRED).athlete_id)
    assert plan is not None
    return plan


def test_a_tap_accepts_the_plan_that_waits(browser: Browser, training: tuple[Database, str]) -> None:
    db, address = training
    assert newest(db).status == plans.PROPOSED
    page = sign_in(browser, address, TIRED)
    expect(page.locator(".state")).to_contain_text("Recover first")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("ready for the device")).to_be_visible(timeout=30_000)
    assert newest(db).status == plans.PENDING
    page.close()


def test_the_keyboard_alone_accepts_a_plan(browser: Browser, training: tuple[Database, str]) -> None:
    db, address = training
    page = browser.new_page(reduced_motion="reduce")
    page.goto(address + "/signin")
    reach(page, "Name")
    page.keyboard.type(TIRED)
    reach(page, "Password")
    page.keyboard.type(club.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today", timeout=30_000)
    reach(page, "Accept")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ready for the device")).to_be_visible(timeout=30_000)
    assert newest(db).status == plans.PENDING
    page.close()


def reach(page: Page, name: str) -> None:
    """Tab until what has this name has the focus, which is then seen."""
    wanted = "e => (e.labels?.[0] ?? e).textContent.trim()"
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.evaluate(wanted) == name:
            assert focused.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
            return
    pytest.fail(f"no Tab leads to {name}")


def test_an_operator_names_a_machine(browser: Browser, training: tuple[Database, str]) -> None:
    db, address = training
    company.fill(db)
    page = sign_in(browser, address, "Operator")
    page.locator("nav.tabs summary").click()
    page.get_by_role("link", name="Gym").click()
    card = page.get_by_role("region", name="Leg press 1")
    card.get_by_text("Change").click()
    card.get_by_label("Name").fill("Leg press by the window")
    card.get_by_role("button", name="Keep the name").click()
    expect(page.get_by_role("heading", name="Leg press by the window")).to_be_visible(timeout=30_000)
    assert "Leg press by the window" in [one.name for one in machines.every(db)]
    page.close()


def test_a_coach_approves_with_the_evidence_in_view(browser: Browser, training: tuple[Database, str]) -> None:
    db, address = training
    page = sign_in(browser, address, "Coach")
    page.goto(address + "/roster")
    expect(page.get_by_role("heading", level=2).first).to_have_text(TIRED)  # who needs most comes first
    page.goto(address + "/proposals")
    page.get_by_role("link", name=TIRED).first.click()
    expect(page.get_by_role("heading", name="Readiness that morning")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Approve", exact=True).click()
    page.wait_for_load_state()
    assert newest(db).status == plans.PENDING
    page.close()


def test_a_tap_takes_the_lighter_session(browser: Browser, training: tuple[Database, str]) -> None:
    db, address = training
    before = newest(db).revision
    page = sign_in(browser, address, TIRED)
    page.get_by_role("button", name="Go lighter").click()
    expect(page.get_by_text("ready for the device")).to_be_visible(timeout=30_000)
    after = newest(db)
    assert (after.revision, after.origin) == (before + 1, plans.PERSON)
    page.close()


def test_the_count_moves_within_a_second_of_the_repetition(
    browser: Browser, served: Serve, trained: Database
) -> None:
    """A second of the page's own clock: how busy this machine is has no part in it."""
    states: dict[str, State] = {}

    def rep(number: int) -> None:
        values = dict.fromkeys(wire.FIELDS, 0) | {"phase": wire.IN_SET, "reps": number, "reps_high": 10}
        states["00000000000000a1"] = State(address="", link="connected", values=values)

    page = browser.new_page()
    page.clock.install()
    rep(0)
    page.goto(served(create_app(trained, lambda: states, access=Open("test"))) + "/live")
    count, rhythm = page.locator("[data-of=reps]"), page.locator("[data-of=rhythm]")
    expect(count).to_have_text("0")
    expect(rhythm).to_have_text("Finding your rhythm: the first repetitions appear together.")
    for number in (3, 4, 5, 6):
        rep(number)
        page.clock.run_for(1000)
        expect(count).to_have_text(str(number), timeout=30_000)
        expect(rhythm).to_have_text("Found your rhythm: 3 so far." if number == 3 else "")
    page.close()


def test_what_is_mine_goes_with_me_and_then_is_gone(browser: Browser, served: Serve, town: Town) -> None:
    town.app.config["WTF_CSRF_ENABLED"] = True
    page = sign_in(browser, served(town.app), "Ann", PASSWORD)
    page.goto(page.url + "privacy")
    export = page.locator("form", has=page.get_by_role("button", name="Export"))
    export.evaluate(HEARD)
    with page.expect_download(timeout=60_000) as download:
        export.get_by_role("button").click()
    assert download.value.suggested_filename.endswith(".zip")
    expect(export.get_by_role("status")).to_have_text(
        "The download has begun: of many years it takes minutes."
    )
    expect(export.get_by_role("button")).not_to_have_attribute("aria-busy", "true")
    heard = page.evaluate("window.heard")
    assert heard[0] == "Everything is being gathered."
    page.get_by_label("Type the athlete’s name").fill("Athlete A")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Erase Athlete A").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Erased", timeout=60_000)
    assert axe.violations(page) == []
    assert "Athlete A" not in [one.name for one in athletes.every(town.db)]
    page.close()


def test_without_a_network_the_last_state_is_shown(
    browser: Browser, served: Serve, trained: Database
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served(create_app(trained, access=Open("test"))))
    page.evaluate(CONTROLLED)
    page.reload()  # this one goes through the worker, which keeps it
    context.set_offline(True)
    page.reload()
    notice = page.get_by_text("Offline: this is the last state that was here.")
    expect(notice).to_be_visible()
    expect(notice).to_have_text(re.compile(r"here\. .*20\d\d"))  # and of when it is
    expect(page.get_by_role("heading", name="Athlete A")).to_be_visible()
    page.goto(page.url + "trends")
    expect(page.get_by_role("heading", level=1)).to_have_text("Offline")
    context.close()
