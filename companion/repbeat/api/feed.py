"""What devices say right now, numbered, so that who was cut off goes on where they were.

One ring of the last entries serves all streams: nothing waits for a slow reader, who is told what was missed.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections import deque

import msgspec

from repbeat.hub import events

KEPT = 2048  # about five minutes of three devices' live values and heart rates
LIVE, HEART, GONE = "live", "heart", "gone"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a device said. `values` as repbeat_protocol.live has them, or bpm and rr_ms."""

    number: int
    device_id: str
    kind: str
    values: dict[str, object]


class Feed:
    """Listens to a hub's bus (`hear`); every method may be called from any thread."""

    def __init__(self, kept: int = KEPT) -> None:
        self.run = secrets.token_hex(4)  # numbers begin anew with the process
        self._numbers = itertools.count(1)
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._changed = threading.Condition()

    def hear(self, event: events.Event) -> None:
        """Take what concerns a stream from the hub."""
        if not event.device_id:
            return
        match event:
            case events.LiveValue():
                self.put(event.device_id, LIVE, dict(event.values))
            case events.HeartValue():
                rr_ms = [round(rr * 1000 / 1024, 1) for rr in event.rr_1024]
                self.put(event.device_id, HEART, {"bpm": event.bpm, "contact": event.contact, "rr_ms": rr_ms})
            case events.Disconnected():
                self.put(event.device_id, GONE, {})

    def put(self, device_id: str, kind: str, values: dict[str, object]) -> None:
        """Add an entry and wake all streams."""
        with self._changed:
            entry = Entry(number=next(self._numbers), device_id=device_id, kind=kind, values=values)
            self._entries.append(entry)
            self._changed.notify_all()

    def devices(self) -> set[str]:
        """Those that said anything."""
        with self._changed:
            return {entry.device_id for entry in self._entries}

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._entries[-1].number if self._entries else 0

    def since(self, number: int) -> tuple[list[Entry], int]:
        """(entries after `number`, how many of those are kept no longer)."""
        with self._changed:
            found = [entry for entry in self._entries if entry.number > number]
        return found, found[0].number - number - 1 if found else 0

    def wait(self, number: int, limit_s: float) -> None:
        """Until there is an entry after `number`, or the limit is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.last > number, limit_s)

    def mark(self, number: int) -> str:
        """A number as the id of an event."""
        return f"{self.run}-{number}"

    def number(self, mark: str | None) -> int | None:
        """The number in an id; None if it is none of this run."""
        run, _, number = (mark or "").partition("-")
        return int(number) if run == self.run and number.isdecimal() and len(number) < 16 else None
