"""Every page of the application, served to whom it is for: what screenshots, report and axe look at.

The list is read from the application's own routes, so that a new page is among it at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

import msgspec
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from repbeat.community import invites
from repbeat.community.shared import sessions as shared
from repbeat.gym import machines
from repbeat.hub import State
from repbeat.interop import jobs
from repbeat.people import accounts, signin, tenants
from repbeat.people.roles import Role, table
from repbeat.store import Database, athletes, sessions
from repbeat.web.access import Access, Accounts, Open
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat.web.context import LiveSource
from repbeat.web.guard import SIGN_IN
from repbeat.web.limits import Limits
from repbeat.web.pages import PAGE_SIZE
from repbeat_protocol import exercises
from repbeat_protocol import live as live_wire
from repbeat_tools.bench.ingest import fill, logs
from repbeat_tools.bench.pages import SHORT
from repbeat_tools.faces import club, company

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
UNHURRIED = Limits(burst=1 << 20)
MANY = 10_000  # sessions of somebody who has trained for a life
_WHO = {
    Role.ANYONE: "",
    Role.SIGNED_IN: club.PEOPLE[0].name,
    Role.ATHLETE: club.PEOPLE[0].name,
    Role.COACH: "Coach",
    Role.OPERATOR: "Operator",
    Role.ADMINISTRATOR: "Administrator",
}
NO_PAGES = {
    "static",
    "services.feed",  # behind a key of its own
    "services.authorised",  # Strava sends the browser there
    "account.set_up",  # of a companion without accounts: a look of its own
}
VIEWERS = {
    "morning.choose": company.GUARDIAN,  # who answers for several athletes
    "privacy.choose": company.GUARDIAN,
    "wall.screen": "Coach",  # whom the class lets look
    "wall.mirror": "Coach",
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
            root = urljoin(look.url, "/")  # a cookie of one page would be sent to its folder alone
            context.add_cookies([{"name": "repbeat", "value": self.cookies[look.who], "url": root}])
        return context

    def walk(
        self, browser: Browser, wanted: tuple[str, ...] = ("",), **more: Any
    ) -> Iterator[tuple[Look, Page]]:
        """Every look whose page begins as `wanted`, in turn, in one browser a person, which stands at it."""
        pages: dict[str, Page] = {}
        for look in self.looks:
            if not look.page.startswith(wanted or ("",)):
                continue
            if look.who not in pages:
                pages[look.who] = self.context(browser, look, **more).new_page()
            pages[look.who].goto(look.url)
            yield look, pages[look.who]
        for page in pages.values():
            page.context.close()


@contextmanager
def staged(folder: Path, many: int = 0) -> Iterator[Stage]:
    """The club's companion, an empty one, a new one, and one with `many` sessions, served from `folder`."""
    with ExitStack() as stack:

        def store(name: str) -> Database:
            return stack.enter_context(Database(folder / f"{name}.sqlite3"))

        def serve(db: Database, access: Access, live: LiveSource = dict) -> tuple[Flask, str]:
            app = create_app(db, live, lambda: club.NOW_MS / 1000, access=access, limits=UNHURRIED)
            return app, stack.enter_context(served(app))

        db, blank_db = store("club"), store("blank")
        club.fill(db)
        company.fill(db)
        app, address = serve(db, Accounts(None), lambda: live_states(7))
        blank, empty_address = serve(blank_db, Open("pictures"))
        _, new_address = serve(store("new"), Accounts("CODE"))
        cookies = {name: _cookie(app, db, name) for name in {*_WHO.values(), company.GUARDIAN} if name}
        looks = [Look(name, address + path, who) for name, path, who in pages(app, cookies, arguments(db))]
        looks += [
            Look(f"{name}-coach", address + path, "Coach")
            for name, path in (
                ("coaching.proposals", "/proposals"),
                ("coaching.explain", f"/explain/{_newest(db, club.PEOPLE[1].name)}"),
            )
        ]
        ward = athletes.named(db, company.WARD)
        looks += [Look("rehab.show-knee", f"{address}/rehab/{ward.athlete_id}", company.GUARDIAN)]
        looks += [Look("error", address + "/nowhere", club.PEOPLE[0].name)]
        looks += [Look("account.set_up", new_address + "/setup", "")]
        looks += [Look(f"{name}-empty", empty_address + path, "") for name, path, _ in pages(blank, {})]
        if many:
            full_db = store("full")
            full_db.run("PRAGMA synchronous = OFF")  # of a store that lives for a minute
            fill(full_db, logs(many, SHORT), f"{many} sessions", lambda *_: None)
            full, full_address = serve(full_db, Open("pictures"))
            seen = [(name, path) for name, path, _ in pages(full, {})]
            seen += [("sessions-last", f"/sessions?page={many // PAGE_SIZE}")]
            looks += [Look(f"{name}-{many}", full_address + path, "") for name, path in seen]
        yield Stage(looks, cookies, app)


