"""Backups: every table as of one moment, in one SQLite file, whichever engine the database is on.

Keys of heart data are never in a backup. They lie wrapped in one file beside all backups of a folder, so that
whoever is forgotten there is forgotten in each of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from repbeat.store import locked, migrations, records, vault
from repbeat.store.database import Database
from repbeat.store.errors import StoreCorrupt, StoreNotEmpty, causes_named

Progress = Callable[[int, int], None]  # rows copied so far, rows in all

KEYS = "heart_keys"
_APART = frozenset((migrations.TABLE, KEYS))  # the copy has its own of the one, none of the other


def backup(
    db: Database,
    path: Path,
    now_ms: int,
    progress: Progress | None = None,
    public_keys: Sequence[str] = (),
) -> int:
    """Copy a database in use to `path`, encrypted where there are `public_keys`; the number of rows.

    The file appears whole or not at all; FileExistsError if there is one already. Others may write meanwhile:
    what they commit after the beginning is not in it. Where it lies is noted, for an erasure to find it.
    """
    who = locked.recipients(public_keys)
    if path.exists():
        raise FileExistsError(f"{path} is there already: name another file")
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with causes_named(path):
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # Noted first: a note of a file that is not there does no harm, a file that nobody knows of may.
        db.upsert("backups", ("path",), [{"path": str(path.resolve()), "made_ms": now_ms}])
        try:
            if who:
                rows = _locked(db, part, progress, who)
            else:
                with Database(part, vault=db.vault) as copy:
                    rows = _copy(db, copy, progress)
            vault.save_keys(db, path.parent)
            part.replace(path)
        except BaseException:
            forget(db, path)
            raise
        finally:
            part.unlink(missing_ok=True)
    return rows


def _locked(db: Database, part: Path, progress: Progress | None, who: list[Any]) -> int:
    """What is not encrypted yet never lies where backups are kept."""
    with TemporaryDirectory(prefix="repbeat-") as folder:
        plain = Path(folder) / "backup.sqlite3"
        with Database(plain, vault=db.vault) as copy:
            rows = _copy(db, copy, progress)
        locked.lock(plain, part, who)
    return rows


def known(db: Database) -> list[Path]:
    """Where backups of a database were written, oldest first; some may have been moved or deleted since."""
    rows = db.rows("SELECT path FROM backups ORDER BY made_ms, path")
    return [Path(row["path"]) for row in rows]


def forget(db: Database, path: Path) -> None:
    """Take a backup off the list."""
    db.run("DELETE FROM backups WHERE path = :path", path=str(path.resolve()))


def restore(
    path: Path,
    db: Database,
    now_ms: int,
    progress: Progress | None = None,
    secret_key: Path | None = None,
) -> int:
    """Copy a backup into an empty database, all or nothing; the number of rows.

    A backup of an older RepBeat is brought up to date in a copy, with the keys of `db`. StoreNotEmpty if the
    database holds anything, StoreCorrupt if the backup is damaged, WrongKey if it is encrypted and
    `secret_key` does not open it.
    """
    held = [name for name in _tables(db) if _count(db, name)]
    if held:
        raise StoreNotEmpty(f"{db.engine.where} holds data already ({held[0]}): restore to a new database")
    with TemporaryDirectory(prefix="repbeat-") as folder, causes_named(path), db.atomic():
        unpacked = Path(folder) / "backup.sqlite3"
        if not locked.is_locked(path):
            shutil.copyfile(path, unpacked)
        elif secret_key is None:
            raise locked.WrongKey(f"{path} is encrypted: name the file of its secret key with --key")
        else:
            locked.unlock(path, unpacked, secret_key)
        vault.load_keys(db, path.parent, now_ms)
        with Database(unpacked, vault=db.vault) as copy:
            found = copy.engine.problems(copy.connection())
            if found:
                raise StoreCorrupt(f"{path} is damaged ({found[0]}): take another backup")
            rows = _copy(copy, db, progress)
    return rows


def problems(db: Database, progress: Progress | None = None) -> list[str]:
    """What is wrong with a database: its files by the engine's own check, then every block of records.

    Empty: each record that is kept can be read, and fits its CRC.
    """
    found = list(db.engine.problems(db.connection()))
    logs = records.logs(db)
    total = sum(records.count(db, *log) for log in logs)
    done = 0
    for device_id, log_id in logs:
        try:
            for page in records.of_log(db, device_id, log_id):
                done += len(page)
                if progress is not None:
                    progress(done, total)
        except StoreCorrupt as error:
            found.append(f"log {log_id:08x} of device {device_id}: {error}")
    return found


def _copy(source: Database, target: Database, progress: Progress | None) -> int:
    with source.snapshot(), target.atomic():
        names = _tables(source)
        total = sum(_count(source, name) for name in names)
        done = 0
        for name in names:
            # Names come from the database's own catalogue.
            for rows in source.pages(f"SELECT * FROM {name}"):  # noqa: S608
                target.insert(name, rows)
                done += len(rows)
                if progress is not None:
                    progress(done, total)
    return done


def _tables(db: Database) -> list[str]:
    return [name for name in db.tables() if name not in _APART]


def _count(db: Database, name: str) -> int:
    return int(db.value(f"SELECT COUNT(*) FROM {name}"))  # noqa: S608
