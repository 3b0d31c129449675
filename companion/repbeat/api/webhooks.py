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
    """A webhook. `secret` is there in the answer that makes it, and never again. `place` as it was made.

    Of one that somebody else made for a gym that one operates, `url` is its host alone.
    """

    webhook_id: str
    url: str
    events: list[str]
    created_ms: int
    place: str | None = None
    secret: str | None = None


class NewHook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An https address, and what it wants to be told of.

    `place`: a gym_id, or gym_id/group_id, of one's own: of what was consented to that place alone.
    """

    url: Text
    events: Annotated[list[Event], msgspec.Meta(min_length=1, max_length=4)]
    place: Text | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery: waiting, retrying, delivered or given up, when it was tried, and why that failed."""

    delivery_id: str
    event: str
    state: str
    tries: int
    queued_ms: int | None
    tried_ms: int | None
    next_ms: int | None
    problem: str


@webhooks.get("/webhooks", Role.SIGNED_IN, tokens.READ)
def list_webhooks() -> Page[Hook]:
    """One's webhooks, and those for the gyms that one operates."""
    viewer = gate().viewer
    return Page(
        items=[_hook(one) for one in book.overseen(store(), viewer.account_id, viewer.operates)], next=None
    )


@webhooks.post("/webhooks", Role.SIGNED_IN, tokens.WRITE)
def add_webhook(body: NewHook) -> Hook:
    """Have a server told of sessions that end and plans that change, of all whom one may see, or of a
    gym or group of one's own.

    Each delivery is a POST of JSON that names the event, the athlete and where the API says more. It carries
    RepBeat-Delivery (an id: the same event comes with the same one), RepBeat-Timestamp (s) and
    RepBeat-Signature: HMAC-SHA256 with the secret over the timestamp, a dot and the body, in hex. Answer
    2xx within 10 s; anything else is tried again for two days, 410 ends it.
    """
    targets.check(body.url, private=current_app.extensions["repbeat.private_webhooks"])
    mine, place = gate().viewer.account_id, body.place or ""
    made, secret = book.add(store(), mine, body.url, list(body.events), now_ms(), place)
    return msgspec.structs.replace(_hook(made), secret=secret)


@webhooks.delete("/webhooks/{webhook_id}", Role.SIGNED_IN, tokens.WRITE)
def remove_webhook(webhook_id: Id) -> None:
    """Take a webhook away, with what waits for it."""
    book.remove(store(), _found(webhook_id))


@webhooks.get("/webhooks/{webhook_id}/deliveries", Role.SIGNED_IN, tokens.READ)
def list_deliveries(webhook_id: Id) -> Page[Sent]:
    """What became of a webhook's last deliveries: up to fifty, those that wait first, then the newest."""
    return Page(items=[_sent(one) for one in book.deliveries(store(), _found(webhook_id))], next=None)


@webhooks.post("/webhooks/{webhook_id}/ping", Role.SIGNED_IN, tokens.WRITE, 202)
def ping_webhook(webhook_id: Id) -> Sent:
    """Have an event named `ping` delivered, to try a receiver."""
    return _sent(book.ping(store(), _found(webhook_id), now_ms()))


def _found(webhook_id: str) -> Webhook:
    viewer = gate().viewer
    return book.get(store(), viewer.account_id, webhook_id, viewer.operates)


def _hook(one: Webhook) -> Hook:
    return Hook(
        webhook_id=one.webhook_id,
        url=one.url if one.account_id == gate().viewer.account_id else f"https://{one.host}",
        events=one.events.split(),
        created_ms=one.created_ms,
        place=one.place or None,
    )


def _sent(one: Delivery) -> Sent:
    return Sent(
        delivery_id=one.delivery_id,
        event=one.event,
        state=one.state,
        tries=one.tries,
        queued_ms=one.queued_ms,
        tried_ms=one.tried_ms,
        next_ms=one.next_ms,
        problem=one.problem,
    )
