"""Passwords, sign-in and its waits, tokens: what lets somebody in, and what does not."""

import pytest

from repbeat.people import accounts, passwords, signin, tokens
from repbeat.people.errors import (
    BadName,
    LastAdministrator,
    NameTaken,
    Throttled,
    UnknownScope,
    WeakPassword,
    WrongPassword,
)
from repbeat.store import Database, NotFound

NOW_MS = 1_793_000_000_000
GOOD = "correct horse battery"


@pytest.mark.parametrize("password", ["short", "x" * 300, "aaaaaaaaaaaa", "annabel is my name"])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.check(password, "Annabel")


def test_a_hash_matches_only_its_password() -> None:
    kept = passwords.hashed(GOOD)
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, GOOD)
    assert not passwords.matches(kept, GOOD + " ")
    assert not passwords.matches(None, "no account has this password")
    assert not passwords.is_dated(kept)


def test_names_have_one_spelling(either: Database) -> None:
    ann = accounts.add(either, " Ann ", GOOD, NOW_MS)
    assert ann.name == "Ann"
    assert accounts.named(either, "ANN").account_id == ann.account_id
    with pytest.raises(NameTaken):
        accounts.add(either, "ann", GOOD, NOW_MS)
    for name in ("", "a\x00b", "x" * 65, "‮evil"):
        with pytest.raises(BadName):
            accounts.add(either, name, GOOD, NOW_MS)


def test_signing_in_and_out(either: Database) -> None:
    ann = accounts.add(either, "Ann", GOOD, NOW_MS)
    assert signin.sign_in(either, "ann", GOOD, "192.0.2.1", NOW_MS) == ann
    secret = signin.begin(either, ann.account_id, "Firefox", NOW_MS)
    assert signin.account_of(either, secret, NOW_MS + 1) == ann
    assert signin.account_of(either, secret + "x", NOW_MS) is None
    assert secret not in str(either.rows("SELECT * FROM sign_ins"))
    assert signin.account_of(either, secret, NOW_MS + signin.IDLE_MS + 1) is None
    signin.end(either, secret)
    assert signin.account_of(either, secret, NOW_MS) is None


def test_a_browser_that_is_used_stays_signed_in_but_not_for_ever(either: Database) -> None:
    ann = accounts.add(either, "Ann", GOOD, NOW_MS)
    secret = signin.begin(either, ann.account_id, "", NOW_MS)
    for day in range(0, 90, 10):
        assert signin.account_of(either, secret, NOW_MS + day * 24 * 3600 * 1000) == ann
    assert signin.account_of(either, secret, NOW_MS + signin.LONGEST_MS + 1) is None


def test_a_new_password_signs_other_browsers_out(either: Database) -> None:
    ann = accounts.add(either, "Ann", GOOD, NOW_MS)
    here, there = (signin.begin(either, ann.account_id, "", NOW_MS) for _ in range(2))
    accounts.set_password(either, ann.account_id, "four other words", keep_sign_in=signin.hash_of(here))
    assert signin.account_of(either, here, NOW_MS) is not None
    assert signin.account_of(either, there, NOW_MS) is None
    with pytest.raises(WrongPassword):
        signin.sign_in(either, "Ann", GOOD, "192.0.2.1", NOW_MS)


@pytest.mark.parametrize("name", ["Ann", "Nobody"])
def test_wrong_passwords_bring_a_wait_whether_the_name_is_known_or_not(store: Database, name: str) -> None:
    accounts.add(store, "Ann", GOOD, NOW_MS)
    for number in range(signin.FREE_ACCOUNT):
        with pytest.raises(WrongPassword):
            signin.sign_in(store, name, "wrong", f"192.0.2.{number}", NOW_MS)
    with pytest.raises(Throttled) as refused:
        signin.sign_in(store, name, GOOD, "192.0.2.99", NOW_MS)
    assert refused.value.wait_s == 2
    later_ms = NOW_MS + 2000
    if name == "Ann":
        signin.sign_in(store, name, GOOD, "192.0.2.99", later_ms)
        with pytest.raises(WrongPassword):  # the count began anew
            signin.sign_in(store, name, "wrong", "192.0.2.98", later_ms)


def test_one_address_cannot_try_many_names(store: Database) -> None:
    for number in range(signin.FREE_ADDRESS):
        with pytest.raises(WrongPassword):
            signin.sign_in(store, f"name {number}", "wrong", "192.0.2.1", NOW_MS)
    with pytest.raises(Throttled):
        signin.sign_in(store, "another", "wrong", "192.0.2.1", NOW_MS)
    with pytest.raises(WrongPassword):
        signin.sign_in(store, "another", "wrong", "192.0.2.2", NOW_MS)


def test_waits_double_and_end() -> None:
    assert [signin.wait_s(failures, 5) for failures in (4, 5, 6, 7, 8, 50)] == [0, 2, 4, 8, 16, 900]


def test_tokens_work_within_their_scopes_until_revoked(either: Database) -> None:
    ann = accounts.add(either, "Ann", GOOD, NOW_MS)
    token, text = tokens.make(either, ann.account_id, "watch", [tokens.READ], NOW_MS, until_ms=NOW_MS + 1000)
    assert text not in str(either.rows("SELECT * FROM tokens"))
    account, found = tokens.used(either, text, NOW_MS) or pytest.fail("the token does not work")
    assert (account, found.scope_set) == (ann, {tokens.READ})
    assert tokens.used(either, text, NOW_MS + 1000) is None
    for wrong in ("", "repbeat", f"repbeat_{token.token_id}_", f"repbeat_{token.token_id}_x", text + "x"):
        assert tokens.used(either, wrong, NOW_MS) is None
    with pytest.raises(NotFound):
        tokens.revoke(either, "somebody else", token.token_id)
    tokens.revoke(either, ann.account_id, token.token_id)
    assert tokens.used(either, text, NOW_MS) is None
    with pytest.raises(UnknownScope):
        tokens.make(either, ann.account_id, "watch", ["everything"], NOW_MS)


def test_somebody_can_always_manage_the_accounts(either: Database) -> None:
    ann = accounts.add(either, "Ann", GOOD, NOW_MS, administrator=True)
    with pytest.raises(LastAdministrator):
        accounts.remove(either, ann.account_id)
    ben = accounts.add(either, "Ben", GOOD, NOW_MS)
    accounts.set_administrator(either, ben.account_id, True)
    accounts.remove(either, ann.account_id)
    with pytest.raises(LastAdministrator):
        accounts.set_administrator(either, ben.account_id, False)
