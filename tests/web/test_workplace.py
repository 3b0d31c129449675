"""An employer with every role asks a thousand times while people join and leave: nobody is learned."""

from __future__ import annotations

import base64
import csv
import io
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean

import pytest
from flask import Flask
from flask.testing import FlaskClient

from repbeat.coach import recovery
from repbeat.community import figures, history, invites, standings
from repbeat.community.amounts import day_ms
from repbeat.community.boards import CONSISTENCY
from repbeat.community.streaks import week_of
from repbeat.derive.readiness import CheckIn
from repbeat.people import accounts, consent, setup, signin, tenants
from repbeat.people.accounts import Account
from repbeat.store import Database
from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat.web.limits import Limits
from repbeat_tools.sample import NOW_MS

PASSWORD = "correct horse battery"  # noqa: S105
HOUR_MS = 3_600_000
MONDAY = week_of(history.utc_day(NOW_MS)) + timedelta(weeks=1)
PEOPLE, GROUPS, WEEKS, QUERIES = 14, 6, 9, 1000
CHECK_INS = "check_ins"

# What an employer might find one person's days in; {} is the person.
OF_ONE = (
    "/roster/{}",
    "/health/{}",
    "/learned/{}",
    "/check-in/{}",
    "/privacy/{}",
    "/services/{}",
    "/api/v1/athletes/{}",
    "/api/v1/athletes/{}/days",
    "/api/v1/athletes/{}/readiness",
    "/api/v1/athletes/{}/plans",
    "/api/v1/athletes/{}/consents",
)
OF_ALL = ("/", "/roster", "/sessions", "/trends", "/live.json", "/wall.json", "/gym", "/proposals", "/people")
OF_ALL += ("/together", "/api/v1/athletes", "/api/v1/sessions", "/api/v1/devices")


@dataclass
class Person:
    """An employee: an account, an athlete, and how many mornings of each week were answered."""

    account: Account
    athlete_id: str
    mornings: dict[date, int] = field(default_factory=dict)


@dataclass
class Company:
    """An employer, departments that overlap, and people whose days are theirs."""

    db: Database
    app: Flask
    employer: Account
    people: list[Person]
    groups: list[str]
    now_ms: int = NOW_MS

    def client(self, account: Account) -> FlaskClient:
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["sign_in"] = signin.begin(self.db, account.account_id, "test", self.now_ms)
        return client

    def join(self, person: Person, group_id: str) -> None:
        """By invitation, counted, and with every consent that an employer can press for."""
        text = invites.invite(self.db, tenants.HOME, group_id, self.now_ms)
        client = self.client(person.account)
        assert client.post(f"/join/{text}", data={"nickname": person.account.name}).status_code == 302
        self.count(person, group_id, on=True)
        given = {"to": f"group:{tenants.HOME}/{group_id}", "scope": list(consent.KINDS)}
        client.post(f"/privacy/{person.athlete_id}/consents", data=given)

    def count(self, person: Person, group_id: str, *, on: bool) -> None:
        data = {"on": int(on)}
        answer = self.client(person.account).post(f"/together/home/{group_id}/counted", data=data)
        assert answer.status_code == 302

    def leave(self, person: Person, group_id: str) -> None:
        answer = self.client(person.account).post(f"/together/home/{group_id}/leave")
        assert answer.status_code == 302

    def counted(self, group_id: str) -> list[Person]:
        """Who is counted in a group's last week, as published now: the employer may know."""
        members = {one.athlete_id for one in invites.members(self.db, tenants.HOME, group_id)}
        last_ms = day_ms(week_of(history.utc_day(self.now_ms))) - 1
        return [
            one
            for one in self.people
            if one.athlete_id in members
            and figures.is_counted(self.db, one.athlete_id, tenants.HOME, group_id, last_ms)
        ]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    key = tmp_path / "key"
    key.touch(0o600)
    key.write_bytes(base64.b64encode(bytes(range(32))))
    ids = random.Random(7)  # noise is drawn by the key and the ids: the same in each run
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=ids.getrandbits(128), version=4))
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(key))
    with Database(tmp_path / "repbeat.sqlite3") as db:
        employer = setup.first_account(db, "c", "c", "Employer", PASSWORD, "::1", NOW_MS)
        tenants.join(db, employer.account_id, tenants.HOME, tenants.OPERATOR, NOW_MS)
        people = []
        for number in range(PEOPLE):
            account = setup.member(db, f"Employee {number}", PASSWORD, NOW_MS)
            people.append(Person(account, accounts.owned(db, account.account_id)[0]))
        limits = Limits(stream_s=0.0, requests_a_minute=60_000, burst=10_000)
        here = Company(db, None, employer, people, [])  # type: ignore[arg-type]
        here.app = create_app(db, unix_s=lambda: here.now_ms / 1000, access=Accounts("c"), limits=limits)
        here.app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_guard.py has its own
        for number in range(GROUPS):
            client = here.client(employer)
            client.post(
                "/together", data={"name": f"Department {number}", "nickname": "Boss", "workplace": "1"}
            )
        here.groups = [one.group_id for one in tenants.groups(db, tenants.HOME)]
        yield here


