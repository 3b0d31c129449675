"""From the hub to shared sessions: what a member's band says, as far as the member consented."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from repbeat.community.shared import sessions
from repbeat.community.shared.sessions import Report
from repbeat.hub import events
from repbeat.people import consent
from repbeat.store import Database, NotFound, devices
from repbeat.store.errors import StoreError

SERVICE = "shared session"  # whom the consents name
WAITING = 256  # events; a hub is never kept waiting, and the next report tells more than a lost one
log = logging.getLogger(__name__)


class Reporter:
    """Listens to a hub's bus and writes in a thread of its own."""

    def __init__(self, db: Database, bus: events.Bus, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms
        self._queue: queue.Queue[events.LiveValue | None] = queue.Queue(WAITING)
        self._last: dict[tuple[str, str], Report] = {}
        self._thread = threading.Thread(target=self._work, name="shared sessions", daemon=True)
        self._thread.start()
        self._deaf = bus.listen(self._hear)

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._deaf()
        self._queue.put(None)
        self._thread.join()

    def _hear(self, event: events.Event) -> None:
        if isinstance(event, events.LiveValue) and event.device_id:
            try:
                self._queue.put_nowait(event)
            except queue.Full:
                log.info("a live value was left out of shared sessions")

    def _work(self) -> None:
        while (event := self._queue.get()) is not None:
            try:
                self._tell(event)
            except NotFound:
                continue
            except StoreError as error:
                log.warning("shared sessions wait for the store: %s", type(error).__name__)

    def _tell(self, event: events.LiveValue) -> None:
        athlete_id = devices.athlete_of(self._db, devices.get(self._db, event.device_id))
        if athlete_id is None:
            return
        for code, member in sessions.own(self._db, athlete_id):
            now_ms = self._now_ms()
            if not consent.service_may(self._db, athlete_id, SERVICE, consent.LIVE, now_ms):
                continue
            heart = consent.service_may(self._db, athlete_id, SERVICE, consent.HEART, now_ms)
            report = report_of(event.values, heart=heart)
            if self._last.get((code, member.member_id)) != report:
                hosted = not sessions.get(self._db, code, now_ms).host
                sessions.say(self._db, code, member.member_id, report, now_ms, hosted=hosted)
                self._last[code, member.member_id] = report


def report_of(values: dict[str, int], *, heart: bool) -> Report:
    """A LIVE value as others may see it."""
    bpm = values["bpm"] if heart and 20 <= values["bpm"] <= 250 else None
    return Report(
        phase=values["phase"],
        exercise=values["exercise"],
        set=values["set_index"],
        reps=values["reps"],
        zone=min(values["zone"], 5),
        bpm=bpm,
    )
