"""Whose a device's records are, from which one on."""

from __future__ import annotations

from bisect import bisect_right

from repbeat.store.database import Database


class Owners:
    """The owners of one log, as `device_athletes` has them."""

    def __init__(self, db: Database, device_id: str, log_id: int) -> None:
        rows = db.rows(
            """SELECT first_seq, athlete_id FROM device_athletes
               WHERE device_id = :device_id AND log_id = :log_id ORDER BY first_seq""",
            device_id=device_id,
            log_id=log_id,
        )
        self._first_seqs = [row["first_seq"] for row in rows]
        self._athletes: list[str | None] = [None, *(row["athlete_id"] for row in rows)]

    def span(self, seq: int) -> int:
        """A number that two records share when no owner was named between them."""
        return bisect_right(self._first_seqs, seq)

    def at(self, seq: int) -> str | None:
        """The athlete named at or before `seq`; None: nobody's."""
        return self._athletes[self.span(seq)]
