"""The rows of webhooks and of what is to be delivered to them."""

from __future__ import annotations

import secrets
import uuid
from urllib.parse import urlsplit

import msgspec

from repbeat.people import keys, tenants
from repbeat.store import Database, NotFound
from repbeat.webhooks.errors import TooManyWebhooks

SESSION_ENDED, PLAN_PROPOSED, PLAN_APPLIED, PLAN_REFUSED = (
    "session.ended",
    "plan.proposed",
    "plan.applied",
    "plan.refused",
)
EVENTS = (SESSION_ENDED, PLAN_PROPOSED, PLAN_APPLIED, PLAN_REFUSED)
# Why a delivery waits or was given up: one of these, some with `: ` and a detail.
QUIET, NO_CONSENT = "quiet hours", "consent has ended"
NO_ADDRESS = "the address is not found, or lies in a private network"
NO_ANSWER, ANSWERED, NO_MORE = "no answer", "the receiver answered", "the receiver wants no more"
PROBLEMS = (QUIET, NO_CONSENT, NO_ADDRESS, NO_ANSWER, ANSWERED, NO_MORE)

PING = "ping"
MOST = 20  # of one account


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account wants to be told of which events.

    `place`: a gym_id, or gym_id/group_id, of whose members it tells; empty: of all whom the account may see.
    """

    account_id: str
    webhook_id: str
    url: str
    events: str
    created_ms: int
    place: str = ""

    @property
    def host(self) -> str:
        """Where it goes, without what in its address might be a secret."""
        return urlsplit(self.url).netloc


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook. `next_ms` None: delivered where `problem` is empty, else given up.

    `queued_ms` None: from before it was kept; `tried_ms`: the last try.
    """

    account_id: str
    webhook_id: str
    delivery_id: str
    athlete_id: str
    event: str
    body: str
    tries: int = 0
    next_ms: int | None = None
    problem: str = ""
    queued_ms: int | None = None
    tried_ms: int | None = None

    @property
    def state(self) -> str:
        """In a word."""
        if self.next_ms is not None:
            return "retrying" if self.problem else "waiting"
        return "given up" if self.problem else "delivered"


_COLUMNS = "account_id, webhook_id, url, events, created_ms, place"


def add(
    db: Database, account_id: str, url: str, events: list[str], now_ms: int, place: str = ""
) -> tuple[Webhook, str]:
    """A new webhook, and the secret that signs what it gets, which is shown once.

    NotFound for a gym or group that the account does not belong to.
    """
    if place and place not in places(db, account_id):
        raise NotFound("no gym or group of yours: choose one that you belong to")
    if len(every(db, account_id)) >= MOST:
        raise TooManyWebhooks(f"an account has up to {MOST} webhooks: take one away first")
    webhook = Webhook(
        account_id=account_id,
        webhook_id=uuid.uuid4().hex,
        url=url,
        events=" ".join(sorted(set(events))),
        created_ms=now_ms,
        place=place,
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


def places(db: Database, account_id: str) -> list[str]:
    """The gyms and groups (gym_id/group_id) that an account belongs to."""
    belongs = tenants.of_account(db, account_id)
    return sorted({f"{one.gym_id}/{one.group_id}" if one.group_id else one.gym_id for one in belongs})


def overseen(db: Database, account_id: str, operates: frozenset[str]) -> list[Webhook]:
    """An account's own, then those that others made for the gyms that it operates, and for their groups."""
    others = [one for one in every(db) if one.account_id != account_id]
    return every(db, account_id) + [one for one in others if one.place.partition("/")[0] in operates]


def get(db: Database, account_id: str, webhook_id: str, operates: frozenset[str] = frozenset()) -> Webhook:
    """One of those that an account oversees; NotFound otherwise."""
    for one in overseen(db, account_id, operates):
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


def remove(db: Database, webhook: Webhook) -> None:
    """Take a webhook away with what waits for it."""
    with db.atomic():
        for table in ("webhook_deliveries", "webhooks"):
            db.run(
                f"DELETE FROM {table} WHERE account_id = :account_id AND webhook_id = :webhook_id",  # noqa: S608
                account_id=webhook.account_id,
                webhook_id=webhook.webhook_id,
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
        queued_ms=now_ms,
    )
    queue(db, [one])
    return one


def deliveries(db: Database, webhook: Webhook, limit: int = 50) -> list[Delivery]:
    """The last of a webhook: those that wait first, then the newest."""
    return db.all(
        Delivery,
        """SELECT * FROM webhook_deliveries WHERE account_id = :account_id AND webhook_id = :webhook_id
           ORDER BY CASE WHEN next_ms IS NULL THEN 1 ELSE 0 END, next_ms,
             COALESCE(queued_ms, 0) DESC, delivery_id LIMIT :limit""",
        account_id=webhook.account_id,
        webhook_id=webhook.webhook_id,
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


def settle(db: Database, one: Delivery, next_ms: int | None, problem: str, tried_ms: int | None) -> None:
    """What came of a try at `tried_ms`; None: it was not even tried."""
    db.run(
        """UPDATE webhook_deliveries SET next_ms = :next_ms, problem = :problem,
             tried_ms = COALESCE(:tried_ms, tried_ms)
           WHERE account_id = :account_id AND webhook_id = :webhook_id AND delivery_id = :delivery_id""",
        next_ms=next_ms,
        problem=problem,
        tried_ms=tried_ms,
        account_id=one.account_id,
        webhook_id=one.webhook_id,
        delivery_id=one.delivery_id,
    )


def sweep(db: Database, before_ms: int) -> int:
    """Forget deliveries that were queued before a moment and are settled; how many."""
    return db.run(
        "DELETE FROM webhook_deliveries WHERE next_ms IS NULL AND queued_ms < :before_ms", before_ms=before_ms
    )


def _place(webhook: Webhook) -> str:
    return f"webhook/{webhook.account_id}/{webhook.webhook_id}"
