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


def seal_rest(db: Database) -> None:
    """REST records, with the HRV of a night, lay among those that are not sealed; so did CHECKIN records."""
    for device_id, log_id in records.logs(db):
        records.reseal(db, device_id, log_id, looking_inside=True)


MIGRATIONS = (
    Migration("0001_sealed", (seal_all,)),
    Migration("0002_rest", (seal_rest,)),
    Migration("0003_check_ins", (seal_rest,)),
)
