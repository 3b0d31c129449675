"""The store's one door: a connection a thread, typed rows, transactions, on SQLite or PostgreSQL.

SQL is written once with `:name` parameters, in what both engines speak. Times are UTC milliseconds since
1970 (`*_ms`), with the offset beside them where a person will read them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from repbeat.store import migrations, vault
from repbeat.store.engine import Connection, engine_at
from repbeat.store.errors import StoreNewer
from repbeat.store.vault import Vault

Row = TypeVar("Row")
BUSY_TIMEOUT_S = 10.0
PAGE = 500  # rows held in memory at a time where there may be any number


class Database:
    """One database, usable from any thread.

    `where` is the path of a SQLite file, which is created when it is not there, or a postgresql:// address.
    `vault`: the keys of another database that this one is a copy of; its own are elsewhere then.
    Opening brings an older schema up to date; StoreNewer if this RepBeat is the older one. Every method may
    raise the errors of `repbeat.store.errors`.
    """

    def __init__(
        self, where: str | Path, busy_timeout_s: float = BUSY_TIMEOUT_S, vault: Vault | None = None
    ) -> None:
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[Connection] = []
        self._vault = vault
        self.engine = engine_at(where, busy_timeout_s)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads; the next use opens a new one."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._local = threading.local()

    def leave(self) -> None:
        """Close the calling thread's connection: the thread is about to end."""
        mine: Connection | None = getattr(self._local, "connection", None)
        if mine is not None:
            with self._lock:
                if mine in self._open:
                    self._open.remove(mine)
            mine.close()
            del self._local.connection

    @property
    def vault(self) -> Vault:
        """Seals and opens heart data; made when it is first needed."""
        if self._vault is None:
            self._vault = vault.of(self)
        return self._vault

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows as dicts."""
        with self.engine.causes_named():
            cursor = self.connection().execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def pages(self, sql: str, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
        """All rows as dicts, some hundred at a time; inside `snapshot` or `atomic`, one such at once."""
        with self.engine.causes_named():
            yield from self.connection().stream(sql, parameters, PAGE)

    def all(self, kind: type[Row], sql: str, **parameters: Any) -> list[Row]:
        """All rows as `kind`, whose fields are the columns."""
        return msgspec.convert(self.rows(sql, **parameters), list[kind], strict=False)  # type: ignore[valid-type]

    def one(self, kind: type[Row], sql: str, **parameters: Any) -> Row | None:
        """The first row as `kind`, or None."""
        rows = self.rows(sql, **parameters)
        return msgspec.convert(rows[0], kind, strict=False) if rows else None

    def value(self, sql: str, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        with self.engine.causes_named():
            row = self.connection().execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def run(self, sql: str, **parameters: Any) -> int:
        """Run a statement without rows; the number of rows it changed."""
        with self.engine.causes_named():
            return self.connection().execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[dict[str, Any]]) -> int:
        """Run a statement for each of `parameters`, in one transaction; the number of rows changed."""
        with self.atomic(), self.engine.causes_named():
            return self.connection().execute_many(sql, parameters)

    def insert(self, table: str, rows: Iterable[msgspec.Struct | dict[str, Any]]) -> int:
        """Keep rows, all of one kind, whose fields are the columns; one whose key is there stays as it was.

        The number of rows that were new.
        """
        return self._insert(table, (), list(rows))

    def upsert(self, table: str, key: Sequence[str], rows: Iterable[msgspec.Struct | dict[str, Any]]) -> int:
        """Keep rows in place of those of the same `key` columns; the number of rows."""
        return self._insert(table, tuple(key), list(rows))

    def _insert(self, table: str, key: tuple[str, ...], rows: list[Any]) -> int:
        if not rows:
            return 0
        first = rows[0]
        if isinstance(first, dict):
            columns = tuple(first)
            values = [tuple(row[column] for column in columns) for row in rows]
        else:
            columns = first.__struct_fields__
            values = [msgspec.structs.astuple(row) for row in rows]
        sql = _insertion(table, columns, key)
        with self.engine.causes_named():
            connection = self.connection()
            if connection.in_transaction():
                return connection.insert_many(sql, values)
            with self.atomic():
                return connection.insert_many(sql, values)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing; nested blocks are savepoints.

        On SQLite the block is the only one that writes. On PostgreSQL others write meanwhile: whoever reads
        and then writes by what it read calls `hold` first.
        """
        with self.engine.causes_named():
            connection = self.connection()
            if connection.in_transaction():
                with self._savepoint(connection):
                    yield
                return
            connection.begin()
            try:
                yield
                connection.end(keep=True)
            except BaseException:
                connection.end(keep=False)
                raise

    @contextmanager
    def _savepoint(self, connection: Connection) -> Iterator[None]:
        connection.execute("SAVEPOINT nested", {})
        try:
            yield
        except BaseException:
            if connection.in_transaction():
                connection.execute("ROLLBACK TO SAVEPOINT nested", {})
                connection.execute("RELEASE SAVEPOINT nested", {})
            raise
        connection.execute("RELEASE SAVEPOINT nested", {})

    def hold(self, *key: str | int) -> None:
        """Inside `atomic`: wait until no other transaction holds `key`, and hold it until this one ends."""
        with self.engine.causes_named():
            self.connection().hold("/".join(map(str, key)))

    def ddl(self, statement: str) -> None:
        """Run a CREATE, ALTER or DROP, in the words that both engines speak with BLOB and WITHOUT ROWID."""
        self.run(self.engine.ddl(statement))

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        with self.engine.causes_named():
            return self.engine.has_table(self.connection(), name)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read in the block is of one moment, whatever others write meanwhile."""
        with self.engine.causes_named():
            connection = self.connection()
            connection.begin_reading()
            try:
                yield
            finally:
                connection.end(keep=False)

    def tables(self) -> list[str]:
        """The names of all tables, in order."""
        with self.engine.causes_named():
            return self.engine.tables(self.connection())

    def scrub(self) -> str:
        """Leave nothing of what was deleted: not in free pages, not in the log. Needs room for a copy.

        What could not be done, in words, or "".
        """
        with self.engine.causes_named():
            return self.engine.scrub(self.connection())

    def connection(self) -> Connection:
        """The calling thread's connection."""
        found: Connection | None = getattr(self._local, "connection", None)
        if found is not None and found.alive():
            return found
        with self.engine.causes_named():
            connection = self.engine.connect()
        with self._lock:
            if found in self._open:
                self._open.remove(found)
            self._open.append(connection)
        self._local.connection = connection
        return connection

    def _migrate(self) -> None:
        newer = migrations.unknown(self)
        if newer:
            raise StoreNewer(
                f"{self.engine.where} was written by a newer RepBeat (it has {', '.join(newer)}): "
                "update RepBeat, or name another file with --database"
            )
        migrations.apply(self)


@cache
def _insertion(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    """An INSERT that replaces the row of the same `key`; without one, whose key is there stays as it was."""
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    on_conflict = f"({', '.join(key)}) DO UPDATE SET {changed}" if key and changed else "DO NOTHING"
    # Names come from code; values are parameters.
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "  # noqa: S608
        f"ON CONFLICT {on_conflict}"
    )
