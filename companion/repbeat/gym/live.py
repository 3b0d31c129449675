"""Gives machines' sets to people as they come in, and notes how well devices are heard.

Listens to a hub, works in a thread of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from repbeat.gym import attribution, fleet
from repbeat.gym.sets import MachineSet
from repbeat.hub import events
from repbeat.ingest import Stored
from repbeat.store import Database, StoreError
from repbeat.store.sessions import Key

log = logging.getLogger(__name__)


class Attributing:
    """`close` ends it. `told(rows)` hears in its thread of the sets that are another's now than before."""

    def __init__(
        self,
        database: Database,
        bus: events.Bus,
        now_ms: Callable[[], int],
        told: Callable[[list[MachineSet]], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        self._told = told
        # The store may have to wait for another writer: not in the hub's thread.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="repbeat-gym")
        self._thread.submit(self._do, attribution.catch_up)
        self._stop = bus.listen(self._hear)

    def close(self) -> None:
        """Listen no longer, and finish what is begun."""
        self._stop()
        self._thread.shutdown(wait=True)

    def _hear(self, event: events.Event) -> None:
        match event:
            case events.Progress() if event.stored.sessions or event.stored.dated:
                self._thread.submit(self._do, lambda db: attribution.arrived(db, touched(event.stored)))
            case events.Connected(device_id=device_id, rssi_dbm=int(rssi_dbm)):
                self._thread.submit(self._do, lambda db: self._heard(db, device_id, rssi_dbm))

    def _heard(self, db: Database, device_id: str, rssi_dbm: int) -> list[MachineSet]:
        fleet.heard(db, device_id, rssi_dbm, self._now_ms())
        return []

    def _do(self, work: Callable[[Database], list[MachineSet]]) -> None:
        try:
            changed = work(self._database)
        except StoreError as error:
            log.error("sets on machines wait (`repbeat machines refresh`): %s", error)
        except Exception:
            log.exception("sets on machines could not be given to anybody")
        else:
            if changed:
                self._told(changed)


def touched(stored: Stored) -> list[Key]:
    """The sessions that a batch has a say in."""
    return sorted({*stored.sessions, *stored.dated}, key=lambda key: (key.log_id, key.session_seq))
