"""Who sees what of whom: consent is needed, visibility narrows, the stricter counts."""

import itertools

import pytest

from repbeat.people import accounts, audit, consent, tenants, tokens, viewer
from repbeat.people.consent import Consent
from repbeat.people.errors import UnknownScope
from repbeat.people.roles import Role
from repbeat.store import Database, NotFound, athletes
from repbeat.store.sessions import Session

NOW_MS = 1_793_000_000_000
GOOD = "correct horse battery"
LEAST = {"account": 1, "service": 1, "group": 2, "gym": 3}


def given(scope: str, kind: str = "account", until_ms: int | None = None) -> Consent:
    return Consent(
        athlete_id="a",
        consent_id="c",
        grantee_kind=kind,
        grantee="x",
        scope=scope,
        since_ms=NOW_MS,
        until_ms=until_ms,
    )


def test_the_stricter_of_a_kind_and_what_it_is_part_of_counts() -> None:
    for kind, heart, sessions, item in itertools.product(LEAST, range(4), range(4), range(4)):
        levels = {"heart": heart, "sessions": sessions, "session/x": item}
        may = consent.allowed("heart", [given("heart", kind)], levels, NOW_MS, "session/x")
        assert may == (min(heart, sessions, item) >= LEAST[kind])


def test_consent_counts_from_its_beginning_to_its_end() -> None:
    one = [given("plans", until_ms=NOW_MS + 10)]
    moments = [consent.allowed("plans", one, {}, NOW_MS + at) for at in (-1, 0, 9, 10)]
    assert moments == [False, True, True, False]
    assert not consent.allowed("heart", one, {}, NOW_MS)


@pytest.fixture
def people(either: Database) -> tuple[Database, str, str, str]:
    """(store, athlete, her account, a coach's account)."""
    ann = athletes.add(either, "Ann", NOW_MS)
    hers = accounts.add(either, "Ann", GOOD, NOW_MS)
    accounts.own(either, ann.athlete_id, hers.account_id, NOW_MS)
    coach = accounts.add(either, "Cora", GOOD, NOW_MS)
    tenants.add_gym(either, "Home", tenants.HOME)
    tenants.join(either, coach.account_id, tenants.HOME, tenants.COACH, NOW_MS)
    return either, ann.athlete_id, hers.account_id, coach.account_id


def gate(db: Database, account_id: str, now_ms: int = NOW_MS, scopes: set[str] | None = None) -> viewer.Gate:
    limited = None if scopes is None else frozenset(scopes)
    return viewer.Gate(db, viewer.of_account(db, accounts.get(db, account_id), limited), now_ms)


def test_nobody_sees_another_without_consent_and_revoking_ends_it(
    people: tuple[Database, str, str, str],
) -> None:
    db, athlete, hers, coach = people
    assert all(gate(db, hers).may(athlete, kind) for kind in consent.SCOPES)
    assert not any(gate(db, coach).may(athlete, kind) for kind in consent.SCOPES)
    assert gate(db, coach).athletes("sessions") == []
    (row,) = consent.give(db, athlete, "account", coach, ["sessions"], NOW_MS)
    assert [kind for kind in consent.SCOPES if gate(db, coach).may(athlete, kind)] == ["sessions"]
    assert [one.name for one in gate(db, coach).athletes("sessions")] == ["Ann"]
    with pytest.raises(NotFound):
        consent.revoke(db, "somebody else", row.consent_id, NOW_MS)
    consent.revoke(db, athlete, row.consent_id, NOW_MS + 1)
    assert not gate(db, coach, NOW_MS + 1).may(athlete, "sessions")


def test_a_group_sees_what_it_was_given_unless_visibility_says_people_only(
    people: tuple[Database, str, str, str],
) -> None:
    db, athlete, _, coach = people
    group = tenants.add_group(db, tenants.HOME, "Mornings")
    tenants.join(db, coach, tenants.HOME, tenants.ATHLETE, NOW_MS, group.group_id)
    consent.give(db, athlete, "group", f"{tenants.HOME}/{group.group_id}", ["sessions", "heart"], NOW_MS)
    assert gate(db, coach).may(athlete, "heart")
    consent.set_level(db, athlete, "sessions", consent.PEOPLE)
    assert not gate(db, coach).may(athlete, "heart")
    consent.give(db, athlete, "account", coach, ["sessions"], NOW_MS)
    assert gate(db, coach).may(athlete, "sessions")
    hidden = Session(device_id="d", log_id=1, session_seq=2, athlete_id=athlete)
    assert gate(db, coach).may_session(hidden)
    consent.set_level(db, athlete, consent.session_item("d", 1, 2), consent.ONLY_ME)
    assert not gate(db, coach).may_session(hidden)


def test_a_token_reaches_no_further_than_its_scopes(people: tuple[Database, str, str, str]) -> None:
    db, athlete, hers, _ = people
    reading = gate(db, hers, scopes={tokens.READ})
    assert reading.may(athlete, "sessions")
    assert not reading.may(athlete, "heart")
    assert not reading.may(athlete, "coaching")
    assert not reading.viewer.may_call(viewer.Access(Role.SIGNED_IN))
    assert reading.viewer.may_call(viewer.Access(Role.SIGNED_IN, tokens.READ))


def test_what_others_see_is_in_the_athletes_log_once_an_hour(people: tuple[Database, str, str, str]) -> None:
    db, athlete, hers, coach = people
    consent.give(db, athlete, "account", coach, ["sessions"], NOW_MS)
    for _ in range(3):
        gate(db, coach).check(athlete, "sessions")
    gate(db, coach, NOW_MS + audit.HOUR_MS).check(athlete, "sessions")
    gate(db, hers).check(athlete, "sessions")
    entries = audit.of_athlete(db, athlete)
    assert [(one.name, one.action, one.detail) for one in entries] == [("Cora", "saw", "sessions")] * 2


def test_services_are_asked_for_too(people: tuple[Database, str, str, str]) -> None:
    db, athlete, _, _ = people
    assert not consent.service_may(db, athlete, "mqtt", "live", NOW_MS)
    consent.give(db, athlete, "service", "mqtt", ["live"], NOW_MS)
    assert consent.service_may(db, athlete, "mqtt", "live", NOW_MS)
    consent.set_level(db, athlete, "sessions", consent.ONLY_ME)
    assert not consent.service_may(db, athlete, "mqtt", "live", NOW_MS)


def test_what_there_is_not_is_refused(people: tuple[Database, str, str, str]) -> None:
    db, athlete, _, coach = people
    for kind, scopes in (("account", ["all"]), ("account", []), ("everyone", ["heart"])):
        with pytest.raises(UnknownScope):
            consent.give(db, athlete, kind, coach, scopes, NOW_MS)
    with pytest.raises(UnknownScope):
        consent.set_level(db, athlete, "weight", 1)
