"""Brings deliveries to their webhooks: signed, again with growing pauses, until taken or given up."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator

import httpx

from repbeat import __version__
from repbeat.beside import again_and_again
from repbeat.people import preferences
from repbeat.store import Database, NotFound
from repbeat.webhooks import book, news, targets
from repbeat.webhooks.book import Delivery
from repbeat.webhooks.errors import BadTarget
from repbeat.webhooks.targets import Target

LOOK_S = 5.0
AT_ONCE = 20
LIMIT_S = 10.0  # for all of a try: a receiver that says a word now and then keeps nobody waiting
TAKEN_MS = 60_000  # longer than a try takes: then another process may try again
FIRST_MS = 30_000
LONGEST_MS = 6 * 3600 * 1000
TRIES = 16  # about two days
KEPT_MS = 2 * news.BACK_MS  # after that nothing would be queued for a second time
GONE = 410


def signature(secret: bytes, timestamp_s: int, body: bytes) -> str:
    """What RepBeat-Signature says: HMAC-SHA256 over the timestamp, a dot and the body, in hex."""
    return hmac.new(secret, b"%d." % timestamp_s + body, hashlib.sha256).hexdigest()


class Courier:
    """`private`: also into the local network. `look` once; `delivering` again and again."""

    def __init__(
        self, db: Database, *, private: bool = False, unix_s: Callable[[], float] = time.time
    ) -> None:
        self._db = db
        self._private = private
        self._unix_s = unix_s
        self._trust = httpx.create_ssl_context(trust_env=False)

    @contextlib.contextmanager
    def delivering(self) -> Iterator[None]:
        """Bring what is new for as long as the block lasts; what is under way at its end is finished."""
        with again_and_again("webhooks", self.look, LOOK_S):
            yield

    def look(self) -> int:
        """Queue what is new, send what is due; how many were sent."""
        for webhook in book.every(self._db):
            news.queue(self._db, webhook, self._now_ms())
        book.sweep(self._db, self._now_ms() - KEPT_MS)
        sent = 0
        for one in book.due(self._db, self._now_ms(), AT_ONCE):
            if self._rests(one):
                continue
            if book.take(self._db, one, self._now_ms() + TAKEN_MS):
                sent += 1
                self._send(one)
        return sent

    def _rests(self, one: Delivery) -> bool:
        """In an account's quiet hours its deliveries wait for their end; a ping was asked for just now."""
        liked = preferences.of(self._db, one.account_id)
        until_ms = preferences.quiet_until_ms(liked, self._now_ms()) if one.event != book.PING else None
        if until_ms is not None:
            book.settle(self._db, one, until_ms, book.QUIET, None)
        return until_ms is not None

    def _send(self, one: Delivery) -> None:
        try:
            webhook = book.get(self._db, one.account_id, one.webhook_id)
        except NotFound:
            return  # taken away meanwhile, and its deliveries with it
        if not news.may_go(self._db, webhook, one, self._now_ms()):
            book.settle(self._db, one, None, book.NO_CONSENT, None)
            return
        body, at_s = one.body.encode(), int(self._unix_s())
        try:
            target = targets.resolved(webhook.url, private=self._private)
            headers = {
                "Host": target.named,
                "Content-Type": "application/json",
                "User-Agent": f"RepBeat/{__version__}",
                "RepBeat-Event": one.event,
                "RepBeat-Delivery": one.delivery_id,
                "RepBeat-Timestamp": str(at_s),
                "RepBeat-Signature": signature(book.secret_of(self._db, webhook), at_s, body),
            }
            status = asyncio.run(self._post(target, headers, body))
        except BadTarget:
            self._again(one, book.NO_ADDRESS)
        except (httpx.HTTPError, TimeoutError) as error:
            self._again(one, f"{book.NO_ANSWER}: {type(error).__name__}")
        else:
            if 200 <= status < 300:
                self._settle(one, None, "")
            elif status == GONE:
                self._settle(one, None, f"{book.NO_MORE}: {GONE}")
            else:
                self._again(one, f"{book.ANSWERED}: {status}")

    async def _post(self, target: Target, headers: dict[str, str], body: bytes) -> int:
        """The status of the answer, whose body is of no interest; TimeoutError after LIMIT_S."""
        # Nothing of the environment's proxies: what was judged is what is connected to.
        client = httpx.AsyncClient(timeout=LIMIT_S, verify=self._trust, trust_env=False)
        named = {"sni_hostname": target.host}
        async with (
            asyncio.timeout(LIMIT_S),
            client,
            client.stream("POST", target.url, content=body, headers=headers, extensions=named) as answer,
        ):
            return answer.status_code

    def _again(self, one: Delivery, problem: str) -> None:
        """Try again after a pause that doubles, or give up."""
        tries = one.tries + 1
        if tries >= TRIES:
            self._settle(one, None, problem)
            return
        pause_ms = min(LONGEST_MS, FIRST_MS << (tries - 1))
        self._settle(one, self._now_ms() + pause_ms, problem)

    def _settle(self, one: Delivery, next_ms: int | None, problem: str) -> None:
        book.settle(self._db, one, next_ms, problem, self._now_ms())

    def _now_ms(self) -> int:
        return round(self._unix_s() * 1000)
