"""SQLite, the default: one file, write-ahead log, one connection a thread."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlite_utils

from repbeat.store.engine import Connection, Cursor
from repbeat.store.errors import StoreBusy, causes_named

_MAGIC = b"SQLite format 3\0"
LINE_S = 60.0  # how long a writer stands in line behind others of this process
CHECKPOINT_TRIES = 5  # each waits for the busy time-out


class SQLiteConnection:
    """One thread's connection to the file."""

    def __init__(self, path: Path, busy_timeout_s: float, writers: threading.Lock) -> None:
        self._path = path
        self._writers = writers
        self._writes = False
        # Only its own thread uses a connection; `Database.close` may come from another one.
        plain = sqlite3.connect(path, timeout=busy_timeout_s, check_same_thread=False, isolation_level=None)
        self._connection = plain
        try:
            sqlite_utils.Database(plain, execute_plugins=False).enable_wal()
            # An ack lets the device overwrite: what is acked must survive a power cut here, hence FULL.
            plain.execute("PRAGMA synchronous = FULL")
            plain.execute("PRAGMA foreign_keys = ON")
            plain.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, not only unlinked
        except sqlite3.Error:
            plain.close()
            raise

    def execute(self, sql: str, parameters: dict[str, Any]) -> Cursor:
        return self._connection.execute(sql, parameters)

    def execute_many(self, sql: str, parameters: Iterable[dict[str, Any]]) -> int:
        return self._connection.executemany(sql, parameters).rowcount

    def insert_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        return self._connection.executemany(sql, rows).rowcount

    def stream(self, sql: str, parameters: dict[str, Any], size: int) -> Iterator[list[dict[str, Any]]]:
        cursor = self._connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        while rows := cursor.fetchmany(size):
            yield [dict(zip(names, row, strict=True)) for row in rows]

    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def begin(self) -> None:
        """Takes the write lock at once.

        A transaction that reads first and writes later would fail without waiting when another process
        wrote between (SQLITE_BUSY_SNAPSHOT). Threads of this process stand in line: SQLite itself lets them
        ask again and again, and whoever asks at the wrong moments never gets it.
        """
        if not self._writers.acquire(timeout=LINE_S):
            raise StoreBusy(f"{self._path} is written by others for too long: try again")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._writers.release()
            raise
        self._writes = True

    def begin_reading(self) -> None:
        """The moment is that of the first statement that reads."""
        self._connection.execute("BEGIN")

    def end(self, *, keep: bool) -> None:
        try:
            if keep:
                self._connection.execute("COMMIT")
            elif self._connection.in_transaction:  # some errors, a full disk among them, have rolled back
                self._connection.execute("ROLLBACK")
        finally:
            # A COMMIT that failed is followed by an end that rolls back.
            if self._writes and not self._connection.in_transaction:
                self._writes = False
                self._writers.release()

    def hold(self, key: str) -> None:
        """Nothing to do: a transaction that writes is the only one of the whole file."""

    def alive(self) -> bool:
        """A file does not go away."""
        return True

    def close(self) -> None:
        self._connection.close()


class SQLite:
    """The engine of one file, which is created when it is not there."""

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._writers = threading.Lock()
        self._causes_named = causes_named(path)
        with self.causes_named():
            path.parent.mkdir(parents=True, exist_ok=True)
        # Names and sets are nobody else's on this computer; the write-ahead log takes the file's mode.
        with suppress(OSError):  # it is there, or SQLite says why it cannot be
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    @property
    def where(self) -> str:
        return str(self.path)

    def connect(self) -> SQLiteConnection:
        return SQLiteConnection(self.path, self._busy_timeout_s, self._writers)

    def causes_named(self) -> causes_named:
        return self._causes_named

    def ddl(self, statement: str) -> str:
        return statement

    def problems(self, connection: Connection) -> list[str]:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check", {}).fetchall()]
        return [] if found == ["ok"] else found

    def tables(self, connection: Connection) -> list[str]:
        sql = """SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
                 ORDER BY name"""
        return [name for (name,) in connection.execute(sql, {}).fetchall()]

    def scrub(self, connection: Connection) -> str:
        """The log is emptied before, so that VACUUM is whole, and after, so that nothing old is in it."""
        _emptied(connection)
        connection.execute("VACUUM", {})
        if _emptied(connection):
            return ""
        return f"Another program reads {self.path}: stop it and run `repbeat erase --scrub` once."

    def has_table(self, connection: Connection, name: str) -> bool:
        sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"
        return connection.execute(sql, {"name": name}).fetchone() is not None


def is_database(path: Path) -> bool:
    """Whether a file is an SQLite database by its first bytes (https://www.sqlite.org/fileformat.html)."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _emptied(connection: Connection) -> bool:
    """Move the write-ahead log into the file; False while somebody reads an older state."""
    checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
    return any(not connection.execute(checkpoint, {}).fetchone()[0] for _ in range(CHECKPOINT_TRIES))
