"""What can go wrong with the store: one type a cause, each message says what to do next."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The store cannot do what was asked; each cause is a subclass."""


class StoreCorrupt(StoreError):
    """The file is damaged or is not a database."""


class StoreFull(StoreError):
    """The disk has no room: nothing of the last batch was kept, and nothing of it was acknowledged."""


class StoreNewer(StoreError):
    """A newer RepBeat wrote this database."""


class StoreBusy(StoreError):
    """Another process held the database longer than the busy time-out."""


class StoreNotWritable(StoreError):
    """The file or its folder cannot be opened or written."""


class StoreUnreachable(StoreError):
    """The database server does not answer."""


class StoreNotEmpty(StoreError):
    """The database that a backup is to be restored to holds data already."""


class NotFound(StoreError):
    """No row has this key."""


# https://www.sqlite.org/rescode.html, primary codes
_CAUSES: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_CORRUPT: (
        StoreCorrupt,
        "the database {path} is damaged: stop RepBeat, keep a copy of the file, restore the last backup; "
        "the devices send again what they still hold",
    ),
    sqlite3.SQLITE_NOTADB: (
        StoreCorrupt,
        "{path} is not a RepBeat database: name another file with --database, or move this one away",
    ),
    sqlite3.SQLITE_FULL: (
        StoreFull,
        "no room left for {path}: free some disk space and sync again; nothing was lost, "
        "the device keeps what was not stored",
    ),
    sqlite3.SQLITE_BUSY: (StoreBusy, "{path} is in use by another process: try again, or end that process"),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "{path} is in use by another process: try again, or end that process"),
    sqlite3.SQLITE_READONLY: (
        StoreNotWritable,
        "{path} may not be written: check the owner and rights of the file and its folder",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreNotWritable,
        "{path} cannot be opened: check that its folder exists and may be written",
    ),
    sqlite3.SQLITE_PERM: (StoreNotWritable, "{path} may not be opened: check its owner and rights"),
    sqlite3.SQLITE_IOERR: (
        StoreNotWritable,
        "the disk fails while {path} is read or written: check the disk, then sync again",
    ),
}


class causes_named:  # reads as the block that it is
    """Turns SQLite's errors in its block into the types above; programming errors pass as they are.

    A class, because it stands around every statement: a generator would cost as much as a small one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", None)
            cause = _CAUSES.get(code & 0xFF) if code is not None else None
            if cause is not None:
                raise cause[0](cause[1].format(path=self._path)) from error
