"""Every route × every role × somebody else's data: nothing leaks or changes. A new route is walked too."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from gym.logs import log_of, meet, reps, send
from people import held
from web.town import ANNS, OTHER_DEVICE, PASSWORD, SECRET_NAMES, Town

from repbeat.coach import shelf
from repbeat.coach.planner import plan_session
from repbeat.coach.situation import Line, Situation
from repbeat.gym import attribution, desk, machines
from repbeat.ingest.days import day_of
from repbeat.people import accounts, consent, holdings, tokens
from repbeat.people.roles import Access, Role, UndeclaredRoute, needs, table
from repbeat.store import Database
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_tools.sample import NOW_MS, SQUAT

EMPTY = {"wall.mirror"}  # shows nothing before /wall.json has answered the token behind its address
ROLES = ("nobody", "athlete", "coach", "operator", "administrator")


@dataclasses.dataclass(frozen=True)
class Call:
    """One method of one route, with somebody else's keys in its path."""

    endpoint: str
    method: str
    path: str
    access: Access


@pytest.fixture
def athlete_id(town: Town) -> str:
    (found,) = accounts.owned(town.db, town.ann.account_id)
    return found


@pytest.fixture
def calls(town: Town, athlete_id: str) -> list[Call]:
    """Every route with Ann's keys; an argument that is not named here fails: name it."""
    db = town.db
    (given,) = consent.give(db, athlete_id, "service", "mqtt", ["live"], NOW_MS)
    token, _ = tokens.make(db, town.ann.account_id, "hers", [tokens.READ], NOW_MS)
    spare = accounts.add(db, "Spare", PASSWORD, NOW_MS)
    arguments: dict[str, Any] = {
        **ANNS,
        "session_id": "-".join(str(part) for part in ANNS.values()),
        "athlete_id": athlete_id,
        "consent_id": given.consent_id,
        "token_id": token.token_id,
        "account_id": spare.account_id,
        "webhook_id": "0" * 32,
        "gym_id": "elsewhere",
        "revision": 2,
        "proposal_id": proposed(db, athlete_id),
        "slug": "mobility",
        "day": "2026-11-25",
        "service": "calendar",
        "key": "guess",
        "text": "guess",
        "group_id": "elsewhere",
        "kind": "consistency",
        "note_id": "0" * 32,
        "challenge_id": "0" * 32,
        "act": "report",
        "code": "22222222",
        "filename": "style.css",
        "ticket": "guess",
        "job_id": "0" * 16,
        **hers_by_claim(db, athlete_id),
    }

    def walk() -> Iterator[Call]:
        with town.app.test_request_context():
            for rule in town.app.url_map.iter_rules():
                values = {name: arguments[name] for name in rule.arguments}
                if rule.endpoint == "people.place":
                    values["device_id"] = OTHER_DEVICE
                _, path = rule.build(values) or pytest.fail(rule.rule)
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield Call(rule.endpoint, method, path, table(town.app)[rule.endpoint])

    return list(walk())


def proposed(db: Database, athlete_id: str) -> str:
    """A proposal of hers; its id."""
    line = Line(exercise=SQUAT, sets=3, reps_low=8, reps_high=10, load_g=60_000)
    situation = Situation(day=day_of(NOW_MS, 0), base=(line,))
    return shelf.keep_proposal(db, athlete_id, situation, plan_session(situation), NOW_MS, 2).proposal_id


def hers_by_claim(db: Database, athlete_id: str) -> dict[str, str]:
    """A machine on which she is now, and the set that she did there."""
    machine = machines.add(db, "Leg press", NOW_MS)
    meet(db, "51")
    machines.mount(db, "51", machine.machine_id, 0)
    send(db, "51", log_of([reps(1, NOW_MS - 60_000)]).records)
    desk.claim(db, machine.machine_id, athlete_id, NOW_MS - 120_000)
    (done,) = attribution.catch_up(db)
    assert done.athlete_id == athlete_id
    return {"machine_id": machine.machine_id, "set_id": done.key.text}


def hers(db: Database, athlete_id: str) -> dict[str, Any]:
    """All rows of an athlete, to see that nothing changed."""
    of = holdings.ranges(db, athlete_id)
    return {
        one.name: held.rows(db, one, athlete_id, of)
        for one in holdings.tables(db)
        if one.name not in ("audit", "heart_keys")
    }


