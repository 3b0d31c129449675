"""What every view needs of the application it runs in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from flask import current_app, g

from repbeat.people.viewer import Gate
from repbeat.store import Database
from repbeat.web.access import Access


class LiveState(Protocol):
    """`link` is the hub's word for the connection; `values` is the last LIVE value, None before the first."""

    @property
    def link(self) -> str: ...
    @property
    def values(self) -> dict[str, int] | None: ...


LiveSource = Callable[[], Mapping[str, LiveState]]


class Companion(NamedTuple):
    """One application's parts."""

    database: Database
    live: LiveSource
    unix_s: Callable[[], float]
    access: Access
    stopping: threading.Event  # set when the server is to end: streams end then


def companion() -> Companion:
    """The parts of the application that answers this request."""
    parts: Companion = current_app.extensions["repbeat"]
    return parts


def store() -> Database:
    """Its store."""
    return companion().database


def unix_s() -> float:
    """Its clock."""
    return companion().unix_s()


def now_ms() -> int:
    """Its clock in milliseconds."""
    return round(companion().unix_s() * 1000)


def gate() -> Gate:
    """Who asks, and what they may have."""
    found: Gate = g.gate
    return found
