"""What was done with an athlete's data, for the athlete to read: by whom, when, what."""

from __future__ import annotations

import threading
import uuid

import msgspec

from repbeat.store import Database

HOUR_MS = 3600 * 1000
SEEN = "saw"
_REMEMBERED = 10_000

_lock = threading.Lock()
_noted: dict[str, None] = {}  # sightings already in the log: a page that refreshes writes once an hour


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `account_id` is empty where `actor` was no account; `name` is the account's now, or empty."""

    athlete_id: str
    audit_id: str
    at_ms: int
    account_id: str
    actor: str
    action: str
    detail: str
    name: str = ""


def note(
    db: Database, athlete_id: str, account_id: str, actor: str, action: str, detail: str, now_ms: int
) -> None:
    """A decision or an act: each is its own line."""
    _add(db, athlete_id, uuid.uuid4().hex, account_id, actor, action, detail, now_ms)


def seen(db: Database, athlete_id: str, account_id: str, actor: str, kind: str, now_ms: int) -> None:
    """Somebody else saw a kind of data: one line an hour, whoever and however often it is."""
    audit_id = f"{now_ms // HOUR_MS}/{actor}/{account_id}/{kind}"
    key = f"{id(db)}/{athlete_id}/{audit_id}"
    with _lock:
        if key in _noted:
            return
        while len(_noted) >= _REMEMBERED:
            del _noted[next(iter(_noted))]
        _noted[key] = None
    _add(db, athlete_id, audit_id, account_id, actor, SEEN, kind, now_ms)


def _add(
    db: Database,
    athlete_id: str,
    audit_id: str,
    account_id: str,
    actor: str,
    action: str,
    detail: str,
    now_ms: int,
) -> None:
    row = {
        "athlete_id": athlete_id,
        "audit_id": audit_id,
        "at_ms": now_ms,
        "account_id": account_id,
        "actor": actor,
        "action": action,
        "detail": detail,
    }
    db.insert("audit", [row])


def of_athlete(db: Database, athlete_id: str, limit: int = 100, before_ms: int = 1 << 62) -> list[Entry]:
    """An athlete's log, newest first."""
    return db.all(
        Entry,
        """SELECT a.*, COALESCE((SELECT c.name FROM accounts AS c WHERE c.account_id = a.account_id), '')
             AS name
           FROM audit AS a WHERE a.athlete_id = :athlete_id AND a.at_ms < :before_ms
           ORDER BY a.at_ms DESC, a.audit_id LIMIT :limit""",
        athlete_id=athlete_id,
        before_ms=before_ms,
        limit=limit,
    )
