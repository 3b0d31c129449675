"""A guest companion's side: exchanges with the host until the session is over, whatever the line does.

The host's clock is read off each exchange. Of the last eight, the one with the shortest way there and back
tells best, for its error is at most half that way (the clock filter of NTP, RFC 5905, 10): a clock that is
set anew on either side is followed within seconds. The host's key is kept from the first exchange on: another
companion at the same address is not believed.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import httpx
import msgspec

from repbeat.community.errors import CommunityError
from repbeat.community.shared import identity, sessions, wire
from repbeat.community.shared.errors import (
    BadMessage,
    BadSignature,
    NotYours,
    PlainAddress,
    UnknownCode,
    Unreachable,
)
from repbeat.community.shared.sessions import Shared
from repbeat.store import Database
from repbeat.store.errors import StoreError
from repbeat.webhooks import targets

log = logging.getLogger(__name__)
EVERY_S = 0.5  # live at twice a second
TIMEOUT_S = 5.0
MOST_BYTES = 1 << 20  # of an answer; one of 100 members and 500 events is a seventh of it
LAST_PORT = 65535
PROBES = 5
KEPT = 8  # exchanges that the host's clock is told from


class Guest:
    """One session at one host. `now_ms` is this companion's clock, in ms with fractions."""

    def __init__(self, db: Database, client: httpx.Client, now_ms: Callable[[], float]) -> None:
        self._db = db
        self._client = client
        self._now_ms = now_ms
        self._me = identity.of(db)
        self._heard: dict[str, deque[tuple[float, int]]] = {}  # by code: (way there and back, offset)

    def join(self, host: str, code: str) -> Shared:
        """Meet a host for the first time; PlainAddress, UnknownCode, NotYours, Unreachable, BadMessage."""
        host = address_of(host)
        now_ms = round(self._now_ms())
        code = sessions.checked_code(code)
        if any(one.code == code and one.host != host for one in sessions.every(self._db)):
            raise NotYours("a session of this code is known here, and not from that address: join it without")
        self._heard.pop(code, None)
        session = Shared(code=code, name="", host=host, host_key="", created_ms=now_ms)
        for _ in range(PROBES):
            session = self.exchange(session)
        return session

    def exchange(self, session: Shared) -> Shared:
        """Tell the host what is new here, take in what is new there; the session as it now stands."""
        db = self._db
        asked = wire.Ask(
            members=[
                wire.outward(one)
                for one in sessions.members(db, session.code)
                if one.companion == self._me.public
            ],
            events=sessions.unsent(db, session.code),
            seen_number=session.seen_number,
        )
        answer, sent_ms, got_ms = self._post(session, msgspec.json.encode(asked))
        if session.host_key and answer.host_key != session.host_key:
            raise BadSignature("another companion answers at the host's address: join again if it is right")
        session = self._timed(session, answer, sent_ms, got_ms)
        start_ms = None if answer.start_ms is None else answer.start_ms - session.offset_ms
        session = msgspec.structs.replace(
            session,
            name=answer.name,
            kind=answer.kind,
            host_key=answer.host_key,
            start_ms=start_ms,
            ended_ms=answer.ended_ms,
            seen_number=max([session.seen_number, *(event.number or 0 for event in answer.events)]),
            problem="",
        )
        with db.atomic():
            sessions.mirror(db, session)
            for member in answer.members:  # who is at home here, the host does not say
                sessions.add_member(db, session.code, wire.outward(member))
            sessions.mirrored(db, session.code, answer.events)
        return session

    def _timed(self, session: Shared, answer: wire.Answer, sent_ms: float, got_ms: float) -> Shared:
        way_ms = got_ms - sent_ms
        if way_ms < 0 or (session.start_ms is not None and session.start_ms < got_ms):
            return session  # the clock here was set back meanwhile, or the start is over
        heard = self._heard.setdefault(session.code, deque(maxlen=KEPT))
        heard.append((way_ms, round(answer.now_ms - (sent_ms + got_ms) / 2)))
        return msgspec.structs.replace(session, offset_ms=min(heard)[1])

    def _post(self, session: Shared, body: bytes) -> tuple[wire.Answer, float, float]:
        path = f"/api/shared/{session.code}"
        sent_ms = self._now_ms()
        headers = self._me.headers("POST", path, body, round(sent_ms) + session.offset_ms)
        try:
            with self._client.stream(
                "POST",
                session.host + path,
                content=body,
                headers={**headers, "Content-Type": "application/json"},
                timeout=TIMEOUT_S,
            ) as answer:
                content = _content(answer)
        except (httpx.HTTPError, UnicodeError) as error:  # the latter of a name that can be none
            raise Unreachable(f"the host does not answer: {type(error).__name__}") from error
        got_ms = self._now_ms()
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise UnknownCode("the host knows no session of this code, or it is over")
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise BadSignature("the host does not take this companion's signature: set the clocks right")
        if not answer.is_success:
            raise Unreachable(f"the host answers {answer.status_code}")
        return wire.answer_of(content), sent_ms, got_ms


def _content(answer: httpx.Response) -> bytes:
    """What was answered; BadMessage for more than an answer ever is, Unreachable for one that never ends."""
    end_s = time.monotonic() + TIMEOUT_S
    content = bytearray()
    for part in answer.iter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            raise BadMessage("the host's answer has no end: is RepBeat at that address?")
        if time.monotonic() > end_s:
            raise Unreachable("the host's answer takes too long")
    return bytes(content)


def address_of(host: str) -> str:
    """A host's address as it was written, https where nothing says otherwise.

    PlainAddress for http through the internet, in one's own network it will do; and for anything behind the
    host's name, which would be said to something else that listens there.
    """
    url = (host if "://" in host else f"https://{host}").rstrip("/")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise PlainAddress(f"that is no address: {error}") from error
    if parts.raw_path != b"/" or parts.fragment or parts.userinfo or (parts.port or 0) > LAST_PORT:
        raise PlainAddress("give the address of a companion alone, as https://gym.example")
    if parts.host and (parts.scheme == "https" or (parts.scheme == "http" and _is_near(parts.host))):
        return url
    raise PlainAddress("give an address that begins with https://: what is said could be read on its way")


def _is_near(name: str) -> bool:
    if name == "localhost" or name.endswith(".local"):
        return True
    try:
        return not targets.is_public(name)
    except ValueError:
        return False


def follow(guest: Guest, db: Database, now_ms: Callable[[], float], ended: threading.Event) -> None:
    """Exchange for every session hosted elsewhere, until `ended`; a host that fails is tried again."""
    while not ended.wait(EVERY_S):
        try:
            sessions.forget_old(db, round(now_ms()))
            for session in sessions.every(db):
                if session.host:
                    _follow(guest, db, session)
        except StoreError as error:
            log.warning("shared sessions wait for the store: %s", type(error).__name__)


def _follow(guest: Guest, db: Database, session: Shared) -> None:
    try:
        guest.exchange(session)
    except CommunityError as error:
        if session.problem != str(error):
            sessions.mirror(db, msgspec.structs.replace(session, problem=str(error)))


@contextlib.contextmanager
def following(db: Database, now_ms: Callable[[], float]) -> Iterator[None]:
    """Follow sessions of other companions for as long as the block lasts."""
    ended = threading.Event()
    with httpx.Client() as client:
        guest = Guest(db, client, now_ms)
        thread = threading.Thread(
            target=follow, args=(guest, db, now_ms, ended), name="shared sessions elsewhere", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(TIMEOUT_S + EVERY_S)
