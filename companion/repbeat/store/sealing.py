"""Heart streams written before there was a vault are sealed.

A room of its own, because the room that brings the keys' table has to come first.
"""

from __future__ import annotations

from repbeat.store import records
from repbeat.store.database import Database
from repbeat.store.migrations import Migration


def seal_all(db: Database) -> None:
    """Seal every log's heart streams for their owners."""
    for device_id, log_id in records.logs(db):
        records.reseal(db, device_id, log_id)


MIGRATIONS = (Migration("0001_sealed", (seal_all,)),)
