"""What the device measured of the heart beside its rate: recovery after sets, and paced breathing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from repbeat.store.database import Database
from repbeat.store.sessions import Key


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """The heart rate fell by `drop_bpm` in the minute from `start_uptime_ms` of `boot` on, after a set."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int
    boot: int
    start_uptime_ms: int
    set_index: int
    drop_bpm: int


class Breathing(msgspec.Struct, frozen=True, kw_only=True):
    """A paced breathing exercise that ended at `end_uptime_ms` of `boot`; None: no figure.

    `in_session`: the number of the session that it belongs to; None: it stood by itself.
    """

    device_id: str
    log_id: int
    seq: int
    in_session: int | None
    boot: int
    end_uptime_ms: int
    paced_s: int
    breaths_x10: int
    before_bpm_x10: int | None
    before_rmssd_x10: int | None
    before_kept_permille: int | None
    after_bpm_x10: int | None
    after_rmssd_x10: int | None
    after_kept_permille: int | None


def add(db: Database, recoveries: Iterable[Recovery], breathings: Iterable[Breathing]) -> None:
    """Keep some; the same again changes nothing."""
    db.insert("recoveries", recoveries)
    db.insert("breathings", breathings)


def recoveries(db: Database, key: Key) -> list[Recovery]:
    """A session's, in order."""
    return db.all(
        Recovery,
        """SELECT * FROM recoveries WHERE device_id = :device_id AND log_id = :log_id
             AND session_seq = :session_seq ORDER BY seq""",
        **msgspec.structs.asdict(key),
    )


def breathings(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> list[Breathing]:
    """Those among the records first_seq … next_seq-1, in order."""
    return db.all(
        Breathing,
        """SELECT * FROM breathings WHERE device_id = :device_id AND log_id = :log_id
             AND seq >= :first_seq AND seq < :next_seq ORDER BY seq""",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )


def breathings_of(db: Database, athlete_id: str, limit: int) -> list[Breathing]:
    """Those of an athlete, by who wore the device then; of each log the latest first."""
    return db.all(
        Breathing,
        """SELECT b.* FROM device_athletes mine
           JOIN breathings b ON b.device_id = mine.device_id AND b.log_id = mine.log_id
             AND b.seq >= mine.first_seq
           WHERE mine.athlete_id = :athlete_id AND NOT EXISTS (
             SELECT 1 FROM device_athletes later
             WHERE later.device_id = mine.device_id AND later.log_id = mine.log_id
               AND later.first_seq > mine.first_seq AND later.first_seq <= b.seq)
           ORDER BY b.device_id, b.log_id, b.seq DESC LIMIT :limit""",
        athlete_id=athlete_id,
        limit=limit,
    )
