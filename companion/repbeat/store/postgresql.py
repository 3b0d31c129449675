"""PostgreSQL, chosen by REPBEAT_DATABASE_URL: many processes, many machines, one truth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import conninfo, errors
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import TransactionStatus

from repbeat.store.engine import Connection, Cursor
from repbeat.store.errors import (
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreNotWritable,
    StoreUnreachable,
)

CONNECT_TIMEOUT_S = 10

# A text, a comment, a cast, a parameter: only the last is one.
_TOKENS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|::|:(?P<name>[a-z_][a-z0-9_]*)|(?P<percent>%)|(?P<mark>\?)")


@lru_cache(maxsize=1024)
def translated(sql: str) -> str:
    """`:name` and `?` parameters in psycopg's style, a literal % doubled."""

    def one(found: re.Match[str]) -> str:
        if found["name"]:
            return f"%({found['name']})s"
        if found["mark"]:
            return "%s"
        return found[0].replace("%", "%%")

    return _TOKENS.sub(one, sql)


class _BoolAsInteger(Dumper):
    """Both engines keep a yes or no as INTEGER 1 or 0."""

    oid = psycopg.adapters.types["int4"].oid

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"


class _NumericAsNumber(Loader):
    """A SUM of BIGINT is NUMERIC here: give the int that SQLite gives."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


class PostgreSQLConnection:
    """One thread's connection to the server."""

    def __init__(self, url: str, busy_timeout_s: float) -> None:
        # Parameters are bound by the client: a bare NULL then needs no type, as with SQLite.
        self._connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            cursor_factory=psycopg.ClientCursor,
            options=f"-c lock_timeout={round(busy_timeout_s * 1000)}",
        )
        self._connection.adapters.register_dumper(bool, _BoolAsInteger)
        self._connection.adapters.register_loader("numeric", _NumericAsNumber)

    def execute(self, sql: str, parameters: dict[str, Any]) -> Cursor:
        return self._connection.execute(translated(sql), parameters)

    def execute_many(self, sql: str, parameters: Iterable[dict[str, Any]]) -> int:
        return self._many(sql, parameters)

    def insert_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        return self._many(sql, rows)

    def _many(self, sql: str, parameters: Iterable[Any]) -> int:
        # Bound by the server: then psycopg sends them all without waiting for each answer.
        with psycopg.Cursor(self._connection) as cursor:
            cursor.executemany(translated(sql), parameters)
            return max(0, cursor.rowcount)

    def stream(self, sql: str, parameters: dict[str, Any], size: int) -> Iterator[list[dict[str, Any]]]:
        with self._connection.cursor(name="stream") as cursor:  # the server holds the rows
            cursor.execute(translated(sql), parameters)
            while rows := cursor.fetchmany(size):
                names = [column.name for column in cursor.description or ()]
                yield [dict(zip(names, row, strict=True)) for row in rows]

    def in_transaction(self) -> bool:
        return self._connection.info.transaction_status in (
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        )

    def begin(self) -> None:
        self._connection.execute("BEGIN")

    def begin_reading(self) -> None:
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end(self, *, keep: bool) -> None:
        if keep:
            self._connection.execute("COMMIT")
        elif not self._connection.closed:
            self._connection.execute("ROLLBACK")

    def hold(self, key: str) -> None:
        """Waits for an advisory lock of the transaction; two keys with one hash only wait for each other."""
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": key})

    def alive(self) -> bool:
        """False once the server has gone."""
        return not self._connection.closed

    def close(self) -> None:
        self._connection.close()


class PostgreSQL:
    """The engine of one server's database."""

    def __init__(self, url: str, busy_timeout_s: float) -> None:
        self._url = url
        self._busy_timeout_s = busy_timeout_s
        try:
            parts = conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise StoreNotWritable(
                "REPBEAT_DATABASE_URL is no PostgreSQL address: write postgresql://user@host:5432/repbeat"
            ) from error
        self._where = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"

    @property
    def where(self) -> str:
        return f"postgresql://{self._where}"

    def connect(self) -> PostgreSQLConnection:
        return PostgreSQLConnection(self._url, self._busy_timeout_s)

    @contextmanager
    def causes_named(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            for kinds, cause, text in _CAUSES:
                if isinstance(error, kinds):
                    raise cause(text.format(where=self.where)) from error
            raise

    def ddl(self, statement: str) -> str:
        """Rows inside their key's tree have no counterpart here, and bytes another name."""
        return re.sub(r"\bBLOB\b", "BYTEA", statement.replace("WITHOUT ROWID", ""))

    def problems(self, connection: Connection) -> list[str]:
        """A server checks its own pages when it reads them (initdb --data-checksums)."""
        return []

    def tables(self, connection: Connection) -> list[str]:
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        return [name for (name,) in connection.execute(sql, {}).fetchall()]

    def scrub(self, connection: Connection) -> str:
        """Every table is written anew; the write-ahead log is the server's."""
        for name in self.tables(connection):
            connection.execute(f"VACUUM FULL {name}", {})
        return (
            f"The write-ahead log of {self.where} holds old pages until the server recycles it, and any "
            "archive of it keeps them: `CHECKPOINT` hastens the one, expiring is the other's."
        )

    def has_table(self, connection: Connection, name: str) -> bool:
        return connection.execute("SELECT to_regclass(:name)", {"name": name}).fetchone()[0] is not None


# https://www.postgresql.org/docs/current/errcodes-appendix.html; the first that fits counts.
_CAUSES: tuple[tuple[tuple[type[psycopg.Error], ...], type[StoreError], str], ...] = (
    (
        (errors.DiskFull, errors.OutOfMemory),
        StoreFull,
        "the server at {where} has no room: free some space there and sync again; nothing was lost, "
        "the device keeps what was not stored",
    ),
    (
        (errors.DataCorrupted, errors.IndexCorrupted),
        StoreCorrupt,
        "{where} is damaged: stop RepBeat and restore the server's last backup; the devices send again "
        "what they still hold",
    ),
    (
        (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure),
        StoreBusy,
        "{where} is in use by another process: try again",
    ),
    (
        (
            errors.InsufficientPrivilege,
            errors.ReadOnlySqlTransaction,
            errors.InvalidPassword,
            errors.InvalidAuthorizationSpecification,
            errors.InvalidCatalogName,
        ),
        StoreNotWritable,
        "{where} may not be used with this name and password, or has no such database: "
        "check REPBEAT_DATABASE_URL",
    ),
    (
        (psycopg.OperationalError,),
        StoreUnreachable,
        "the PostgreSQL server at {where} does not answer: check that it runs and that REPBEAT_DATABASE_URL "
        "names it; nothing was lost, the device keeps what was not stored",
    ),
)