def pages(
    app: Flask, cookies: dict[str, str], known: dict[str, Any] | None = None
) -> list[tuple[str, str, str]]:
    """(name, path, who) of every route that answers a GET with a page.

    With `known` arguments of paths all are wanted: LookupError for a route that cannot be looked at. Name
    its argument in `arguments`, or say in `NO_PAGES` why it is none. Without, those without arguments.
    """
    out = []
    roles = table(app)
    for rule in app.url_map.iter_rules():
        name = rule.endpoint.removeprefix("pages.")
        if "GET" not in (rule.methods or ()) or name in NO_PAGES or rule.rule.startswith("/api/"):
            continue
        unknown = rule.arguments - (known or {}).keys()
        if unknown and known:
            raise LookupError(f"{rule.rule}: name {', '.join(unknown)} in arguments()")
        if unknown:
            continue
        with app.test_request_context():
            built = rule.build({argument: known[argument] for argument in rule.arguments} if known else {})
        path = built[1] if built else rule.rule
        who = VIEWERS.get(name, _WHO[roles[rule.endpoint].role])
        kind = _answer(app, path, cookies.get(who, ""))
        if kind is None and known:
            raise LookupError(f"{path} shows {who or 'nobody'} nothing")
        if kind == "text/html":
            out.append((name, path, who))
    return sorted(out)


def arguments(db: Database) -> dict[str, Any]:
    """What stands in the pages' paths of the club, by the routes' names."""
    athlete = athletes.named(db, club.PEOPLE[0].name)
    last = sessions.latest(db, athlete.athlete_id, 1)[0]
    (group,) = tenants.groups(db, club.GYM)
    return {
        "athlete_id": athlete.athlete_id,
        "device_id": last.device_id,
        "log": f"{last.log_id:08x}",
        "session_seq": last.session_seq,
        "proposal_id": _newest(db, club.PEOPLE[0].name),
        "machine_id": next(iter(machines.every(db))).machine_id,
        "gym_id": club.GYM,
        "group_id": group.group_id,
        "text": invites.invite(db, club.GYM, group.group_id, club.NOW_MS),
        "code": shared.every(db)[0].code,
        "job_id": jobs.of_athlete(db, athlete.athlete_id, club.NOW_MS)[0].job_id,
        "slug": "five-by-five",
    }


def _newest(db: Database, name: str) -> str:
    """The newest proposal for an athlete."""
    return str(
        db.value(
            """SELECT proposal_id FROM proposals WHERE athlete_id = :athlete_id
                 ORDER BY created_ms DESC LIMIT 1""",
            athlete_id=athletes.named(db, name).athlete_id,
        )
    )


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


def _answer(app: Flask, path: str, cookie: str) -> str | None:
    """The media type of what one gets there; None where there is nothing."""
    client = app.test_client()
    if cookie:
        client.set_cookie("repbeat", cookie)
    answer = client.get(path)
    found = answer.mimetype if answer.status_code == 200 else None
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
