"""Accounts: who can sign in, and whose athletes' data is theirs."""

from __future__ import annotations

import unicodedata
import uuid

import msgspec

from repbeat.people import passwords
from repbeat.people.errors import BadName, LastAdministrator, NameTaken
from repbeat.store import Database, NotFound, athletes
from repbeat.store.athletes import Athlete

LONGEST_NAME = 64


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can sign in. `administrator`: manages accounts and gyms, sees no training by that."""

    account_id: str
    name: str
    password_hash: str
    administrator: bool
    created_ms: int


def clean_name(name: str) -> str:
    """A name of an account, athlete, token or gym in its one spelling; BadName if it cannot be one."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not cleaned or len(cleaned) > LONGEST_NAME:
        raise BadName(f"a name has 1 to {LONGEST_NAME} characters")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in cleaned):
        raise BadName("a name has no control characters: type it by hand")
    return cleaned


def name_key(name: str) -> str:
    """Names with one key are the same name."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def add(db: Database, name: str, password: str, now_ms: int, *, administrator: bool = False) -> Account:
    """A new account; BadName, WeakPassword or NameTaken if it cannot be."""
    name = clean_name(name)
    passwords.check(password, name)
    account = Account(
        account_id=uuid.uuid4().hex,
        name=name,
        password_hash=passwords.hashed(password),
        administrator=administrator,
        created_ms=now_ms,
    )
    with db.atomic():
        db.hold("accounts")
        if find(db, name) is not None:
            raise NameTaken(f"{name!r} has an account already: choose another name")
        db.insert("accounts", [{**msgspec.structs.asdict(account), "name_key": name_key(name)}])
    return account


def every(db: Database) -> list[Account]:
    """All, by name."""
    return db.all(Account, f"SELECT {_COLUMNS} FROM accounts ORDER BY name_key")  # noqa: S608


def find(db: Database, name: str) -> Account | None:
    """By name, however it is spelt; None if nobody has it."""
    return db.one(
        Account,
        f"SELECT {_COLUMNS} FROM accounts WHERE name_key = :name_key",  # noqa: S608
        name_key=name_key(name),
    )


def get(db: Database, account_id: str) -> Account:
    """By id; NotFound otherwise."""
    found = db.one(
        Account,
        f"SELECT {_COLUMNS} FROM accounts WHERE account_id = :account_id",  # noqa: S608
        account_id=account_id,
    )
    if found is None:
        raise NotFound("no such account")
    return found


def named(db: Database, name: str) -> Account:
    """By name; NotFound lists the names there are."""
    found = find(db, name)
    if found is None:
        names = ", ".join(account.name for account in every(db)) or "none yet"
        raise NotFound(f"no account is named {name!r}; there are: {names}")
    return found


def set_password(db: Database, account_id: str, password: str, *, keep_sign_in: str = "") -> None:
    """Change a password; all browsers but the one with the hash `keep_sign_in` are signed out."""
    passwords.check(password, get(db, account_id).name)
    hashed = passwords.hashed(password)
    with db.atomic():
        db.run(
            "UPDATE accounts SET password_hash = :hashed WHERE account_id = :account_id",
            account_id=account_id,
            hashed=hashed,
        )
        db.run(
            "DELETE FROM sign_ins WHERE account_id = :account_id AND secret_hash <> :keep",
            account_id=account_id,
            keep=keep_sign_in,
        )


def set_administrator(db: Database, account_id: str, administrator: bool) -> None:
    """Let an account manage others, or no longer; LastAdministrator if nobody else could."""
    with db.atomic():
        db.hold("accounts")
        if not administrator:
            _check_not_last(db, account_id)
        db.run(
            "UPDATE accounts SET administrator = :administrator WHERE account_id = :account_id",
            account_id=account_id,
            administrator=administrator,
        )


def remove(db: Database, account_id: str, *, last_too: bool = False) -> None:
    """Take an account away with all that hangs on it; athletes and their data stay.

    LastAdministrator if nobody else could manage accounts, unless `last_too`: the companion is then as new.
    """
    with db.atomic():
        db.hold("accounts")
        if not last_too:
            _check_not_last(db, account_id)
        for table in _OF_ACCOUNT:
            db.run(f"DELETE FROM {table} WHERE account_id = :account_id", account_id=account_id)  # noqa: S608
        db.run(
            "DELETE FROM consents WHERE grantee_kind = 'account' AND grantee = :account_id",
            account_id=account_id,
        )


def _check_not_last(db: Database, account_id: str) -> None:
    others = db.value(
        "SELECT COUNT(*) FROM accounts WHERE administrator = 1 AND account_id <> :account_id",
        account_id=account_id,
    )
    if not others and get(db, account_id).administrator:
        raise LastAdministrator("this is the only administrator: make another account one first")


def own(db: Database, athlete_id: str, account_id: str, now_ms: int) -> None:
    """The athlete's data is this account's: their own, or that of a child they answer for."""
    db.insert("owners", [{"athlete_id": athlete_id, "account_id": account_id, "since_ms": now_ms}])


def owned(db: Database, account_id: str) -> list[str]:
    """Ids of the athletes whose data is this account's."""
    rows = db.rows(
        "SELECT athlete_id FROM owners WHERE account_id = :account_id ORDER BY since_ms, athlete_id",
        account_id=account_id,
    )
    return [row["athlete_id"] for row in rows]


def owners_of(db: Database, athlete_id: str) -> list[Account]:
    """The accounts whose data it is."""
    return [
        get(db, row["account_id"])
        for row in db.rows(
            "SELECT account_id FROM owners WHERE athlete_id = :athlete_id ORDER BY since_ms",
            athlete_id=athlete_id,
        )
    ]


def without_owner(db: Database) -> list[Athlete]:
    """Athletes whom no account speaks for yet."""
    taken = {row["athlete_id"] for row in db.rows("SELECT DISTINCT athlete_id FROM owners")}
    return [athlete for athlete in athletes.every(db) if athlete.athlete_id not in taken]


_COLUMNS = "account_id, name, password_hash, administrator, created_ms"
_OF_ACCOUNT = (
    "accounts",
    "owners",
    "memberships",
    "sign_ins",
    "tokens",
    "webhooks",
    "webhook_deliveries",
    "preferences",
)
