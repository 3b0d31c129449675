"""Training together in a real browser: a session joined by code, a board, a service disconnected."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from web.town import PASSWORD, Town

from repbeat.community.shared import sessions
from repbeat.people import accounts, tenants
from repbeat.services import connections
from repbeat_tools.faces import axe
from repbeat_tools.sample import NOW_MS

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(120)]


@pytest.fixture
def address(town: Town, served: Callable[[Flask], str]) -> str:
    town.app.config["WTF_CSRF_ENABLED"] = True
    return served(town.app)


@pytest.fixture
def signed_in(browser: Browser, address: str) -> Iterator[Callable[[str], Page]]:
    """A page of a person's own browser, signed in; no script error may have happened at the end."""
    contexts, errors = [], []

    def page_of(name: str) -> Page:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/signin")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return page

    yield page_of
    for context in contexts:
        context.close()
    assert errors == []


def test_two_people_meet_by_a_code(town: Town, address: str, signed_in: Callable[[str], Page]) -> None:
    ann = signed_in("Ann")
    ann.goto(f"{address}/shared")
    begin = ann.locator("form", has=ann.get_by_role("button", name="Begin", exact=True))
    begin.get_by_label("Name of the session").fill("Evening")
    begin.get_by_label("Nickname").fill("Fox")
    begin.get_by_role("button").click()
    (session,) = sessions.every(town.db)
    expect(ann.get_by_text(session.code)).to_be_visible()

    other = signed_in("Athlete")
    other.goto(f"{address}/shared")
    join = other.locator("form", has=other.get_by_label("Code", exact=True))
    join.get_by_label("Code", exact=True).fill(session.code.lower())
    join.get_by_label("Nickname").fill("Owl")
    join.get_by_role("button", name="Join").click()
    expect(other.get_by_role("rowheader", name="Fox")).to_be_visible()
    expect(ann.get_by_role("rowheader", name="Owl")).to_be_visible()  # came without a reload by hand

    ann.get_by_role("button", name="Start together").click()
    expect(other.get_by_role("timer")).to_contain_text("Starts in")
    wall = ann.context.new_page()
    wall.goto(f"{address}/wall")
    expect(wall.get_by_role("timer")).to_contain_text("Evening: ")  # Starts in …, then Go!
    other.get_by_role("button", name="Leave").click()
    expect(ann.get_by_role("rowheader", name="Owl")).to_have_count(0)


def test_two_pages_pace_the_same_breaths(town: Town, address: str, signed_in: Callable[[str], Page]) -> None:
    ann = signed_in("Ann")
    ann.goto(f"{address}/shared")
    begin = ann.locator("form", has=ann.get_by_role("button", name="Begin", exact=True))
    begin.get_by_label("Name of the session").fill("Calm")
    begin.get_by_role("radio", name="Paced breathing").check()
    begin.get_by_label("Nickname").fill("Fox")
    begin.get_by_role("button").click()
    (session,) = sessions.every(town.db)
    other = signed_in("Athlete")
    other.goto(f"{address}/shared")
    join = other.locator("form", has=other.get_by_label("Code", exact=True))
    join.get_by_label("Code", exact=True).fill(session.code)
    join.get_by_label("Nickname").fill("Owl")
    join.get_by_role("button", name="Join").click()

    sessions.begin(town.db, session.code, NOW_MS - 5_000)  # the listening minute
    for page in (ann, other):
        expect(page.get_by_text("Sit still and breathe as you like")).to_be_visible()
    parts = """async () => {
        const { Breath } = await import("/static/breath.js");
        const breath = Breath.onPage();
        return [-1, 0, 59.9, 60, 63.9, 64, 69.9, 70, 239.9, 240, 299.9, 300].map((since) => {
            breath.show(since);
            return document.getElementById("breath-words").textContent;
        });
    }"""
    still, inward, outward = "Sit still and breathe as you like", "Breathe in", "Breathe out"
    for page in (ann, other):
        assert page.evaluate(parts) == [
            "", still, still, inward, inward, outward, outward, inward, outward, still, still,
            "Done. Well breathed.",
        ]  # fmt: skip


