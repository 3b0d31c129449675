"""What the device measured of the heart beside its rate: recovery after sets, and paced breathing.

The figures are health data: they stay in the sealed records. Of a breathing exercise a row says that it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from repbeat.store import records
from repbeat.store.database import Database
from repbeat.store.sessions import Session
from repbeat_protocol import records as wire


class Breathing(msgspec.Struct, frozen=True, kw_only=True):
    """A paced breathing exercise that ended at `end_uptime_ms` of `boot`.

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


def add_breathings(db: Database, found: Iterable[Breathing]) -> None:
    """Keep some; the same again changes nothing."""
    db.insert("breathings", found)


def recoveries(db: Database, session: Session) -> list[tuple[int, int]]:
    """(set index, fall of the heart rate in the minute after it in bpm) of a session's sets, in order."""
    found = records.between(
        db, session.device_id, session.log_id, session.first_seq, session.last_seq + 1, wire.RECOVERY
    )
    out = []
    for record in found:
        with suppress(wire.BadPayload):
            fields = wire.unpack(wire.RECOVERY, record.version, record.payload)
            if fields["session_seq"] == session.session_seq:
                out.append((fields["set_index"], fields["drop_bpm"]))
    return out


def around(db: Database, one: Breathing) -> dict[str, int]:
    """The heart before and after a breathing exercise: its record's fields, 0 where there is no figure.

    Empty once the key is forgotten.
    """
    found = records.between(db, one.device_id, one.log_id, one.seq, one.seq + 1, wire.BREATHING)
    return wire.unpack(wire.BREATHING, found[0].version, found[0].payload) if found else {}


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
