"""What is new for a webhook, read from the store: nothing has to be told twice, and a kill forgets nothing.

Each event has an id made of what it is about, so that it is queued once, by however many processes.
"""

from __future__ import annotations

import hashlib

import msgspec

from repbeat.people import accounts, consent, viewer
from repbeat.people.viewer import Gate
from repbeat.store import Database, NotFound, plans
from repbeat.store.sessions import Session
from repbeat.webhooks import book
from repbeat.webhooks.book import PLAN_APPLIED, PLAN_PROPOSED, PLAN_REFUSED, SESSION_ENDED, Delivery, Webhook

BACK_MS = 14 * 24 * 3600 * 1000  # how late a session may come in and still be told of

PLAN_EVENTS = {plans.PROPOSED: PLAN_PROPOSED, plans.APPLIED: PLAN_APPLIED, plans.REFUSED: PLAN_REFUSED}
KIND = {SESSION_ENDED: consent.SESSIONS} | dict.fromkeys(PLAN_EVENTS.values(), consent.PLANS)


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is sent: what happened, and by which address the API tells more."""

    event: str
    delivery_id: str
    athlete_id: str
    session_id: str = ""
    revision: int = 0
    see: str


def queue(db: Database, webhook: Webhook, now_ms: int) -> int:
    """Queue what is new for a webhook and its account may see; how much there was."""
    gate = _gate(db, webhook, now_ms)
    if gate is None:
        return 0
    since_ms = max(webhook.created_ms, now_ms - BACK_MS)
    known, wanted = book.known(db, webhook), webhook.events.split()
    found = []
    for athlete in gate.known():
        found += [event for event in _of(db, gate, athlete.athlete_id, since_ms) if event.event in wanted]
    fresh = [
        Delivery(
            account_id=webhook.account_id,
            webhook_id=webhook.webhook_id,
            delivery_id=event.delivery_id,
            athlete_id=event.athlete_id,
            event=event.event,
            body=msgspec.json.encode(event).decode(),
            next_ms=now_ms,
            queued_ms=now_ms,
        )
        for event in found
        if event.delivery_id not in known
    ]
    return book.queue(db, fresh)


def may_go(db: Database, webhook: Webhook, one: Delivery, now_ms: int) -> bool:
    """Whether the account may still know this: consent may have ended since it was queued."""
    if one.event == book.PING:
        return True
    gate = _gate(db, webhook, now_ms)
    return gate is not None and gate.may(one.athlete_id, KIND[one.event])


class Reaching(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that is told of an athlete now: whose it is, and of what it hears."""

    webhook: Webhook
    name: str
    events: list[str]


def reaching(db: Database, athlete_id: str, now_ms: int) -> list[Reaching]:
    """Every webhook that is told of an athlete at this moment."""
    found = []
    for webhook in book.every(db):
        gate = _gate(db, webhook, now_ms)
        events = [one for one in webhook.events.split() if gate and gate.may(athlete_id, KIND[one])]
        if gate and events:
            found.append(Reaching(webhook=webhook, name=gate.viewer.name, events=events))
    return found


def _gate(db: Database, webhook: Webhook, now_ms: int) -> Gate | None:
    """What may go to a webhook; None: its account is gone."""
    try:
        account = accounts.get(db, webhook.account_id)
    except NotFound:
        return None
    place = webhook.place
    return Gate(db, viewer.of_place(account, place) if place else viewer.of_account(db, account), now_ms)


def _of(db: Database, gate: Gate, athlete_id: str, since_ms: int) -> list[Event]:
    found = []
    if gate.may(athlete_id, consent.SESSIONS):
        for session in db.all(
            Session,
            """SELECT * FROM sessions WHERE athlete_id = :athlete_id AND start_ms >= :since_ms
                 AND end_seq IS NOT NULL""",
            athlete_id=athlete_id,
            since_ms=since_ms,
        ):
            if gate.may_session(session):
                session_id = f"{session.device_id}-{session.log_id:08x}-{session.session_seq}"
                found.append(
                    _event(SESSION_ENDED, athlete_id, f"sessions/{session_id}", session_id=session_id)
                )
    if gate.may(athlete_id, consent.PLANS):
        for row in db.rows(
            "SELECT revision, status FROM plans WHERE athlete_id = :athlete_id AND created_ms >= :since_ms",
            athlete_id=athlete_id,
            since_ms=since_ms,
        ):
            if row["status"] in PLAN_EVENTS:
                see = f"athletes/{athlete_id}/plans/{row['revision']}"
                event = PLAN_EVENTS[row["status"]]
                found.append(_event(event, athlete_id, see, revision=row["revision"]))
    return found


def _event(event: str, athlete_id: str, see: str, session_id: str = "", revision: int = 0) -> Event:
    about = f"{event}/{athlete_id}/{session_id}/{revision}"
    return Event(
        event=event,
        delivery_id=hashlib.sha256(about.encode()).hexdigest()[:32],
        athlete_id=athlete_id,
        session_id=session_id,
        revision=revision,
        see=f"/api/v1/{see}",
    )
