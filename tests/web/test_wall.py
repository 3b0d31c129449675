"""The wall shows who trains here and, where they share a session, who trains with them elsewhere."""

import pytest
from web.town import Town

from repbeat.community.shared import identity, sessions
from repbeat.community.shared.sessions import Report
from repbeat.people import accounts, consent
from repbeat_protocol import exercises, live
from repbeat_tools.sample import NOW_MS

THEIRS = "A" * 43  # another companion's key


@pytest.fixture
def session(town: Town) -> sessions.Shared:
    """Ann's session, with a guest of another companion who squats."""
    (own,) = accounts.owned(town.db, town.ann.account_id)
    here = sessions.create(town.db, "Evening", NOW_MS)
    mine = sessions.new_member("Fox", "en", own, identity.of(town.db).public)
    theirs = sessions.Member(member_id="0" * 32, nickname="Ibis", language="ar", companion=THEIRS)
    sessions.add_member(town.db, here.code, mine)
    sessions.add_member(town.db, here.code, theirs)
    say(town, here, theirs.member_id, live.IN_SET)
    return here


def say(town: Town, session: sessions.Shared, member_id: str, phase: int) -> None:
    report = Report(phase=phase, exercise=exercises.code("squat"), set=1, reps=5, zone=3)
    sessions.say(town.db, session.code, member_id, report, NOW_MS, hosted=True)


def shown(town: Town, who: str, **headers: str) -> dict[str, object]:
    account = town.ann if who == "ann" else town.people[who]
    answer = town.client(account).get("/wall.json", headers=headers)
    assert answer.status_code == 200
    assert sessions.every(town.db)[0].code not in answer.text
    return dict(answer.json or {})


def test_a_guest_elsewhere_is_a_tile_in_the_viewers_language(town: Town, session: sessions.Shared) -> None:
    (tile,) = shown(town, "ann")["tiles"]  # type: ignore[misc, attr-defined]
    assert (tile["name"], tile["reps"], tile["zone"], tile["bpm"]) == ("Ibis", 5, 3, None)
    assert tile["exercise"] == "Squat"
    (tile,) = shown(town, "ann", **{"Accept-Language": "de"})["tiles"]  # type: ignore[misc, attr-defined]
    assert tile["exercise"] == "Kniebeuge"


def test_only_where_somebody_of_the_session_may_be_seen(town: Town, session: sessions.Shared) -> None:
    sessions.begin(town.db, session.code, NOW_MS + 8000)
    assert shown(town, "athlete") == {"tiles": [], "start": None}
    (own,) = accounts.owned(town.db, town.ann.account_id)
    consent.give(town.db, own, "account", town.people["athlete"].account_id, [consent.LIVE], NOW_MS)
    assert shown(town, "athlete")["start"] == {"in_ms": 8000, "name": "Evening"}


def test_who_is_done_or_has_left_is_none(town: Town, session: sessions.Shared) -> None:
    (theirs,) = [one for one in sessions.members(town.db, session.code) if one.companion == THEIRS]
    say(town, session, theirs.member_id, live.DONE)
    assert shown(town, "ann")["tiles"] == []
    say(town, session, theirs.member_id, live.REST)
    sessions.leave(town.db, session.code, theirs)
    assert shown(town, "ann")["tiles"] == []


def test_a_start_is_told_until_it_is_past(town: Town, session: sessions.Shared) -> None:
    assert shown(town, "ann")["start"] is None
    sessions.begin(town.db, session.code, NOW_MS - 9_000)
    assert shown(town, "ann")["start"] == {"in_ms": -9_000, "name": "Evening"}
    town.db.run("UPDATE shared_sessions SET start_ms = :ms", ms=NOW_MS - 11_000)
    assert shown(town, "ann")["start"] is None


def test_the_one_who_trains_here_is_shown_by_the_band(town: Town, session: sessions.Shared) -> None:
    """Nobody is there twice: a member at home here is the band's tile."""
    (mine,) = [one for one in sessions.members(town.db, session.code) if one.nickname == "Fox"]
    say(town, session, mine.member_id, live.IN_SET)
    assert [tile["name"] for tile in shown(town, "ann")["tiles"]] == ["Ibis"]  # type: ignore[attr-defined]
