"""What the store asks of whoever keeps the keys: heart data lies sealed, each athlete's under a key."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from repbeat.store.database import Database

# Named, not imported: people builds on the store, as with the rooms' migrations.
KEEPER = "repbeat.people.keys"
KEYS_FILE = "heart-keys.json"  # beside the backups of a folder; they hold no keys themselves
SEALED = 0x80  # first byte of what is sealed; a packed stream begins with its format's version


# Tables with a column that is sealed for the row's athlete; its place is the table and the row's key.
SEALED_COLUMNS = {"imported_sessions": ("heart", ("athlete_id", "import_id"))}


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
    """A row with its column of `SEALED_COLUMNS` sealed; one that is sealed, or of another table, as it is."""
    column, place = _sealed_column(table, row)
    if column is None or row[column][:1] == bytes((SEALED,)):
        return row
    return {**row, column: db.vault.seal(row["athlete_id"], row[column], place)}


def opened_row(db: Database, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with that column opened; empty once its key is forgotten."""
    column, place = _sealed_column(table, row)
    if column is None or row[column][:1] != bytes((SEALED,)):
        return row
    return {**row, column: db.vault.open(row[column], place) or b""}


def _sealed_column(table: str, row: dict[str, Any]) -> tuple[str | None, str]:
    column, key = SEALED_COLUMNS.get(table, (None, ()))
    return column, "/".join((table, *(row[name] for name in key)))


def save_keys(db: Database, folder: Path) -> None:
    """Write the wrapped keys of a database beside the backups in `folder`."""
    _keeper().save(db, folder / KEYS_FILE)


def load_keys(db: Database, folder: Path, now_ms: int) -> None:
    """Take the keys beside a backup into the database that it was restored to."""
    if (folder / KEYS_FILE).exists():
        _keeper().load(db, folder / KEYS_FILE, now_ms)


def _keeper() -> Any:
    return import_module(KEEPER)