def answer_mornings(company: Company, monday: date, rng: random.Random) -> None:
    with company.db.atomic():
        for person in company.people:
            person.mornings[monday] = rng.randint(0, 7)
            for day in rng.sample(range(7), person.mornings[monday]):
                answers = CheckIn(monday + timedelta(days=day), mood=4)
                recovery.check_in(company.db, person.athlete_id, answers, company.now_ms)


def move_people(company: Company, rng: random.Random) -> None:
    """Somebody joins, leaves, or is counted no longer, in some department."""
    person, group_id = rng.choice(company.people), rng.choice(company.groups)
    members = {one.athlete_id for one in invites.members(company.db, tenants.HOME, group_id)}
    if person.athlete_id not in members:
        company.join(person, group_id)
    elif rng.random() < 0.5:
        company.leave(person, group_id)
    else:
        company.count(person, group_id, on=rng.random() < 0.5)


@dataclass
class Attack:
    """What the employer reads: each answer to a question about a group's week, as often as it was asked."""

    company: Company
    rng: random.Random
    answers: dict[tuple[str, str, str], set[tuple[str, str]]] = field(default_factory=dict)
    asked: int = 0

    def ask(self) -> None:
        company, rng, client = self.company, self.rng, self.company.client(self.company.employer)
        group_id, person = rng.choice(company.groups), rng.choice(company.people)
        kind = rng.randrange(5)
        self.asked += 1
        if kind == 0:
            path = rng.choice(OF_ONE).format(person.athlete_id)
            assert client.get(path).status_code in (403, 404), path
        elif kind == 1:
            path = rng.choice(OF_ALL)
            body = client.get(path, follow_redirects=True).get_data(as_text=True)
            assert not any(one.athlete_id in body for one in company.people), path
        elif kind == 2:
            page = client.get(f"/together/home/{group_id}")
            assert page.status_code == 200
            assert "Rank me here" not in page.get_data(as_text=True)
        elif kind == 3:
            self.more(client, group_id, person)
        else:
            self.read(group_id)

    def more(self, client: FlaskClient, group_id: str, person: Person) -> None:
        """Boards and challenges would rank people: a workplace has none, whoever asks to be on them."""
        standings.opt_in(
            self.company.db, person.athlete_id, tenants.HOME, group_id, CONSISTENCY, self.company.now_ms
        )
        page = client.get(f"/together/home/{group_id}").get_data(as_text=True)
        assert "Boards" not in page
        for path in (f"boards/{CONSISTENCY}", "challenges"):
            assert client.post(f"/together/home/{group_id}/{path}", data={"on": "1"}).status_code == 404

    def read(self, group_id: str) -> None:
        client = self.company.client(self.company.employer)
        text = client.get(f"/together/home/{group_id}/figures.csv").get_data(as_text=True)
        for row in csv.DictReader(io.StringIO(text)):
            key = (group_id, row["week"], row["figure"])
            self.answers.setdefault(key, set()).add((row["mean"], row["members_at_least"]))


@pytest.mark.timeout(300)
def test_a_thousand_queries_by_an_employer_learn_nobodys_value(company: Company) -> None:
    """Who knows everybody else's mornings guesses the one left no better than by guessing the middle.

    Without the noise four of five guesses are right within one morning, with it one of three.
    """
    rng = random.Random(11)
    attack = Attack(company, rng)
    for group_id in company.groups:
        for person in rng.sample(company.people, rng.randint(4, 11)):
            company.join(person, group_id)
    counted: dict[tuple[str, str], list[Person]] = {}
    for number in range(WEEKS * 7 + 1):
        day = MONDAY + timedelta(days=number)
        company.now_ms = day_ms(day) + 10 * HOUR_MS
        move_people(company, rng)
        if day == week_of(day):
            answer_mornings(company, day, rng)
            last = (day - timedelta(weeks=1)).isoformat()
            for group_id in company.groups:
                counted[group_id, last] = company.counted(group_id)
                attack.read(group_id)
        while attack.asked < QUERIES * (number + 1) / (WEEKS * 7 + 1):
            attack.ask()
    assert all(len(found) == 1 for found in attack.answers.values())  # the same question, the same answer
    right: list[bool] = []
    middle: list[bool] = []
    for (group_id, week_of_, figure), found in attack.answers.items():
        ((mean, at_least),) = found
        known = counted.get((group_id, week_of_), [])
        assert (mean == "too few") == (len(known) < 5), (week_of_, figure, len(known))
        assert int(at_least) == (0 if mean == "too few" else len(known) // 5 * 5)
        if figure != CHECK_INS or mean == "too few":
            continue
        of_week = [one.mornings.get(date.fromisoformat(week_of_), 0) for one in known]
        for value in of_week:
            guess = float(mean) * len(of_week) - (sum(of_week) - value)
            right.append(abs(min(max(guess, 0), 7) - value) <= 1)
            middle.append(abs(3 - value) <= 1)
    assert len(right) > 200
    assert fmean(right) < fmean(middle) + 0.05
