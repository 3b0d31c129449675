"""A coach's notes about an athlete: for the coach's eyes, and in the athlete's export too."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.store import Database, vault

LONGEST = 2000


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One note."""

    athlete_id: str
    note_id: str
    account_id: str
    at_ms: int
    text: str


def add(db: Database, athlete_id: str, account_id: str, text: str, now_ms: int) -> Note:
    """Keep one."""
    note = Note(
        athlete_id=athlete_id, note_id=uuid.uuid4().hex, account_id=account_id, at_ms=now_ms, text=text
    )
    db.insert("coach_notes", vault.sealed_rows(db, "coach_notes", [note]))
    return note


def of_athlete(db: Database, athlete_id: str, account_id: str) -> list[Note]:
    """One coach's own, newest first."""
    return vault.opened_rows(
        db,
        "coach_notes",
        Note,
        """SELECT * FROM coach_notes WHERE athlete_id = :athlete_id AND account_id = :account_id
           ORDER BY at_ms DESC, note_id""",
        athlete_id=athlete_id,
        account_id=account_id,
    )
