"""Every room brings its tables as migrations, in its own `schema.py`; here they are applied, in order.

A released migration is never changed, a new one is added. What has been applied is noted under the room's
name in the table that sqlite-utils made in the first release, so that a RepBeat older than a file sees so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from repbeat.store.database import Database

# Room's name in the database → its module with MIGRATIONS. The order is that of application: a room's tables
# may build on those of the rooms above it. Add a line for a new room; never rename or reorder.
ROOMS = {
    "repbeat": "repbeat.store.schema",
    "people": "repbeat.people.schema",
    "coach": "repbeat.coach.schema",
    "interop": "repbeat.interop.schema",
    "sealing": "repbeat.store.sealing",
    "gym": "repbeat.gym.schema",
    "services": "repbeat.services.schema",
    "community": "repbeat.community.schema",
    "hub": "repbeat.hub.schema",
}

TABLE = "_sqlite_migrations"
_TABLE_DDL = f"""CREATE TABLE {TABLE} (
    migration_set TEXT NOT NULL,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (migration_set, name)
)"""

Step = str | Callable[["Database"], None]


class Migration(NamedTuple):
    """`steps` run in order, in one transaction: DDL that both engines speak, or a function that moves rows.

    DDL may say BLOB and WITHOUT ROWID: PostgreSQL gets its own words for them.
    """

    name: str
    steps: tuple[Step, ...]


def of_room(room: str) -> tuple[Migration, ...]:
    """A room's migrations, oldest first."""
    found: tuple[Migration, ...] = import_module(ROOMS[room]).MIGRATIONS
    return found


def applied(db: Database) -> set[tuple[str, str]]:
    """(room, name) of all that this database has."""
    if not db.has_table(TABLE):
        return set()
    rows = db.rows(f"SELECT migration_set, name FROM {TABLE}")  # noqa: S608
    return {(row["migration_set"], row["name"]) for row in rows}


def unknown(db: Database) -> list[str]:
    """What the database has and this RepBeat does not know, of any room: a newer one wrote it."""
    known = {(room, migration.name) for room in ROOMS for migration in of_room(room)}
    return sorted(name for room, name in applied(db) - known)


def apply(db: Database) -> None:
    """Bring the database up to date, a transaction a migration; several processes may do so at once."""
    if not any(_pending(db)):
        return
    with db.atomic():
        db.hold("migrations")
        if not db.has_table(TABLE):
            db.ddl(_TABLE_DDL)
    for room, migration in list(_pending(db)):
        with db.atomic():
            db.hold("migrations")
            if (room, migration.name) not in applied(db):
                _run(db, room, migration)


def _pending(db: Database) -> Iterator[tuple[str, Migration]]:
    done = applied(db)
    for room in ROOMS:
        for migration in of_room(room):
            if (room, migration.name) not in done:
                yield room, migration


def _run(db: Database, room: str, migration: Migration) -> None:
    for step in migration.steps:
        if isinstance(step, str):
            db.ddl(step)
        else:
            step(db)
    db.run(
        f"INSERT INTO {TABLE} (migration_set, name, applied_at) VALUES (:room, :name, :applied_at)",  # noqa: S608
        room=room,
        name=migration.name,
        applied_at=datetime.now(UTC).isoformat(sep=" "),
    )
