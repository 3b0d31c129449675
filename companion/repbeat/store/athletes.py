"""Athletes: who trains, and what the device must know of them."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import msgspec

from repbeat.store import vault
from repbeat.store.database import Database
from repbeat.store.errors import NotFound


class Athlete(msgspec.Struct, frozen=True, kw_only=True):
    """`tag` (32 bits, not 0) names the athlete inside plans; bpm 0: not known; offset in minutes."""

    athlete_id: str
    name: str
    tag: int
    resting_bpm: int = 0
    max_bpm: int = 0
    utc_offset_min: int = 0
    created_ms: int = 0


def add(
    db: Database,
    name: str,
    now_ms: int,
    *,
    tag: int | None = None,
    resting_bpm: int = 0,
    max_bpm: int = 0,
    utc_offset_min: int = 0,
) -> Athlete:
    """A new athlete; `name` must not be taken. Without a `tag` one is drawn."""
    athlete = Athlete(
        athlete_id=uuid.uuid4().hex,
        name=name,
        tag=tag or secrets.randbelow(0xFFFFFFFF) + 1,
        resting_bpm=resting_bpm,
        max_bpm=max_bpm,
        utc_offset_min=utc_offset_min,
        created_ms=now_ms,
    )
    (row,) = vault.sealed_rows(db, "athletes", [athlete])
    db.run(
        """INSERT INTO athletes (athlete_id, name, tag, utc_offset_min, created_ms, sealed)
           VALUES (:athlete_id, :name, :tag, :utc_offset_min, :created_ms, :sealed)""",
        **row,
    )
    return athlete


def set_heart_rates(db: Database, athlete: Athlete, resting_bpm: int, max_bpm: int) -> None:
    """Keep both, bpm."""
    known = msgspec.structs.replace(athlete, resting_bpm=resting_bpm, max_bpm=max_bpm)
    (row,) = vault.sealed_rows(db, "athletes", [known])
    db.run(
        "UPDATE athletes SET sealed = :sealed WHERE athlete_id = :athlete_id",
        sealed=row["sealed"],
        athlete_id=athlete.athlete_id,
    )


def every(db: Database) -> list[Athlete]:
    """All, by name."""
    return _found(db, "SELECT * FROM athletes ORDER BY name")


def get(db: Database, athlete_id: str) -> Athlete:
    """By id; NotFound otherwise."""
    found = _found(db, "SELECT * FROM athletes WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
    if not found:
        raise NotFound(f"no athlete has the id {athlete_id}")
    return found[0]


def named(db: Database, name: str) -> Athlete:
    """By name; NotFound lists the names there are."""
    found = _found(db, "SELECT * FROM athletes WHERE name = :name", name=name)
    if not found:
        names = ", ".join(athlete.name for athlete in every(db)) or "none yet"
        raise NotFound(f"no athlete is named {name!r}; there are: {names}")
    return found[0]


def meant(db: Database, name: str | None) -> Athlete:
    """By name; without one the only athlete there is, NotFound if there are none or several."""
    if name is not None:
        return named(db, name)
    found = every(db)
    if len(found) != 1:
        raise NotFound(
            f"say whose by --athlete: {', '.join(one.name for one in found) or 'there are none yet'}"
        )
    return found[0]


def _found(db: Database, sql: str, **parameters: Any) -> list[Athlete]:
    """What a query for whole rows finds; heart rates 0 where there are none, or their key is forgotten."""
    rows = [vault.opened_row(db, "athletes", row) for row in db.rows(sql, **parameters)]
    known = [{name: 0 if value is None else value for name, value in row.items()} for row in rows]
    return msgspec.convert(known, list[Athlete])
