"""The first account of a companion, and those that follow in a household."""

from __future__ import annotations

import hmac
import secrets

from repbeat.people import accounts, signin, tenants
from repbeat.people.accounts import Account
from repbeat.people.errors import WrongSetupCode
from repbeat.store import Database, NotFound, athletes

# Without letters and digits that look alike; 40 bits behind the sign-in waits cannot be guessed.
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def code() -> str:
    """A set-up code to print where only the owner of the machine sees it, as XXXX-XXXX."""
    letters = [secrets.choice(_LETTERS) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def is_due(db: Database) -> bool:
    """Whether nobody has an account yet."""
    return not db.value("SELECT COUNT(*) FROM accounts")


def first_account(
    db: Database, expected: str | None, given: str, name: str, password: str, address: str, now_ms: int
) -> Account:
    """The account of whoever set the companion up: it manages the others, and owns all who train here.

    WrongSetupCode, Throttled, BadName or WeakPassword if it cannot be.
    """
    signin.check_address(db, address, now_ms)
    if expected is None or not hmac.compare_digest(_plain(expected), _plain(given)):
        signin.address_failed(db, address, now_ms)
        raise WrongSetupCode("that is not the code that `repbeat serve` printed when it started: see there")
    with db.atomic():
        db.hold("first account")
        if not is_due(db):
            raise WrongSetupCode("the first account exists already: sign in")
        account = accounts.add(db, name, password, now_ms, administrator=True)
        tenants.add_gym(db, "Home", tenants.HOME)
        for role in tenants.ROLES:
            tenants.join(db, account.account_id, tenants.HOME, role, now_ms)
        waiting = accounts.without_owner(db)
        for athlete in waiting or [athletes.add(db, account.name, now_ms)]:
            accounts.own(db, athlete.athlete_id, account.account_id, now_ms)
    return account


def member(
    db: Database, name: str, password: str, now_ms: int, *, athlete: str | None = None, gym_id: str = ""
) -> Account:
    """An account for one more person, who trains as the athlete of that name, or of their own.

    NotFound if the athlete is not there or somebody else's.
    """
    with db.atomic():
        account = accounts.add(db, name, password, now_ms, administrator=False)
        tenants.add_gym(db, "Home", tenants.HOME)
        tenants.join(db, account.account_id, gym_id or tenants.HOME, tenants.ATHLETE, now_ms)
        free = {one.name: one for one in accounts.without_owner(db)}
        if athlete and athlete not in free:
            raise NotFound(f"no athlete without an account is named {athlete!r}")
        own = free.get(athlete or account.name) or athletes.add(db, account.name, now_ms)
        accounts.own(db, own.athlete_id, account.account_id, now_ms)
    return account


def _plain(text: str) -> bytes:
    return text.replace("-", "").replace(" ", "").upper().encode()
