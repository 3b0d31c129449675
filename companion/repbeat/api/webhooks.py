"""Webhooks of one's account: where another server is told that something is new."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from flask import current_app

from repbeat.api.operations import Id, Operations, Text
from repbeat.api.paging import Page
from repbeat.people import tokens
from repbeat.people.roles import Role
from repbeat.web.context import gate, now_ms, store
from repbeat.webhooks import book, targets
from repbeat.webhooks.book import Delivery, Webhook

webhooks = Operations("Webhooks")

Event = Literal["session.ended", "plan.proposed", "plan.applied", "plan.refused"]


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook. `secret` is there in the answer that makes it, and never again."""

    webhook_id: str
    url: str
    events: list[str]
    created_ms: int
    secret: str | None = None


class NewHook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An https address, and what it wants to be told of."""

    url: Text
    events: Annotated[list[Event], msgspec.Meta(min_length=1, max_length=4)]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery: waiting, retrying, delivered or given up, and why the last try failed."""

    delivery_id: str
    event: str
    state: str
    tries: int
    next_ms: int | None
    problem: str


@webhooks.get("/webhooks", Role.SIGNED_IN, tokens.READ)
def list_webhooks() -> Page[Hook]:
    """One's webhooks."""
    return Page(items=[_hook(one) for one in book.every(store(), gate().viewer.account_id)], next=None)


@webhooks.post("/webhooks", Role.SIGNED_IN, tokens.WRITE)
def add_webhook(body: NewHook) -> Hook:
    """Have a server told of sessions that end and plans that change, of all whom one may see.

    Each delivery is a POST of JSON that names the event, the athlete and where the API says more. It carries
    RepBeat-Delivery (an id: the same event comes with the same one), RepBeat-Timestamp (s) and
    RepBeat-Signature: HMAC-SHA256 with the secret over the timestamp, a dot and the body, in hex. Answer
    2xx within 10 s; anything else is tried again for two days, 410 ends it.
    """
    targets.check(body.url, private=current_app.extensions["repbeat.private_webhooks"])
    made, secret = book.add(store(), gate().viewer.account_id, body.url, list(body.events), now_ms())
    return msgspec.structs.replace(_hook(made), secret=secret)


@webhooks.delete("/webhooks/{webhook_id}", Role.SIGNED_IN, tokens.WRITE)
def remove_webhook(webhook_id: Id) -> None:
    """Take a webhook away, with what waits for it."""
    book.remove(store(), gate().viewer.account_id, webhook_id)


@webhooks.get("/webhooks/{webhook_id}/deliveries", Role.SIGNED_IN, tokens.READ)
def list_deliveries(webhook_id: Id) -> Page[Sent]:
    """What became of a webhook's deliveries: up to fifty, those that wait first."""
    found = book.get(store(), gate().viewer.account_id, webhook_id)
    kept = book.deliveries(store(), found.account_id, found.webhook_id)
    return Page(items=[_sent(one) for one in kept], next=None)


@webhooks.post("/webhooks/{webhook_id}/ping", Role.SIGNED_IN, tokens.WRITE, 202)
def ping_webhook(webhook_id: Id) -> Sent:
    """Have an event named `ping` delivered, to try a receiver."""
    found = book.get(store(), gate().viewer.account_id, webhook_id)
    made = book.ping(store(), found, now_ms())
    return _sent(made)


def _hook(one: Webhook) -> Hook:
    return Hook(webhook_id=one.webhook_id, url=one.url, events=one.events.split(), created_ms=one.created_ms)


def _sent(one: Delivery) -> Sent:
    return Sent(
        delivery_id=one.delivery_id,
        event=one.event,
        state=one.state,
        tries=one.tries,
        next_ms=one.next_ms,
        problem=one.problem,
    )
