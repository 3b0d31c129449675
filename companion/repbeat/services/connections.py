"""Which services an athlete has connected, with which right, and how each stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from repbeat.people import consent
from repbeat.people.signin import hash_of
from repbeat.services.errors import NotConnected, Revoked
from repbeat.store import Database

CONNECTED, WAITING, REVOKED = "connected", "waiting", "revoked"
LEASE_MS = 300_000  # whoever works on a connection has it for so long, then another process may
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 6 * 3600.0


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One athlete's connection; `settings` is JSON without secrets, the secrets are sealed beside it."""

    athlete_id: str
    service: str
    settings: str
    since_ms: int
    state: str
    problem: str
    tries: int
    next_ms: int

    def setting(self, name: str, default: Any = None) -> Any:
        """One setting."""
        return msgspec.json.decode(self.settings).get(name, default)


_COLUMNS = "athlete_id, service, settings, since_ms, state, problem, tries, next_ms"


def connect(
    db: Database,
    athlete_id: str,
    service: str,
    scopes: Iterable[str],
    settings: dict[str, Any],
    secret: dict[str, Any],
    now_ms: int,
    lookup: str = "",
) -> Connection:
    """Connect, or again with other settings: consent to `scopes` is given, what was sent stays noted.

    `lookup` is the secret part of an address by which the connection is found; its hash is kept.
    """
    with db.atomic():
        end_consent(db, athlete_id, service, now_ms)
        consent.give(db, athlete_id, consent.SERVICE, service, scopes, now_ms)
        row = {
            "athlete_id": athlete_id,
            "service": service,
            "settings": msgspec.json.encode(settings).decode(),
            "sealed_secret": _sealed(db, athlete_id, service, secret),
            "lookup": hash_of(lookup) if lookup else "",
            "since_ms": now_ms,
            "state": CONNECTED,
            "problem": "",
            "tries": 0,
            "next_ms": now_ms,
        }
        db.upsert("service_connections", ("athlete_id", "service"), [row])
    return get(db, athlete_id, service)


def disconnect(db: Database, athlete_id: str, service: str, now_ms: int) -> None:
    """Forget the tokens and end the consent; NotConnected if there is nothing to end.

    What was sent stays noted, so that connecting again sends nothing twice.
    """
    with db.atomic():
        gone = db.run(
            "DELETE FROM service_connections WHERE athlete_id = :athlete_id AND service = :service",
            athlete_id=athlete_id,
            service=service,
        )
        if not gone:
            raise NotConnected(f"{service} is not connected")
        db.run(
            "DELETE FROM planned_elsewhere WHERE athlete_id = :athlete_id AND service = :service",
            athlete_id=athlete_id,
            service=service,
        )
        end_consent(db, athlete_id, service, now_ms)


def end_consent(db: Database, athlete_id: str, service: str, now_ms: int) -> None:
    """Revoke all that an athlete consented to a service."""
    for given in consent.to_service(db, athlete_id, service):
        if given.in_force(now_ms):
            consent.revoke(db, athlete_id, given.consent_id, now_ms)


def get(db: Database, athlete_id: str, service: str) -> Connection:
    """One; NotConnected otherwise."""
    found = db.one(
        Connection,
        f"SELECT {_COLUMNS} FROM service_connections WHERE athlete_id = :athlete_id AND service = :service",  # noqa: S608
        athlete_id=athlete_id,
        service=service,
    )
    if found is None:
        raise NotConnected(f"{service} is not connected")
    return found


def of_athlete(db: Database, athlete_id: str) -> dict[str, Connection]:
    """All of an athlete, by service."""
    rows = db.all(
        Connection,
        f"SELECT {_COLUMNS} FROM service_connections WHERE athlete_id = :athlete_id",  # noqa: S608
        athlete_id=athlete_id,
    )
    return {one.service: one for one in rows}


def found_by(db: Database, service: str, secret: str) -> Connection | None:
    """The connection whose address has this secret; None if nobody's."""
    return db.one(
        Connection,
        f"SELECT {_COLUMNS} FROM service_connections WHERE lookup = :lookup AND service = :service",  # noqa: S608
        lookup=hash_of(secret),
        service=service,
    )


def due(db: Database, now_ms: int) -> list[Connection]:
    """Those to be worked on, the longest waiting first."""
    return db.all(
        Connection,
        f"""SELECT {_COLUMNS} FROM service_connections
            WHERE next_ms <= :now_ms AND state <> :revoked ORDER BY next_ms, athlete_id, service""",  # noqa: S608
        now_ms=now_ms,
        revoked=REVOKED,
    )


def lease(db: Database, one: Connection, now_ms: int) -> bool:
    """Take a connection to work on it; False when another process has it."""
    return bool(
        db.run(
            """UPDATE service_connections SET next_ms = :until_ms
               WHERE athlete_id = :athlete_id AND service = :service AND next_ms = :next_ms""",
            until_ms=now_ms + LEASE_MS,
            athlete_id=one.athlete_id,
            service=one.service,
            next_ms=one.next_ms,
        )
    )


def settle(db: Database, one: Connection, state: str, problem: str, tries: int, next_ms: int) -> None:
    """How it stands after the work, and when it is worked on again; gone meanwhile, it stays gone."""
    db.run(
        """UPDATE service_connections
           SET state = :state, problem = :problem, tries = :tries, next_ms = :next_ms
           WHERE athlete_id = :athlete_id AND service = :service AND since_ms = :since_ms""",
        state=state,
        problem=problem,
        tries=tries,
        next_ms=next_ms,
        athlete_id=one.athlete_id,
        service=one.service,
        since_ms=one.since_ms,
    )


def wait_s(tries: int, wished_s: float = 0.0) -> float:
    """How long to wait after so many failures in a row: doubling, never less than the service wished."""
    return max(wished_s, min(FIRST_WAIT_S * 2.0 ** min(tries, 16), LONGEST_WAIT_S))


def secret(db: Database, one: Connection) -> dict[str, Any]:
    """Its tokens; Revoked once the athlete's key is forgotten."""
    sealed = db.value(
        """SELECT sealed_secret FROM service_connections
           WHERE athlete_id = :athlete_id AND service = :service""",
        athlete_id=one.athlete_id,
        service=one.service,
    )
    plain = db.vault.open(bytes(sealed), _place(one.athlete_id, one.service)) if sealed is not None else None
    if plain is None:
        raise Revoked(f"{one.service} has no tokens here any more: connect it again")
    found: dict[str, Any] = msgspec.json.decode(plain)
    return found


def keep_secret(db: Database, one: Connection, value: dict[str, Any]) -> None:
    """Tokens that the service gave in place of the old ones: kept before they are used."""
    db.run(
        """UPDATE service_connections SET sealed_secret = :sealed
           WHERE athlete_id = :athlete_id AND service = :service AND since_ms = :since_ms""",
        sealed=_sealed(db, one.athlete_id, one.service, value),
        athlete_id=one.athlete_id,
        service=one.service,
        since_ms=one.since_ms,
    )


def _sealed(db: Database, athlete_id: str, service: str, value: dict[str, Any]) -> bytes:
    return db.vault.seal(athlete_id, msgspec.json.encode(value), _place(athlete_id, service))


def _place(athlete_id: str, service: str) -> str:
    return f"service/{athlete_id}/{service}"
