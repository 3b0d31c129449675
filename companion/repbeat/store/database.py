"""The store's one door: a database file, a connection a thread, typed rows, transactions.

SQL is written once with `:name` parameters, in what SQLite and PostgreSQL share, and only in this room.
Times are UTC milliseconds since 1970 (`*_ms`), with the offset beside them where a person will read them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec
import sqlite_utils

from repbeat.store.errors import StoreNewer, causes_named
from repbeat.store.schema import MIGRATIONS

Row = TypeVar("Row")
BUSY_TIMEOUT_S = 10.0


class Database:
    """One database file, usable from any thread.

    Opening creates the file and brings an older schema up to date; StoreNewer if this RepBeat is the older
    one. Every method may raise the errors of `repbeat.store.errors`.
    """

    def __init__(self, path: str | Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = Path(path)
        self._busy_timeout_s = busy_timeout_s
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[sqlite_utils.Database] = []
        with causes_named(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

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

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows as dicts."""
        with causes_named(self.path):
            cursor = self._connection().execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def all(self, kind: type[Row], sql: str, **parameters: Any) -> list[Row]:
        """All rows as `kind`, whose fields are the columns."""
        return msgspec.convert(self.rows(sql, **parameters), list[kind], strict=False)  # type: ignore[valid-type]

    def one(self, kind: type[Row], sql: str, **parameters: Any) -> Row | None:
        """The first row as `kind`, or None."""
        rows = self.rows(sql, **parameters)
        return msgspec.convert(rows[0], kind, strict=False) if rows else None

    def value(self, sql: str, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        with causes_named(self.path):
            row = self._connection().execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def run(self, sql: str, **parameters: Any) -> int:
        """Run a statement without rows; the number of rows it changed."""
        with causes_named(self.path):
            return self._connection().execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[dict[str, Any]]) -> int:
        """Run a statement for each of `parameters`, in one transaction; the number of rows changed."""
        with self.atomic(), causes_named(self.path):
            return self._connection().conn.executemany(sql, parameters).rowcount

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing; nested blocks are savepoints.

        The write lock is taken at the start: a transaction that reads first and writes later would fail at
        once, without waiting, when another process wrote between (SQLITE_BUSY_SNAPSHOT).
        """
        with causes_named(self.path):
            connection = self._connection()
            if connection.conn.in_transaction:
                with connection.atomic():
                    yield
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def _connection(self) -> sqlite_utils.Database:
        found: sqlite_utils.Database | None = getattr(self._local, "connection", None)
        if found is not None:
            return found
        # Only its own thread uses a connection; `close` may come from another one.
        plain = sqlite3.connect(self.path, timeout=self._busy_timeout_s, check_same_thread=False)
        connection = sqlite_utils.Database(plain, execute_plugins=False)
        try:
            connection.enable_wal()
            # An ack lets the device overwrite: what is acked must survive a power cut here, hence FULL.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        with self._lock:
            self._open.append(connection)
        self._local.connection = connection
        return connection

    def _migrate(self) -> None:
        connection = self._connection()
        known = {migration.name for migration in MIGRATIONS._migrations}
        newer = {done.name for done in MIGRATIONS.applied(connection)} - known
        if newer:
            self.close()
            raise StoreNewer(
                f"{self.path} was written by a newer RepBeat (it has {', '.join(sorted(newer))}): "
                "update RepBeat, or name another file with --database"
            )
        if MIGRATIONS.pending(connection):
            with self.atomic():
                MIGRATIONS.apply(connection)
