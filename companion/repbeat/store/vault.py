"""What the store asks of whoever keeps the keys: heart data lies sealed, each athlete's under a key."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from repbeat.store.database import Database

Row = TypeVar("Row")

# Named, not imported: people builds on the store, as with the rooms' migrations.
KEEPER = "repbeat.people.keys"
KEYS_FILE = "heart-keys.json"  # beside the backups of a folder; they hold no keys themselves
SEALED = 0x80  # first byte of what is sealed; a packed stream begins with its format's version


class Sealed(NamedTuple):
    """How a table lies sealed: `column` for the row's athlete, its place the table and the row's `key`.

    `fields`: what is in the column as JSON; to whoever reads or exports a row they are columns of their own.
    `optional`: the column is NULL where no field says anything.
    """

    column: str
    key: tuple[str, ...]
    fields: tuple[str, ...] = ()
    optional: bool = False


SEALED_TABLES = {
    "athletes": Sealed("sealed", ("athlete_id",), ("resting_bpm", "max_bpm"), optional=True),
    "plans": Sealed("content", ("athlete_id", "revision")),
    "plan_changes": Sealed(
        "sealed",
        ("athlete_id", "revision", "number"),
        ("item", "exercise", "field", "old", "new", "rule", "version", "why", "inputs"),
    ),
    "imported_sessions": Sealed("heart", ("athlete_id", "import_id")),
    "imported_days": Sealed("sealed", ("athlete_id", "day", "kind", "source"), ("value",)),
    "mornings": Sealed("heart", ("athlete_id", "day", "source"), ("rmssd_ms", "resting_bpm", "asleep_min")),
    "check_ins": Sealed(
        "sealed", ("athlete_id", "day"), ("sleep", "fatigue", "soreness", "stress", "mood", "unwell")
    ),
    "red_flags": Sealed("sealed", ("athlete_id", "flag_id"), ("kind", "statement")),
    "coaching": Sealed("sealed", ("athlete_id",), ("health",)),
    "proposals": Sealed("sealed", ("athlete_id", "proposal_id"), ("situation", "proposal")),
    "coach_notes": Sealed("sealed", ("athlete_id", "note_id"), ("text",)),
    "learned": Sealed("sealed", ("athlete_id",), ("state",)),
    "oxygen_streams": Sealed("sealed", ("athlete_id", "address", "start_ms")),
}


class Vault(Protocol):
    """Seals and opens; `place` names where the bytes lie, and what was moved elsewhere does not open."""

    def seal(self, athlete_id: str | None, plain: bytes, place: str) -> bytes:
        """For this athlete's key alone; None: the unclaimed pool's."""

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """What was sealed; None once its key is forgotten."""

    def is_of(self, sealed: bytes, athlete_id: str | None) -> bool:
        """Whether it is sealed with a key of this athlete."""


def of(db: Database) -> Vault:
    """The keeper of a database's keys."""
    vault: Vault = _keeper().KeyRing(db)
    return vault


def sealed_row(db: Database, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as it lies in the database; one that is sealed already, or of another table, as it is."""
    how = SEALED_TABLES.get(table)
    if how is None or _is_sealed(row.get(how.column)):
        return row
    values = {name: row[name] for name in how.fields}
    if how.optional and not any(values.values()):
        return {name: value for name, value in row.items() if name not in how.fields} | {how.column: None}
    plain = msgspec.json.encode(values) if values else row[how.column]
    rest = {name: value for name, value in row.items() if name not in how.fields}
    return {**rest, how.column: db.vault.seal(row["athlete_id"], plain, _place(table, how, row))}


def opened_row(db: Database, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is read: its column opened, or its fields; empty, or None, once the key is forgotten."""
    how = SEALED_TABLES.get(table)
    if how is None or how.column not in row:
        return row
    if not _is_sealed(row[how.column]) and not how.optional:
        return row
    plain = row[how.column] and db.vault.open(row[how.column], _place(table, how, row))
    if not how.fields:
        return {**row, how.column: plain or b""}
    values = msgspec.json.decode(plain) if plain else dict.fromkeys(how.fields)
    return {**{name: value for name, value in row.items() if name != how.column}, **values}


def sealed_rows(db: Database, table: str, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows, or structs of their fields, as they lie in the database."""
    plain = [row if isinstance(row, dict) else msgspec.structs.asdict(row) for row in rows]
    return [sealed_row(db, table, row) for row in plain]


def opened_rows(db: Database, table: str, kind: type[Row], sql: str, **parameters: Any) -> list[Row]:
    """What a query for whole rows finds, as `kind`; without those whose key is forgotten."""
    fields = SEALED_TABLES[table].fields
    found = [opened_row(db, table, row) for row in db.rows(sql, **parameters)]
    whole = [row for row in found if any(row[name] is not None for name in fields)]
    return msgspec.convert(whole, list[kind], strict=False)  # type: ignore[valid-type]


def seal_table(db: Database, table: str, ddl: str) -> None:
    """Move a table's rows into one made anew by `ddl`, where they lie sealed: for migrations."""
    db.run(f"ALTER TABLE {table} RENAME TO being_sealed")
    db.ddl(ddl)
    for rows in db.pages("SELECT * FROM being_sealed"):
        db.insert(table, sealed_rows(db, table, [opened_row(db, table, row) for row in rows]))
    db.run("DROP TABLE being_sealed")


def opened_columns(table: str, columns: Iterable[str]) -> tuple[str, ...]:
    """The columns of what `opened_row` gives."""
    how = SEALED_TABLES.get(table)
    if how is None or not how.fields:
        return tuple(columns)
    return (*(name for name in columns if name != how.column), *how.fields)


def _is_sealed(value: bytes | None) -> bool:
    return value is not None and value[:1] == bytes((SEALED,))


def _place(table: str, how: Sealed, row: dict[str, Any]) -> str:
    return "/".join((table, *(str(row[name]) for name in how.key)))


def save_keys(db: Database, folder: Path) -> None:
    """Write the wrapped keys of a database beside the backups in `folder`."""
    _keeper().save(db, folder / KEYS_FILE)


def load_keys(db: Database, folder: Path, now_ms: int) -> None:
    """Take the keys beside a backup into the database that it was restored to."""
    if (folder / KEYS_FILE).exists():
        _keeper().load(db, folder / KEYS_FILE, now_ms)


def _keeper() -> Any:
    return import_module(KEEPER)
