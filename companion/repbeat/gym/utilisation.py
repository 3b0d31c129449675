"""When machines are used: minutes of work by the hour of the day, where they stand; nobody is named."""

from __future__ import annotations

from collections.abc import Iterable

from repbeat.store import Database

HOUR_MS = 3600 * 1000
HOURS = 24


def by_hour(db: Database, machine_ids: Iterable[str], since_ms: int) -> list[float]:
    """Minutes in sets since a moment by local hour 0–23, all these machines together."""
    wanted = set(machine_ids)
    busy_ms = [0] * HOURS
    for row in db.rows(
        """SELECT m.machine_id, m.start_ms, m.end_ms, s.utc_offset_min FROM machine_sets AS m
             JOIN sessions AS s ON s.device_id = m.device_id AND s.log_id = m.log_id
               AND s.session_seq = m.session_seq
           WHERE m.start_ms >= :since_ms AND m.machine_id IS NOT NULL""",
        since_ms=since_ms,
    ):
        if row["machine_id"] not in wanted:
            continue
        off_ms = (row["utc_offset_min"] or 0) * 60_000
        at_ms, end_ms = row["start_ms"] + off_ms, row["end_ms"] + off_ms
        while at_ms < end_ms:  # a set is minutes long: one hour or two
            until_ms = min(end_ms, (at_ms // HOUR_MS + 1) * HOUR_MS)
            busy_ms[at_ms // HOUR_MS % HOURS] += until_ms - at_ms
            at_ms = until_ms
    return [ms / 60_000 for ms in busy_ms]
