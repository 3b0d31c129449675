"""Signing in: server-side sessions, and a wait that grows with each wrong password."""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from repbeat.people import accounts, passwords
from repbeat.people.accounts import Account
from repbeat.people.errors import Throttled, WrongPassword
from repbeat.store import Database

IDLE_MS = 14 * 24 * 3600 * 1000  # unused that long: sign in again
LONGEST_MS = 90 * 24 * 3600 * 1000
SEEN_EVERY_MS = 3600 * 1000  # how often a use is noted: not with every request

FREE_ACCOUNT, FREE_ADDRESS = 5, 20  # wrong passwords before the wait begins
LONGEST_WAIT_S = 15 * 60
FORGET_MS = 24 * 3600 * 1000  # failures older than that count no more


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is signed in."""

    account_id: str
    secret_hash: str
    created_ms: int
    seen_ms: int
    agent: str


def sign_in(db: Database, name: str, password: str, address: str, now_ms: int) -> Account:
    """The account of a name and password; WrongPassword, or Throttled after too many tries.

    Tries count for the name and for the address they come from; a name that nobody has counts alike.
    """
    subjects = {
        _subject("name", accounts.name_key(name)): FREE_ACCOUNT,
        _subject("address", address): FREE_ADDRESS,
    }
    _check(db, subjects, now_ms)
    account = accounts.find(db, name)
    if not passwords.matches(account.password_hash if account else None, password) or account is None:
        for subject in subjects:
            _failed(db, subject, now_ms)
        raise WrongPassword("name and password do not belong together: check both and try again")
    db.run("DELETE FROM sign_in_failures WHERE subject = :subject", subject=next(iter(subjects)))
    if passwords.is_dated(account.password_hash):
        db.run(
            "UPDATE accounts SET password_hash = :hashed WHERE account_id = :account_id",
            hashed=passwords.hashed(password),
            account_id=account.account_id,
        )
    return account


def begin(db: Database, account_id: str, agent: str, now_ms: int) -> str:
    """A new server-side session; returns the secret that the browser's cookie carries."""
    secret = secrets.token_urlsafe(32)
    row = SignIn(
        account_id=account_id,
        secret_hash=hash_of(secret),
        created_ms=now_ms,
        seen_ms=now_ms,
        agent=agent[:120],
    )
    with db.atomic():
        db.run(
            "DELETE FROM sign_ins WHERE seen_ms < :idle OR created_ms < :oldest",
            idle=now_ms - IDLE_MS,
            oldest=now_ms - LONGEST_MS,
        )
        db.insert("sign_ins", [row])
    return secret


def account_of(db: Database, secret: str, now_ms: int) -> Account | None:
    """Who is signed in with this secret; None if nobody is, or no longer."""
    row = db.one(SignIn, "SELECT * FROM sign_ins WHERE secret_hash = :hashed", hashed=hash_of(secret))
    if row is None or row.seen_ms < now_ms - IDLE_MS or row.created_ms < now_ms - LONGEST_MS:
        return None
    if row.seen_ms < now_ms - SEEN_EVERY_MS:
        db.run(
            "UPDATE sign_ins SET seen_ms = :now_ms WHERE secret_hash = :hashed",
            now_ms=now_ms,
            hashed=row.secret_hash,
        )
    return accounts.get(db, row.account_id)


def end(db: Database, secret: str) -> None:
    """Sign this browser out."""
    db.run("DELETE FROM sign_ins WHERE secret_hash = :hashed", hashed=hash_of(secret))


def every(db: Database, account_id: str) -> list[SignIn]:
    """All browsers of an account that are signed in, the last used first."""
    return db.all(
        SignIn,
        "SELECT * FROM sign_ins WHERE account_id = :account_id ORDER BY seen_ms DESC",
        account_id=account_id,
    )


def end_others(db: Database, account_id: str, secret: str) -> int:
    """Sign all other browsers of an account out; how many they were."""
    return db.run(
        "DELETE FROM sign_ins WHERE account_id = :account_id AND secret_hash <> :hashed",
        account_id=account_id,
        hashed=hash_of(secret),
    )


def hash_of(secret: str) -> str:
    """What is kept of a secret of full entropy: a plain hash is enough for those."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_address(db: Database, address: str, now_ms: int) -> None:
    """Throttled if too much was guessed from an address."""
    _check(db, {_subject("address", address): FREE_ADDRESS}, now_ms)


def address_failed(db: Database, address: str, now_ms: int) -> None:
    """Something else than a password was guessed wrongly from an address: it counts alike."""
    _failed(db, _subject("address", address), now_ms)


def forget_name(db: Database, name: str) -> None:
    """Keep nothing of a name that somebody tried to sign in with."""
    db.run(
        "DELETE FROM sign_in_failures WHERE subject = :subject",
        subject=_subject("name", accounts.name_key(name)),
    )


def wait_s(failures: int, free: int) -> int:
    """How long to wait after so many failures, of which `free` cost nothing: doubled with each one."""
    return 0 if failures < free else min(LONGEST_WAIT_S, 2 ** min(failures - free + 1, 20))


def _subject(kind: str, value: str) -> str:
    return hash_of(f"{kind}:{value}")


def _check(db: Database, subjects: dict[str, int], now_ms: int) -> None:
    longest = 0
    for subject, free in subjects.items():
        for row in db.rows(
            "SELECT failures, last_ms FROM sign_in_failures WHERE subject = :subject AND last_ms >= :oldest",
            subject=subject,
            oldest=now_ms - FORGET_MS,
        ):
            until_ms = row["last_ms"] + wait_s(row["failures"], free) * 1000
            longest = max(longest, -(-(until_ms - now_ms) // 1000))
    if longest > 0:
        raise Throttled(longest)


def _failed(db: Database, subject: str, now_ms: int) -> None:
    oldest = now_ms - FORGET_MS
    with db.atomic():
        db.run("DELETE FROM sign_in_failures WHERE last_ms < :oldest", oldest=oldest)
        db.run(
            """INSERT INTO sign_in_failures (subject, failures, last_ms) VALUES (:subject, 1, :now_ms)
               ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failures.failures + 1,
                 last_ms = excluded.last_ms""",
            subject=subject,
            now_ms=now_ms,
        )
