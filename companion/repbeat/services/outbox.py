"""What each connected service is still to get, and sending it: nothing lost, nothing twice.

What is to be sent is computed from the store each time, so a lost note or a killed process loses nothing.
What was sent is noted after the service said so; in between a kill sends once more what the service knows
by our own stable name (Strava's "duplicate", a day's wellness put again, a retained message).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from repbeat.people import consent
from repbeat.services import connections
from repbeat.services.connections import CONNECTED, REVOKED, WAITING, Connection
from repbeat.services.errors import Again, Refused, Revoked
from repbeat.store import Database

SENT, UNDERWAY, REFUSED = "sent", "underway", "refused"
LOOK_AGAIN_S = 60.0  # a session that has just arrived is on its way within a minute
MOST_AT_ONCE = 50  # items of one connection in one go: the others have their turn


class Wanted(msgspec.Struct, frozen=True):
    """Something the service should have, in the state that `digest` stands for."""

    item: str
    digest: str = ""


class Sent(msgspec.Struct, frozen=True):
    """The service took it; not `done`: it still works on it, ask again in `again_s`."""

    remote: str = ""
    done: bool = True
    again_s: float = 0.0


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item."""

    athlete_id: str
    service: str
    item: str
    digest: str
    state: str
    remote: str
    problem: str
    at_ms: int


class Adapter(Protocol):
    """One service. `needs`: the kinds of data without consent to which nothing can be sent at all."""

    service: str
    needs: tuple[str, ...]

    def wanted(self, db: Database, one: Connection, now_ms: int) -> Iterable[Wanted]:
        """What the service should have, oldest first. May talk to the service; raises as `send` does."""
        ...

    def send(self, db: Database, one: Connection, wanted: Wanted, remote: str, now_ms: int) -> Sent:
        """Send one item; `remote` is the service's name for one underway. Again, Refused, Revoked."""
        ...


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one go did with one connection."""

    service: str
    state: str
    sent: int
    refused: int
    left: int
    problem: str


def items(db: Database, athlete_id: str, service: str) -> dict[str, Item]:
    """What was sent or refused, by item."""
    rows = db.all(
        Item,
        "SELECT * FROM service_items WHERE athlete_id = :athlete_id AND service = :service",
        athlete_id=athlete_id,
        service=service,
    )
    return {one.item: one for one in rows}


def tally(db: Database, athlete_id: str, service: str) -> dict[str, int]:
    """How many items are sent, underway and refused."""
    rows = db.rows(
        """SELECT state, COUNT(*) AS count FROM service_items
           WHERE athlete_id = :athlete_id AND service = :service GROUP BY state""",
        athlete_id=athlete_id,
        service=service,
    )
    return {SENT: 0, UNDERWAY: 0, REFUSED: 0} | {row["state"]: row["count"] for row in rows}


def run(db: Database, adapters: Mapping[str, Adapter], now_ms: int) -> list[Report]:
    """Work on every connection that is due. A service that fails waits, and keeps no other waiting."""
    out = []
    for one in connections.due(db, now_ms):
        adapter = adapters.get(one.service)
        if adapter is not None and connections.lease(db, one, now_ms):
            out.append(_work(db, adapter, one, now_ms))
    return out


def _work(db: Database, adapter: Adapter, one: Connection, now_ms: int) -> Report:
    sent = refused = left = 0
    state, problem, tries, next_s = CONNECTED, "", 0, LOOK_AGAIN_S
    try:
        missing = [
            scope
            for scope in adapter.needs
            if not consent.service_may(db, one.athlete_id, one.service, scope, now_ms)
        ]
        if missing:
            raise Again(f"no consent to {', '.join(missing)}: give it, or disconnect the service")
        known = items(db, one.athlete_id, one.service)
        todo = [
            wanted for wanted in adapter.wanted(db, one, now_ms) if _is_due(known.get(wanted.item), wanted)
        ]
        left = len(todo)
        for wanted in todo[:MOST_AT_ONCE]:
            before = known.get(wanted.item)
            remote = before.remote if before is not None and before.state == UNDERWAY else ""
            try:
                answer = adapter.send(db, one, wanted, remote, now_ms)
            except Refused as error:
                _note(db, one, wanted, REFUSED, "", str(error), now_ms)
                refused += 1
            else:
                _note(db, one, wanted, SENT if answer.done else UNDERWAY, answer.remote, "", now_ms)
                sent += answer.done
                if not answer.done:
                    next_s = min(next_s, answer.again_s)
                    continue
            left -= 1
        if left > 0 and len(todo) > MOST_AT_ONCE:
            next_s = 1.0
    except Revoked as error:
        state, problem = REVOKED, str(error)
    except Again as error:
        state, problem, tries = WAITING, str(error), one.tries + 1
        next_s = connections.wait_s(one.tries, error.wait_s)
    connections.settle(db, one, state, problem, tries, now_ms + round(next_s * 1000))
    return Report(
        service=one.service, state=state, sent=sent, refused=refused, left=max(0, left), problem=problem
    )


def _is_due(known: Item | None, wanted: Wanted) -> bool:
    return known is None or known.state == UNDERWAY or known.digest != wanted.digest


def _note(
    db: Database, one: Connection, wanted: Wanted, state: str, remote: str, problem: str, now_ms: int
) -> None:
    row = Item(
        athlete_id=one.athlete_id,
        service=one.service,
        item=wanted.item,
        digest=wanted.digest,
        state=state,
        remote=remote,
        problem=problem,
        at_ms=now_ms,
    )
    db.upsert("service_items", ("athlete_id", "service", "item"), [row])
