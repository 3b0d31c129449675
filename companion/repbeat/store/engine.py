"""What the door asks of a database engine; `sqlite` and `postgresql` are the two there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol


class Cursor(Protocol):
    """A statement that has run."""

    @property
    def rowcount(self) -> int: ...

    @property
    def description(self) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> Any: ...


class Connection(Protocol):
    """One thread's connection. Statements outside a transaction commit themselves."""

    def execute(self, sql: str, parameters: dict[str, Any]) -> Cursor:
        """Run one statement with `:name` parameters."""

    def execute_many(self, sql: str, parameters: Iterable[dict[str, Any]]) -> int:
        """Run it for each of `parameters`; the number of rows changed."""

    def insert_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement with `?` parameters for each row; the number of rows changed."""

    def stream(self, sql: str, parameters: dict[str, Any], size: int) -> Iterator[list[dict[str, Any]]]:
        """The rows of a query, `size` at a time, without holding all; inside a transaction."""

    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def begin(self) -> None:
        """Open a transaction that may write."""

    def begin_reading(self) -> None:
        """Open a transaction that sees one moment of the database, whatever others write meanwhile."""

    def end(self, *, keep: bool) -> None:
        """Commit it, or roll it back."""

    def hold(self, key: str) -> None:
        """Be the only transaction that holds `key`, until this one ends."""

    def alive(self) -> bool:
        """False once the other end has gone: connect anew."""

    def close(self) -> None:
        """Give it back."""


class Engine(Protocol):
    """Where a database is and how to speak to it. `where` is fit for messages: it holds no password."""

    @property
    def where(self) -> str: ...

    def connect(self) -> Connection:
        """A new connection for the calling thread."""

    def causes_named(self) -> AbstractContextManager[None]:
        """Turns the engine's errors into those of `repbeat.store.errors`; mistakes in SQL pass."""

    def ddl(self, statement: str) -> str:
        """A CREATE or ALTER statement in this engine's words."""

    def problems(self, connection: Connection) -> list[str]:
        """What is wrong with the files, as far as the engine can tell."""

    def tables(self, connection: Connection) -> list[str]:
        """The names of all tables, in order."""

    def scrub(self, connection: Connection) -> str:
        """Wipe what was deleted from the files; what could not be done, in words, or ""."""

    def has_table(self, connection: Connection, name: str) -> bool:
        """Whether the database has a table of this name."""


def engine_at(where: str | Path, busy_timeout_s: float) -> Engine:
    """PostgreSQL for a postgresql:// address, else the SQLite file of that path."""
    if isinstance(where, str) and where.startswith(("postgresql://", "postgres://")):
        # Imported when it is chosen: psycopg is an extra.
        from repbeat.store.postgresql import PostgreSQL

        return PostgreSQL(where, busy_timeout_s)
    from repbeat.store.sqlite import SQLite

    return SQLite(Path(where), busy_timeout_s)
