"""The rows of webhooks and of what is to be delivered to them."""

from __future__ import annotations

import secrets
import uuid

import msgspec

from repbeat.people import keys
from repbeat.store import Database, NotFound
from repbeat.webhooks.errors import TooManyWebhooks

SESSION_ENDED, PLAN_PROPOSED, PLAN_APPLIED, PLAN_REFUSED = (
    "session.ended",
    "plan.proposed",
    "plan.applied",
    "plan.refused",
)
EVENTS = (SESSION_ENDED, PLAN_PROPOSED, PLAN_APPLIED, PLAN_REFUSED)
PING = "ping"
MOST = 20  # of one account


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account wants to be told of which events."""

    account_id: str
    webhook_id: str
    url: str
    events: str
    created_ms: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook. `next_ms` None: delivered where `problem` is empty, else given up."""

    account_id: str
    webhook_id: str
    delivery_id: str
    athlete_id: str
    event: str
    body: str
    tries: int = 0
    next_ms: int | None = None
    problem: str = ""

    @property
    def state(self) -> str:
        """In a word."""
        if self.next_ms is not None:
            return "retrying" if self.problem else "waiting"
        return "given up" if self.problem else "delivered"


_COLUMNS = "account_id, webhook_id, url, events, created_ms"


def add(db: Database, account_id: str, url: str, events: list[str], now_ms: int) -> tuple[Webhook, str]:
    """A new webhook, and the secret that signs what it gets, which is shown once."""
    if len(every(db, account_id)) >= MOST:
        raise TooManyWebhooks(f"an account has up to {MOST} webhooks: take one away first")
    webhook = Webhook(
        account_id=account_id,
        webhook_id=uuid.uuid4().hex,
        url=url,
        events=" ".join(sorted(set(events))),
        created_ms=now_ms,
    )
    secret = secrets.token_urlsafe(32)
    sealed = keys.of(db).wrap(secret.encode(), _place(webhook))
    db.insert("webhooks", [{**msgspec.structs.asdict(webhook), "sealed_secret": sealed}])
    return webhook, secret


def every(db: Database, account_id: str | None = None) -> list[Webhook]:
    """All of an account, or all there are; oldest first."""
    if account_id is None:
        return db.all(Webhook, f"SELECT {_COLUMNS} FROM webhooks ORDER BY created_ms")  # noqa: S608
    return db.all(
        Webhook,
        f"SELECT {_COLUMNS} FROM webhooks WHERE account_id = :account_id ORDER BY created_ms",  # noqa: S608
        account_id=account_id,
    )


def get(db: Database, account_id: str, webhook_id: str) -> Webhook:
    """One of an account's; NotFound otherwise."""
    for one in every(db, account_id):
        if one.webhook_id == webhook_id:
            return one
    raise NotFound("no such webhook: the list of webhooks has their ids")


def secret_of(db: Database, webhook: Webhook) -> bytes:
    """What signs its deliveries."""
    sealed = db.value(
        "SELECT sealed_secret FROM webhooks WHERE account_id = :account_id AND webhook_id = :webhook_id",
        account_id=webhook.account_id,
        webhook_id=webhook.webhook_id,
    )
    return keys.of(db).unwrap(bytes(sealed), _place(webhook))


def remove(db: Database, account_id: str, webhook_id: str) -> None:
    """Take a webhook away with what waits for it; NotFound if the account has none of this id."""
    get(db, account_id, webhook_id)
    with db.atomic():
        for table in ("webhook_deliveries", "webhooks"):
            db.run(
                f"DELETE FROM {table} WHERE account_id = :account_id AND webhook_id = :webhook_id",  # noqa: S608
                account_id=account_id,
                webhook_id=webhook_id,
            )


def queue(db: Database, deliveries: list[Delivery]) -> int:
    """Keep deliveries; one whose id is there stays as it is."""
    return db.insert("webhook_deliveries", deliveries)


def ping(db: Database, webhook: Webhook, now_ms: int) -> Delivery:
    """Queue an event that means nothing."""
    delivery_id = uuid.uuid4().hex
    body = msgspec.json.encode({"event": PING, "delivery_id": delivery_id})
    one = Delivery(
        account_id=webhook.account_id,
        webhook_id=webhook.webhook_id,
        delivery_id=delivery_id,
        athlete_id="",
        event=PING,
        body=body.decode(),
        next_ms=now_ms,
    )
    queue(db, [one])
    return one


def deliveries(db: Database, account_id: str, webhook_id: str, limit: int = 50) -> list[Delivery]:
    """Some of a webhook: those that wait first."""
    return db.all(
        Delivery,
        """SELECT * FROM webhook_deliveries WHERE account_id = :account_id AND webhook_id = :webhook_id
           ORDER BY CASE WHEN next_ms IS NULL THEN 1 ELSE 0 END, next_ms, delivery_id LIMIT :limit""",
        account_id=account_id,
        webhook_id=webhook_id,
        limit=limit,
    )


def known(db: Database, webhook: Webhook) -> set[str]:
    """The ids of all that was ever queued for a webhook."""
    rows = db.rows(
        """SELECT delivery_id FROM webhook_deliveries
           WHERE account_id = :account_id AND webhook_id = :webhook_id""",
        account_id=webhook.account_id,
        webhook_id=webhook.webhook_id,
    )
    return {row["delivery_id"] for row in rows}


def due(db: Database, now_ms: int, limit: int) -> list[Delivery]:
    """What is to be sent now, longest waiting first."""
    return db.all(
        Delivery,
        "SELECT * FROM webhook_deliveries WHERE next_ms <= :now_ms ORDER BY next_ms LIMIT :limit",
        now_ms=now_ms,
        limit=limit,
    )


def take(db: Database, one: Delivery, until_ms: int) -> bool:
    """Have a delivery to oneself until a moment; False if another process took it."""
    changed = db.run(
        """UPDATE webhook_deliveries SET next_ms = :until_ms, tries = tries + 1
           WHERE account_id = :account_id AND webhook_id = :webhook_id AND delivery_id = :delivery_id
             AND next_ms = :next_ms AND tries = :tries""",
        until_ms=until_ms,
        account_id=one.account_id,
        webhook_id=one.webhook_id,
        delivery_id=one.delivery_id,
        next_ms=one.next_ms,
        tries=one.tries,
    )
    return changed == 1


def settle(db: Database, one: Delivery, next_ms: int | None, problem: str) -> None:
    """What came of a try."""
    db.run(
        """UPDATE webhook_deliveries SET next_ms = :next_ms, problem = :problem
           WHERE account_id = :account_id AND webhook_id = :webhook_id AND delivery_id = :delivery_id""",
        next_ms=next_ms,
        problem=problem,
        account_id=one.account_id,
        webhook_id=one.webhook_id,
        delivery_id=one.delivery_id,
    )


def _place(webhook: Webhook) -> str:
    return f"webhook/{webhook.account_id}/{webhook.webhook_id}"
