"""What an athlete did to recover: what and how long, with no claim of what it does."""

from __future__ import annotations

import uuid
from datetime import date

import msgspec

from repbeat.community.errors import BadEntry
from repbeat.store import Database, NotFound

MODALITIES = (
    "massage", "foam_roller", "sauna", "cold_water", "compression", "percussion", "stretching",
    "breathing", "physiotherapy", "nap", "other",
)  # fmt: skip
LONGEST_MIN = 600
LONGEST_NOTE = 500


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log; `day` is the athlete's own."""

    athlete_id: str
    entry_id: str
    day: str
    modality: str
    minutes: int
    note: str


def add(db: Database, athlete_id: str, day: date, modality: str, minutes: int, note: str = "") -> Entry:
    """Keep one; BadEntry says what may be entered."""
    if modality not in MODALITIES:
        raise BadEntry(f"what was done is one of {', '.join(MODALITIES)}")
    if not 1 <= minutes <= LONGEST_MIN:
        raise BadEntry(f"minutes are 1 to {LONGEST_MIN}")
    if len(note) > LONGEST_NOTE:
        raise BadEntry(f"a note has at most {LONGEST_NOTE} characters")
    entry = Entry(
        athlete_id=athlete_id,
        entry_id=uuid.uuid4().hex,
        day=day.isoformat(),
        modality=modality,
        minutes=minutes,
        note=note.strip(),
    )
    db.insert("recovery_log", [entry])
    return entry


def of_athlete(db: Database, athlete_id: str, limit: int = 100) -> list[Entry]:
    """Latest first."""
    return db.all(
        Entry,
        """SELECT * FROM recovery_log WHERE athlete_id = :athlete_id
           ORDER BY day DESC, entry_id LIMIT :limit""",
        athlete_id=athlete_id,
        limit=limit,
    )


def remove(db: Database, athlete_id: str, entry_id: str) -> None:
    """Take one away; NotFound if the athlete has none of this id."""
    gone = db.run(
        "DELETE FROM recovery_log WHERE athlete_id = :athlete_id AND entry_id = :entry_id",
        athlete_id=athlete_id,
        entry_id=entry_id,
    )
    if not gone:
        raise NotFound("no such entry")
