"""The wall of a class on a screen where nobody signs in: tiles by token, cues written and spoken."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from repbeat.hub import State
from repbeat.people import accounts, tokens
from repbeat.store import Database, athletes
from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat_protocol import live as wire
from repbeat_tools.faces import club, company
from repbeat_tools.faces.stage import live_states

pytestmark = pytest.mark.timeout(300)

# The browser's voice, as the page calls it.
LISTEN = """window.said = [];
Object.defineProperty(window, "speechSynthesis",
  { value: { speak: (one) => window.said.push([one.lang, one.text]), cancel: () => {} } });"""
FIRST = club.PEOPLE[0].device_id


class Room:
    """A class in training whose states a test changes, and its screen."""

    def __init__(self, db: Database, page: Page) -> None:
        self.states: dict[str, State] = dict(live_states(7))
        self.app = create_app(db, lambda: self.states, lambda: club.NOW_MS / 1000, access=Accounts(None))
        self.page = page
        self.db = db

    def token(self, *scopes: str) -> str:
        """One of the coach, whom the class lets look."""
        coach = accounts.named(self.db, "Coach")
        return tokens.make(self.db, coach.account_id, "wall", list(scopes), club.NOW_MS)[1]

    def now(self, **values: int) -> None:
        """What the first band does from now on."""
        state = self.states[FIRST]
        self.states[FIRST] = msgspec.structs.replace(state, values={**(state.values or {}), **values})


@pytest.fixture
def room(browser: Browser, club_db: Database) -> Iterator[Room]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    context.add_init_script(LISTEN)
    company.fill(club_db)
    yield Room(club_db, context.new_page())
    context.close()


def test_a_screen_with_the_token_shows_the_class_and_speaks(
    room: Room, served: Callable[[Flask], str]
) -> None:
    page = room.page
    page.goto(f"{served(room.app)}/wall#{room.token(tokens.LIVE, tokens.HEART)}")
    fox, owl = (page.locator(".tile").filter(has_text=name) for name in company.NICKNAMES)
    expect(fox.locator("[data-of=reps]")).to_have_text("7")
    expect(fox.locator("[data-of=zone]")).to_have_text("3")
    expect(fox.locator("use")).to_have_attribute("href", "#zone-3")  # a shape beside the colour
    expect(owl.locator("[data-of=reps]")).to_have_text("1:14")  # the rest that is left
    assert not any(person.name in page.content() for person in club.PEOPLE)

    room.now(reps=8)
    expect(fox.locator("[data-of=reps]")).to_have_text("8")
    page.get_by_role("button", name="Speak cues").click()
    room.now(reps=9)
    expect(page.get_by_role("log")).to_have_text("Fox: One more.")
    room.now(reps=10, phase=wire.REST, rest_left_s=90)
    expect(page.get_by_role("log")).to_have_text("Fox: Set done. Rest.")
    assert page.evaluate("window.said") == [["en", "Fox: One more."], ["en", "Fox: Set done. Rest."]]
    page.get_by_role("button", name="Speak cues").click()
    room.now(phase=wire.IN_SET, reps=0, rest_left_s=0)
    expect(page.get_by_role("log")).to_have_text("Fox: Rest is over.")
    assert len(page.evaluate("window.said")) == 2  # written still, spoken no more
    del room.states[FIRST]
    expect(fox).to_have_count(0)


def test_a_mirror_shows_its_athlete_alone(room: Room, served: Callable[[Flask], str]) -> None:
    # Row 36.
    page = room.page
    first = athletes.named(room.db, club.PEOPLE[0].name)
    mirror = f"{served(room.app)}/live/{first.athlete_id}"
    page.goto(f"{mirror}#{room.token(tokens.LIVE, tokens.HEART)}")
    tile = page.locator(".tile")
    expect(tile).to_have_count(1)
    expect(tile.get_by_role("heading")).to_have_text("Fox")
    expect(tile.locator("[data-of=reps]")).to_have_text("7")
    expect(tile.locator("[data-of=bpm]")).to_have_text("141 bpm")
    expect(tile.locator("[data-of=zone]")).to_have_text("3")
    room.now(reps=8)
    expect(tile.locator("[data-of=reps]")).to_have_text("8")
    page.goto("about:blank")
    page.goto(f"{mirror}#repbeat_guess")
    expect(page.get_by_role("log")).to_contain_text("No valid token")
    expect(tile).to_have_count(0)


def test_a_token_that_may_not_see_the_heart_shows_repetitions_alone(
    room: Room, served: Callable[[Flask], str]
) -> None:
    page = room.page
    page.goto(f"{served(room.app)}/wall#{room.token(tokens.LIVE)}")
    fox = page.locator(".tile").filter(has_text="Fox")
    expect(fox.locator("[data-of=reps]")).to_have_text("7")
    expect(fox.locator("[data-of=zone-mark]")).to_be_hidden()


def test_without_the_token_nobody_is_shown(room: Room, served: Callable[[Flask], str]) -> None:
    page = room.page
    with page.expect_response("**/wall.json") as answer:
        page.goto(f"{served(room.app)}/wall#repbeat_guess")
    assert answer.value.status == 401
    expect(page.get_by_text("Nobody is training now.")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text("No valid token")
