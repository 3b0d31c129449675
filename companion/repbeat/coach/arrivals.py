"""Closes the loop by itself: when a session or a morning has come in, the rules are asked what follows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from repbeat.coach import desk, recovery
from repbeat.hub import events
from repbeat.store import Database, StoreError, devices
from repbeat_protocol.plan import PlanError

log = logging.getLogger(__name__)


class Arrivals:
    """Listens to a hub's bus; `close` ends it. With `approved` plans are pushed without a further look."""

    def __init__(
        self, database: Database, bus: events.Bus, now_ms: Callable[[], int], *, approved: bool = False
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        self._approved = approved
        self._trained: set[str] = set()  # devices that sent parts of a session since they last caught up
        # The store may have to wait for another writer: not in the hub's thread.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="repbeat-coach")
        self._stop = bus.listen(self._hear)

    def close(self) -> None:
        """Listen no longer, and finish what is begun."""
        self._stop()
        self._thread.shutdown(wait=True)

    def _hear(self, event: events.Event) -> None:
        match event:
            case events.Progress() if event.stored.sessions:
                self._trained.add(event.device_id)
            case events.CaughtUp():
                self._thread.submit(self._take_in, event.device_id, event.device_id in self._trained)
                self._trained.discard(event.device_id)

    def _take_in(self, device_id: str, trained: bool) -> None:
        try:
            concerned = recovery.catch_up(self._database, device_id)
            if trained:
                wearer = devices.athlete_of(self._database, devices.get(self._database, device_id))
                concerned |= {wearer} if wearer else set()
            for athlete_id in sorted(concerned):
                desk.propose_next(self._database, athlete_id, self._now_ms(), approved=self._approved)
        except (StoreError, PlanError) as error:  # its words may tell a person's heart rates or loads
            why = type(error).__name__
            log.error(
                "no next plan for the athlete of %s (%s): `repbeat plan propose` says why", device_id, why
            )