def test_a_board_is_opted_into_and_left_and_the_group_too(
    town: Town, address: str, signed_in: Callable[[str], Page]
) -> None:
    ann = signed_in("Ann")
    ann.goto(f"{address}/together")
    ann.get_by_label("Name of a new group").fill("Early birds")
    ann.get_by_label("My nickname in it").fill("Fox")
    ann.get_by_role("button", name="Begin a group").click()
    ann.get_by_role("button", name="Rank me here").first.click()
    expect(ann.get_by_role("button", name="Leave this board")).to_have_count(1)
    assert town.db.value("SELECT COUNT(*) FROM board_entries") == 1
    ann.get_by_role("button", name="Leave this board").click()
    expect(ann.get_by_role("button", name="Leave this board")).to_have_count(0)
    assert town.db.value("SELECT COUNT(*) FROM board_entries") == 0

    ann.get_by_role("button", name="Invite by a link").click()
    assert axe.violations(ann) == []
    link = ann.locator("code.secret").inner_text()
    other = signed_in("Athlete")
    other.goto(link)
    other.get_by_label("My nickname in it").fill("Owl")
    other.get_by_role("button", name="Join").click()
    expect(other.get_by_text("Owl (you)")).to_be_visible()
    other.get_by_role("button", name="Leave the group").click()
    expect(other.get_by_text("Early birds")).to_have_count(0)
    groups = [one for one in tenants.of_account(town.db, town.people["athlete"].account_id) if one.group_id]
    assert groups == []


def test_a_team_is_joined_and_left(town: Town, address: str, signed_in: Callable[[str], Page]) -> None:
    ann = signed_in("Ann")
    ann.goto(f"{address}/together")
    ann.get_by_label("Name of a new group").fill("Early birds")
    ann.get_by_label("My nickname in it").fill("Fox")
    ann.get_by_role("button", name="Begin a group").click()
    ann.get_by_text("Begin a challenge").click()
    ann.get_by_label("Name of the challenge").fill("Winter")
    ann.get_by_label("First team").fill("Wheels")
    ann.get_by_label("Second team").fill("Feet")
    ann.get_by_role("button", name="Begin", exact=True).click()
    expect(ann.get_by_text("Only what a device counted counts.")).to_be_visible()
    ann.get_by_role("button", name="Join Wheels").click()
    mine = ann.get_by_role("row", name="Wheels")
    expect(mine).to_have_attribute("aria-current", "true")
    expect(mine).to_contain_text("too few")  # a team of one has no figure
    ann.get_by_role("button", name="Leave the team").click()
    expect(ann.get_by_role("button", name="Join Wheels")).to_be_visible()
    assert town.db.value("SELECT COUNT(*) FROM challenge_members") == 0
    ann.get_by_role("button", name="Take the challenge away").click()
    expect(ann.get_by_role("heading", name="Winter")).to_have_count(0)


def test_a_service_is_connected_and_disconnected(
    town: Town, address: str, signed_in: Callable[[str], Page]
) -> None:
    (own,) = accounts.owned(town.db, town.ann.account_id)
    ann = signed_in("Ann")
    ann.goto(f"{address}/services/{own}")
    feed = ann.locator("section", has=ann.get_by_role("heading", name="Calendar feed"))
    feed.get_by_role("button", name="Connect").click()
    url = feed.locator("code.secret").inner_text()
    assert ann.request.get(url).text().startswith("BEGIN:VCALENDAR")
    feed.get_by_role("button", name="Disconnect").click()
    expect(feed.get_by_role("button", name="Connect")).to_be_visible()
    assert ann.request.get(url).status == 404
    assert connections.of_athlete(town.db, own) == {}


def test_strava_is_asked_for_on_its_own_pages(
    town: Town, address: str, signed_in: Callable[[str], Page]
) -> None:
    (own,) = accounts.owned(town.db, town.ann.account_id)
    ann = signed_in("Ann")
    ann.goto(f"{address}/services/{own}")
    strava = ann.locator("section", has=ann.get_by_role("heading", name="Strava"))
    strava.get_by_text("Set up").click()
    strava.get_by_label("Client id").fill("12345")
    strava.get_by_label("Client secret").fill("a-secret")
    strava.get_by_role("button", name="Connect").click()
    expect(ann.get_by_role("heading", level=1)).to_have_text("Strava")
    assert axe.violations(ann) == []
    link = ann.get_by_role("link", name="Go to Strava").get_attribute("href") or ""
    assert link.startswith("https://www.strava.com/oauth/authorize?")
    assert "client_id=12345" in link
    assert "secret" not in link
    assert ann.evaluate("document.documentElement.scrollWidth") <= 390
    ann.get_by_role("link", name="Not now").click()
    expect(ann.get_by_role("heading", level=1)).to_have_text("Athlete A: what goes where")
    assert connections.of_athlete(town.db, own) == {}
