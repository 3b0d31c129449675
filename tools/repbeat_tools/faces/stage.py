"""Every page of the application, served to whom it is for: what screenshots, report and axe look at.

The list is read from the application's own routes, so that a new page is among it at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from repbeat.hub import State
from repbeat.people import accounts, signin
from repbeat.people.roles import Role, table
from repbeat.store import Database, athletes, sessions
from repbeat.web.access import Accounts, Open
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat.web.guard import SIGN_IN
from repbeat.web.limits import Limits
from repbeat_protocol import exercises
from repbeat_protocol import live as live_wire
from repbeat_tools.faces import club

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
UNHURRIED = Limits(burst=1 << 20)
_WHO = {
    Role.ANYONE: "",
    Role.SIGNED_IN: club.PEOPLE[0].name,
    Role.ATHLETE: club.PEOPLE[0].name,
    Role.COACH: "Coach",
    Role.OPERATOR: "Operator",
    Role.ADMINISTRATOR: "Administrator",
}
Scheme = Literal["light", "dark"]


class Look(msgspec.Struct, frozen=True):
    """A page as somebody sees it; `who` '' is nobody signed in."""

    page: str
    url: str
    who: str


class Stage(msgspec.Struct, frozen=True):
    """The served application and all that there is to see of it."""

    looks: list[Look]
    cookies: dict[str, str]
    app: Flask

    def context(self, browser: Browser, look: Look, **more: Any) -> BrowserContext:
        """A fresh browser in which `look.who` is signed in."""
        context = browser.new_context(**more)
        if look.who:
            context.add_cookies([{"name": "repbeat", "value": self.cookies[look.who], "url": look.url}])
        return context

    def walk(self, browser: Browser, **more: Any) -> Iterator[tuple[Look, Page]]:
        """Every look in turn, in one browser a person: their page stands at the look when it is given."""
        pages: dict[str, Page] = {}
        for look in self.looks:
            if look.who not in pages:
                pages[look.who] = self.context(browser, look, **more).new_page()
            pages[look.who].goto(look.url)
            yield look, pages[look.who]
        for page in pages.values():
            page.context.close()


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """The club's companion and an empty one, served from stores in `folder` as long as the block lasts."""
    with ExitStack() as stack:
        db = stack.enter_context(Database(folder / "club.sqlite3"))
        club.fill(db)
        app = create_app(
            db, lambda: live_states(7), lambda: club.NOW_MS / 1000, access=Accounts(None), limits=UNHURRIED
        )
        blank_db = stack.enter_context(Database(folder / "blank.sqlite3"))
        blank = create_app(
            blank_db, unix_s=lambda: club.NOW_MS / 1000, access=Open("pictures"), limits=UNHURRIED
        )
        address = stack.enter_context(served(app))
        empty_address = stack.enter_context(served(blank))
        cookies = {name: _cookie(app, db, name) for name in {*_WHO.values()} if name}
        looks = [Look(name, address + path, who) for name, path, who in pages(app, db)]
        looks += [Look("error", address + "/nowhere", club.PEOPLE[0].name)]
        looks += [
            Look(f"{name}-empty", empty_address + path, "") for name, path, _who in pages(blank, blank_db)
        ]
        yield Stage(looks, cookies, app)


def pages(app: Flask, db: Database) -> list[tuple[str, str, str]]:
    """(name, path, who) of every route that answers a GET with a page and whose arguments are known."""
    out = []
    known = arguments(db)
    roles = table(app)
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/static/", "/api/")):
            continue
        if rule.arguments - known.keys():
            continue
        with app.test_request_context():
            built = rule.build({name: known[name] for name in rule.arguments})
        if built is None:
            continue
        who = _WHO[roles[rule.endpoint].role]
        if _is_page(app, db, built[1], who):
            out.append((rule.endpoint.removeprefix("pages."), built[1], who))
    return sorted(out)


def arguments(db: Database) -> dict[str, Any]:
    """What stands in the pages' paths, by the routes' names."""
    people = athletes.every(db)
    if not people:
        return {}
    athlete = athletes.named(db, club.PEOPLE[0].name)
    last = sessions.latest(db, athlete.athlete_id, 1)[0]
    proposal = db.value(
        "SELECT proposal_id FROM proposals WHERE athlete_id = :athlete_id ORDER BY created_ms DESC LIMIT 1",
        athlete_id=athlete.athlete_id,
    )
    return {
        "athlete_id": athlete.athlete_id,
        "device_id": last.device_id,
        "log": f"{last.log_id:08x}",
        "session_seq": last.session_seq,
        "proposal_id": proposal,
        "machine_id": club.MACHINES[0][0],
        "gym_id": club.GYM,
        "slug": "five-by-five",
    }


def live_states(reps: int) -> dict[str, State]:
    """Both bands in reach: one in a set, one at rest."""
    common = dict.fromkeys(live_wire.FIELDS, 0) | {
        "version": live_wire.VERSION,
        "reps_low": 8,
        "reps_high": 10,
    }
    in_set = common | {
        "phase": live_wire.IN_SET,
        "set_index": 1,
        "reps": reps,
        "exercise": exercises.code("squat"),
        "mean_velocity_mm_s": 460,
        "bpm": 141,
        "zone": 3,
        "strain_x10": 63,
    }
    rest = common | {
        "phase": live_wire.REST,
        "set_index": 0,
        "reps": 10,
        "exercise": exercises.code("deadlift"),
        "rest_left_s": 74,
        "bpm": 118,
        "zone": 1,
        "strain_x10": 28,
    }
    return {
        person.device_id: State(address="", device_id=person.device_id, link="connected", values=values)
        for person, values in zip(club.PEOPLE, (in_set, rest), strict=True)
    }


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium under playwright; RuntimeError where it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("needs Chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _is_page(app: Flask, db: Database, path: str, who: str) -> bool:
    client = app.test_client()
    if who and isinstance(app.extensions["repbeat"].access, Accounts):
        client.set_cookie("repbeat", _cookie(app, db, who))
    answer = client.get(path)
    found = answer.status_code == 200 and answer.mimetype == "text/html"
    answer.close()
    return found


def _cookie(app: Flask, db: Database, name: str) -> str:
    client = app.test_client()
    account = accounts.named(db, name)
    secret = signin.begin(db, account.account_id, "Chromium", club.NOW_MS)
    with client.session_transaction() as session:
        session[SIGN_IN] = secret
    cookie = client.get_cookie("repbeat")
    if cookie is None:
        raise RuntimeError("the application set no cookie")
    return str(cookie.value)
