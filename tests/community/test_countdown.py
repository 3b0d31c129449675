"""One countdown for people of two companions, languages and zones, while the clocks of one go back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from repbeat.community.shared import sessions
from repbeat.community.shared.guest import following
from repbeat.people import accounts, preferences, setup, signin
from repbeat.store import Database
from repbeat.web import i18n
from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat_protocol import exercises
from repbeat_protocol import live as wire

PASSWORD = "correct horse battery"  # noqa: S105
CHANGE_S = datetime(
    2026, 10, 25, 1, tzinfo=UTC
).timestamp()  # Europe's clocks go back, America's a week later
BEFORE_S = 8.0  # of the ten between a press and the start
SPREAD_MS = 500


@dataclass
class World:
    """The one time that there is, in ms: it stands just before the change when the test begins."""

    began: float

    def ms(self) -> float:
        return (CHANGE_S - BEFORE_S + time.monotonic() - self.began) * 1000


@dataclass
class Town:
    """A companion, and who lives there, signed in; its clock is `ahead_s` off."""

    db: Database
    world: World
    zone: str
    ahead_s: float
    client: FlaskClient
    address: str
    athlete_id: str

    def post(self, path: str, **data: str) -> None:
        answer = self.client.post(path, data={"athlete": self.athlete_id, **data})
        assert answer.status_code == 302, answer.get_data(as_text=True)

    def state(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/shared/{code}/state.json").get_json()
        return found

    def starts_ms(self, code: str) -> float:
        """When the page here says "Go!", by the world's time; from the quickest answer, as it takes it."""
        found = []
        for _ in range(5):
            asked_ms = self.world.ms()
            left_ms = self.state(code)["starts_in_ms"]
            way_ms = self.world.ms() - asked_ms
            found.append((way_ms, asked_ms + way_ms / 2 + left_ms))
        return min(found)[1]

    def offset_min(self) -> int:
        """What a band that syncs here now would say of local time."""
        offset = datetime.fromtimestamp(self.world.ms() / 1000, ZoneInfo(self.zone)).utcoffset()
        assert offset is not None
        found = round(offset.total_seconds() / 60)
        self.db.run("UPDATE athletes SET utc_offset_min = :found", found=found)
        return found


@pytest.fixture
def towns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Town, Town]]:
    monkeypatch.delenv("REPBEAT_KEY_FILE", raising=False)
    with ExitStack() as all_:
        world = World(time.monotonic())

        def town(name: str, language: str, zone: str, ahead_s: float) -> Town:
            (tmp_path / name).mkdir()
            db = all_.enter_context(Database(tmp_path / name / "repbeat.sqlite3"))

            def unix_s() -> float:
                return world.ms() / 1000 + ahead_s

            now_ms = round(unix_s() * 1000)
            account = setup.first_account(db, "c", "c", name, PASSWORD, "::1", now_ms)
            wanted = preferences.Preferences(account_id=account.account_id, language=language, zone=zone)
            preferences.keep(db, wanted, tuple(i18n.LANGUAGES))
            app = create_app(db, unix_s=unix_s, access=Accounts("c"))
            app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_guard.py has its own
            client = app.test_client()
            with client.session_transaction() as session:
                session["sign_in"] = signin.begin(db, account.account_id, "test", now_ms)
            address = all_.enter_context(served(app))
            all_.enter_context(following(db, lambda: unix_s() * 1000))
            (own,) = accounts.owned(db, account.account_id)
            return Town(db, world, zone, ahead_s, client, address, own)

        both = town("Anna", "de", "Europe/Berlin", 0.0), town("Nour", "ar", "America/New_York", 1.7)
        world.began = time.monotonic()  # making them took a while
        yield both


def until(there: Callable[[], bool], limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not there():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


@pytest.mark.timeout(120)
def test_one_countdown_in_two_zones_and_languages_over_a_clock_change(
    towns: tuple[Town, Town], capsys: pytest.CaptureFixture[str]
) -> None:
    berlin, new_york = towns
    assert [one.offset_min() for one in towns] == [120, -240]
    berlin.post("/shared", name="Morgen", nickname="Fuchs", kind="training")
    (session,) = sessions.every(berlin.db)
    code = session.code
    new_york.post("/shared/join", code=code, host=berlin.address, nickname="نور")
    until(lambda: len(sessions.members(berlin.db, code)) == 2)
    berlin.world.began = time.monotonic()  # joining took a while, too
    berlin.post(f"/shared/{code}/start")
    until(lambda: new_york.state(code)["starts_in_ms"] is not None)

    before = [one.starts_ms(code) for one in towns]
    assert berlin.world.ms() < CHANGE_S * 1000 < min(before)  # the start lies beyond the change
    until(lambda: berlin.world.ms() > CHANGE_S * 1000)
    assert [one.offset_min() for one in towns] == [60, -240]
    after = [one.starts_ms(code) for one in towns]
    spread_ms = max(*before, *after) - min(*before, *after)
    with capsys.disabled():
        sys.stderr.write(f"\nstart spread, Berlin and New York over a clock change: {spread_ms:.0f} ms\n")
    assert spread_ms <= SPREAD_MS

    squat = sessions.Report(phase=wire.IN_SET, exercise=exercises.code("squat"), set=0, reps=5, zone=3)
    (fox,) = [one for one in sessions.members(berlin.db, code) if one.nickname == "Fuchs"]
    sessions.say(berlin.db, code, fox.member_id, squat, round(berlin.world.ms()), hosted=True)
    until(lambda: any(one["reps"] == 5 for one in new_york.state(code)["members"]))
    told = [
        next(one["exercise"] for one in town.state(code)["members"] if one["name"] == "Fuchs")
        for town in towns
    ]
    assert told == ["Kniebeuge", "القرفصاء"]  # each in the language of who looks
    pages = [town.client.get(f"/shared/{code}").get_data(as_text=True) for town in towns]
    assert '<html lang="de" dir="ltr"' in pages[0]
    assert '<html lang="ar" dir="rtl"' in pages[1]
    assert all("Fuchs" in page and "نور" in page for page in pages)
