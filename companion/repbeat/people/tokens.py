"""Personal access tokens: for scripts and apps, each with scopes, kept as a hash."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable

import msgspec

from repbeat.people import accounts
from repbeat.people.accounts import Account
from repbeat.people.errors import UnknownScope
from repbeat.people.signin import hash_of
from repbeat.store import Database, NotFound

PREFIX = "repbeat"

READ, HEART, LIVE, WRITE, HUB, METRICS = "read", "heart", "live", "write", "hub", "metrics"
OXYGEN = "oxygen"
SCOPES = {
    READ: "sessions, sets, repetitions, values, plans and devices",
    HEART: "heart rate and RR intervals",
    OXYGEN: "muscle oxygen",
    LIVE: "what happens now, as a stream",
    WRITE: "plans, webhooks and tokens may be made and taken away",
    HUB: "records of a gym's devices may be handed in by its hub",
    METRICS: "figures of the running service, for monitoring",
}
USED_EVERY_MS = 3600 * 1000


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One token without its secret, which is shown once."""

    account_id: str
    token_id: str
    name: str
    scopes: str
    created_ms: int
    until_ms: int | None = None
    used_ms: int | None = None

    @property
    def scope_set(self) -> frozenset[str]:
        """Its scopes."""
        return frozenset(self.scopes.split())


def make(
    db: Database,
    account_id: str,
    name: str,
    scopes: Iterable[str],
    now_ms: int,
    *,
    until_ms: int | None = None,
) -> tuple[Token, str]:
    """A new token and its text, which cannot be had again; UnknownScope for one that there is not."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= SCOPES.keys():
        raise UnknownScope(f"scopes are some of {', '.join(SCOPES)}")
    token = Token(
        account_id=account_id,
        token_id=secrets.token_hex(8),
        name=accounts.clean_name(name),
        scopes=" ".join(wanted),
        created_ms=now_ms,
        until_ms=until_ms,
    )
    secret = secrets.token_urlsafe(32)
    db.insert("tokens", [{**msgspec.structs.asdict(token), "secret_hash": hash_of(secret)}])
    return token, f"{PREFIX}_{token.token_id}_{secret}"


def used(db: Database, text: str, now_ms: int) -> tuple[Account, Token] | None:
    """Whose token this is; None if nobody's, or no longer."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret:
        return None
    rows = db.rows("SELECT * FROM tokens WHERE token_id = :token_id", token_id=token_id)
    if not rows or not hmac.compare_digest(rows[0].pop("secret_hash"), hash_of(secret)):
        return None
    token = msgspec.convert(rows[0], Token)
    if token.until_ms is not None and token.until_ms <= now_ms:
        return None
    if token.used_ms is None or token.used_ms < now_ms - USED_EVERY_MS:
        db.run(
            """UPDATE tokens SET used_ms = :now_ms
               WHERE account_id = :account_id AND token_id = :token_id""",
            now_ms=now_ms,
            account_id=token.account_id,
            token_id=token_id,
        )
    return accounts.get(db, token.account_id), token


def every(db: Database, account_id: str) -> list[Token]:
    """All of an account, newest first."""
    return db.all(
        Token,
        """SELECT account_id, token_id, name, scopes, created_ms, until_ms, used_ms FROM tokens
           WHERE account_id = :account_id ORDER BY created_ms DESC, token_id""",
        account_id=account_id,
    )


def revoke(db: Database, account_id: str, token_id: str) -> None:
    """Take a token away: its next use is refused. NotFound if the account has none of this id."""
    gone = db.run(
        "DELETE FROM tokens WHERE account_id = :account_id AND token_id = :token_id",
        account_id=account_id,
        token_id=token_id,
    )
    if not gone:
        raise NotFound("no such token: the list of tokens has their ids")
