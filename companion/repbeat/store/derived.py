"""What can be derived from records anew, and how to drop it."""

from __future__ import annotations

from repbeat.store.database import Database

# Flags of arrival ("conflict") and clocks (with the moment of their arrival) are not derived: they stay.
_TABLES = (
    "sessions",
    "sets",
    "strain",
    "session_values",
    "losses",
    "breathings",
    "calibrations",
)


def forget(db: Database, device_id: str, log_id: int) -> list[str]:
    """Drop the derived rows of one log; the athletes whose sessions were among them."""
    athletes = [
        row["athlete_id"]
        for row in db.rows(
            """SELECT DISTINCT athlete_id FROM sessions WHERE device_id = :device_id AND log_id = :log_id
                 AND athlete_id IS NOT NULL ORDER BY athlete_id""",
            device_id=device_id,
            log_id=log_id,
        )
    ]
    for table in _TABLES:
        db.run(
            f"DELETE FROM {table} WHERE device_id = :device_id AND log_id = :log_id",  # noqa: S608
            device_id=device_id,
            log_id=log_id,
        )
    return athletes