def ask(town: Town, call: Call, who: str, by_token: bool) -> Any:
    account = town.people.get(who)
    headers = {}
    client = town.client(None if by_token else account)
    if by_token and account is not None:
        _, text = tokens.make(town.db, account.account_id, "all", tokens.SCOPES, NOW_MS)
        headers["Authorization"] = f"Bearer {text}"
    data: dict[str, Any] = {"json": {}} if call.path.startswith("/api/") else {"data": {}}
    return client.open(call.path, method=call.method, headers=headers, **data)


@pytest.mark.parametrize("by_token", [False, True], ids=["cookie", "token"])
@pytest.mark.parametrize("who", ROLES)
def test_nobody_gets_what_is_anothers(
    town: Town, calls: list[Call], athlete_id: str, who: str, by_token: bool
) -> None:
    before = hers(town.db, athlete_id)
    leaks = []
    for call in calls:
        with ask(town, call, who, by_token) as response:
            body = response.get_data().decode(errors="replace")
            if response.status_code >= 500:
                leaks.append((call, response.status_code))
            if (response.location or "").startswith("/signin?to="):
                continue  # says again what was asked for, and no more
            if response.status_code < 400 and any(
                one in body + str(response.headers) for one in (*SECRET_NAMES, athlete_id)
            ):
                leaks.append((call, body))
            if athlete_id in call.path and response.status_code < 400 and call.endpoint not in EMPTY:
                leaks.append((call, "answered"))
    assert leaks == []
    assert hers(town.db, athlete_id) == before


@pytest.mark.parametrize("who", ROLES)
def test_a_route_is_for_its_role_alone(town: Town, calls: list[Call], who: str) -> None:
    has = {Role.ANYONE}
    if who != "nobody":
        has |= {Role.SIGNED_IN}
    if who in ("athlete", "coach"):
        has |= {Role.ATHLETE}  # the coach trains too
    if who in ("coach", "operator", "administrator"):
        has |= {Role(who)}
    for call in calls:
        if call.access.role in has:
            continue
        with ask(town, call, who, by_token=False) as response:
            if who != "nobody":
                assert response.status_code == 403, call
            elif call.method == "GET" and not call.path.startswith("/api/"):
                assert response.status_code == 302, call
                assert response.location.startswith("/signin"), call
            else:
                assert response.status_code == 401, call


def test_the_owner_does_get_hers(town: Town, calls: list[Call], athlete_id: str) -> None:
    """The walk above could see a leak: here is what it would have seen."""
    client = town.client(town.ann)
    shown = set()
    for call in calls:
        if call.method == "GET" and call.endpoint != "static":
            page = client.get(call.path).get_data().decode(errors="replace")
            if any(name in page for name in (*SECRET_NAMES, athlete_id)):
                shown.add(call.endpoint)
    assert {"coaching.proposals", "coaching.explain", "coaching.learned", "morning.check_in"} <= shown
    assert {"pages.today", "pages.sessions", "pages.session", "privacy.of_athlete"} <= shown


def test_a_coach_sees_what_was_consented_to_and_no_more(town: Town, athlete_id: str) -> None:
    coach = town.client(town.people["coach"])
    session = f"/sessions/{ANNS['device_id']}/{ANNS['log']}/2"
    assert coach.get(session).status_code == 404
    (given,) = consent.give(
        town.db, athlete_id, "account", town.people["coach"].account_id, ["sessions"], NOW_MS
    )
    page = coach.get(session).get_data(as_text=True)
    assert "Athlete A" in page
    assert "No heart rate was recorded" in page
    assert "Strain" not in page
    assert "Lower body" not in coach.get("/").get_data(as_text=True)
    consent.revoke(town.db, athlete_id, given.consent_id, NOW_MS)
    assert coach.get(session).status_code == 404


def test_a_route_without_a_role_stops_the_application(store: Database) -> None:
    app: Flask = create_app(store, access=Open("test"))

    @app.get("/forgotten")
    def forgotten() -> str:
        return ""

    with pytest.raises(UndeclaredRoute, match="/forgotten"):
        table(app)
    needs(Role.ANYONE)(forgotten)
    assert table(app)["forgotten"].role is Role.ANYONE
