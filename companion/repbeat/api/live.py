"""Live values as server-sent events: one stream for all that the asker may watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import msgspec
from flask import Response, current_app, request
from werkzeug.exceptions import ServiceUnavailable

from repbeat.api.feed import HEART, LIVE, Entry, Feed
from repbeat.api.operations import EVENTS, Id, Operations
from repbeat.hub.board import LIVE as CONNECTED
from repbeat.hub.board import State
from repbeat.people import consent, tokens
from repbeat.people.roles import Role
from repbeat.people.viewer import Gate
from repbeat.store import NotFound, devices
from repbeat.web import live as view
from repbeat.web.context import Companion, companion, gate
from repbeat.web.limits import Limits

live = Operations("Live")

LOOK_S = 2.0  # how often consent, and who wears what, is asked anew
QUIET_S = 15.0  # after so long without a word one is sent, so that a reader who left is noticed
WAKE_S = 0.5  # how long the end of the server takes to be noticed
AGAIN_MS = 2000
NO_HEART: dict[str, object] = {"bpm": None, "zone": 0, "strain": None}


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the asker may have of one device now."""

    athlete_id: str
    heart: bool


class Whose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One athlete, or all whom the asker may watch."""

    athlete_id: Id | None = None


class Streams:
    """The feed, and how many streams run in this process."""

    def __init__(self, feed: Feed, limits: Limits) -> None:
        self.feed = feed
        self.limits = limits
        self.free = threading.BoundedSemaphore(limits.streams) if limits.streams else None


@live.events("/live", Role.SIGNED_IN, tokens.LIVE)
def watch(query: Whose) -> Response:
    """What happens now: repetitions and heart rate while somebody trains.

    Events: `live` (phase, set, repetitions, rest …), `heart` (bpm, rr_ms; with consent to heart data), `gone`
    (a device left) and `missed` (how many were dropped for a reader too slow or too long away). Each names
    device_id and athlete_id. After a cut send Last-Event-ID, as browsers do by themselves.
    """
    if query.athlete_id is not None:
        gate().check(query.athlete_id, consent.LIVE)
    streams: Streams = current_app.extensions["repbeat.streams"]
    if streams.free is None or not streams.free.acquire(blocking=False):
        raise ServiceUnavailable("All streams are taken: try again later, or ask /live.json meanwhile.")
    events = _stream(streams, companion(), gate(), query.athlete_id, request.headers.get("Last-Event-ID"))
    response = Response(events, mimetype=EVENTS)
    response.call_on_close(streams.free.release)
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
    return response


def _stream(
    streams: Streams, parts: Companion, asking: Gate, athlete_id: str | None, last_id: str | None
) -> Iterator[bytes]:
    """Runs after the request is over: whatever it needs is given."""
    feed = streams.feed
    resumed = feed.number(last_id)
    number = feed.last if resumed is None else resumed
    watched = _watched(asking, parts, feed, athlete_id)
    yield f"retry: {AGAIN_MS}\n\n".encode()
    if resumed is None:
        for device_id, state in parts.live().items():
            if device_id in watched and state.values is not None:
                entry = Entry(number=number, device_id=device_id, kind=LIVE, values=dict(state.values))
                yield _written(feed, entry, watched[device_id])
    began = looked = said = time.monotonic()
    while not parts.stopping.is_set() and time.monotonic() - began < streams.limits.stream_s:
        entries, missed = feed.since(number)
        strangers = {entry.device_id for entry in entries} - watched.keys()
        if strangers or time.monotonic() - looked > LOOK_S:
            looked = time.monotonic()
            asking = Gate(asking.db, asking.viewer, round(parts.unix_s() * 1000))
            watched = _watched(asking, parts, feed, athlete_id)
        if missed:
            yield f"event: missed\ndata: {missed}\n\n".encode()
        for entry in entries:
            number = entry.number
            seen = watched.get(entry.device_id)
            if seen is not None and (seen.heart or entry.kind != HEART):
                said = time.monotonic()
                yield _written(feed, entry, seen)
        if time.monotonic() - said > QUIET_S:
            said = time.monotonic()
            yield b":\n\n"
        feed.wait(number, WAKE_S)


def _watched(asking: Gate, parts: Companion, feed: Feed, athlete_id: str | None) -> dict[str, Watched]:
    """By device what the asker may have now, of those that say anything."""
    found = {}
    for device_id in {*feed.devices(), *parts.live()}:
        with suppress(NotFound):  # a device whose first connection is just beginning
            wearer = devices.athlete_of(asking.db, devices.get(asking.db, device_id))
            if wearer is not None and athlete_id in (None, wearer) and asking.may(wearer, consent.LIVE):
                asking.seen(wearer, consent.LIVE)
                found[device_id] = Watched(athlete_id=wearer, heart=asking.may(wearer, consent.HEART))
    return found


def _written(feed: Feed, entry: Entry, seen: Watched) -> bytes:
    """An entry as an event."""
    values = entry.values
    if entry.kind == LIVE:
        state = State(address="", link=CONNECTED, values=values)  # type: ignore[arg-type]
        values = view.shown(state) | ({} if seen.heart else NO_HEART)
    data = {"device_id": entry.device_id, "athlete_id": seen.athlete_id, **values}
    head = f"id: {feed.mark(entry.number)}\nevent: {entry.kind}\ndata: ".encode()
    return head + msgspec.json.encode(data) + b"\n\n"
