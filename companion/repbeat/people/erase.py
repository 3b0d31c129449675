"""Erasing an athlete: the key, the rows, what is left of them in the file, and what the devices hold."""

from __future__ import annotations

from pathlib import Path

import msgspec

from repbeat.people import accounts, commands, holdings, keys, signin
from repbeat.people.errors import LastAdministrator
from repbeat.people.holdings import Range
from repbeat.store import Database, athletes, devices, records
from repbeat.store.vault import KEYS_FILE

WHY = "erased at the athlete's wish"
_APART = (
    "device_athletes",
    "gaps",
    "blocks",
    "clocks",
    "athletes",
    "sessions",
)  # each has its own step below
_TRIES = 5


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What is gone; `devices` will be told, `accounts` went with the athlete, `left` says what could not."""

    records: int
    rows: int
    keys: int
    devices: tuple[str, ...]
    accounts: tuple[str, ...]
    left: str = ""


def erase(db: Database, athlete_id: str, now_ms: int, backups: Path | None = None) -> Erased:
    """Everything of an athlete, for good; NotFound if there is none, LastAdministrator if nobody would be.

    `backups`: a folder of backups, whose file of keys forgets the athlete too. Accounts that speak for
    nobody else go with the athlete. Devices that the athlete wears are told at their next connection.
    """
    athlete = athletes.get(db, athlete_id)
    gone = _accounts_that_go(db, athlete_id)
    worn = [one for one in devices.every(db) if devices.athlete_of(db, one) == athlete_id]
    _overwrite_what_is_deleted(db)
    with db.atomic():
        of = holdings.ranges(db, athlete_id)
        count = sum(_erase_records(db, one, now_ms) for one in of)
        forgotten = keys.of(db).forget(athlete_id)  # after the records: sealed ones are counted by it
        rows = _erase_rows(db, athlete_id, of)
        for device in worn:
            commands.add(db, device.device_id, commands.ERASE, now_ms)
            if athlete.name.casefold() in device.name.casefold():
                devices.rename(db, device.device_id, f"Band {device.device_id[-4:].upper()}")
        for account in gone:
            signin.forget_name(db, account.name)
            accounts.remove(db, account.account_id, last_too=True)  # looked at above
        signin.forget_name(db, athlete.name)
    if backups is not None:
        keys.forget_saved(backups / KEYS_FILE, athlete_id)
    return Erased(
        records=count,
        rows=rows,
        keys=forgotten,
        devices=tuple(device.name for device in worn),
        accounts=tuple(account.account_id for account in gone),
        left=scrub(db),
    )


def _accounts_that_go(db: Database, athlete_id: str) -> list[accounts.Account]:
    """Those that own this athlete alone. The only account of all may go: the companion is then as new."""
    gone = [
        one
        for one in accounts.owners_of(db, athlete_id)
        if accounts.owned(db, one.account_id) == [athlete_id]
    ]
    left = [one for one in accounts.every(db) if one not in gone]
    if left and not any(one.administrator for one in left) and any(one.administrator for one in gone):
        raise LastAdministrator("nobody would look after the others' accounts: make one administrator first")
    return gone


def _erase_records(db: Database, one: Range, now_ms: int) -> int:
    """Take a range's records out; the cursor stays, so that no device is asked for them again."""
    last = db.value(
        "SELECT MAX(next_seq) FROM blocks WHERE device_id = :device_id AND log_id = :log_id",
        device_id=one.device_id,
        log_id=one.log_id,
    )
    end = min(one.next_seq, last or 0)
    if end <= one.first_seq:
        return 0
    held = len(records.present(db, one.device_id, one.log_id, one.first_seq, end))
    records.remove(db, one.device_id, one.log_id, one.first_seq, end)
    records.add_gap(db, one.device_id, one.log_id, one.first_seq, end, WHY, now_ms)
    return held


def _erase_rows(db: Database, athlete_id: str, of: list[Range]) -> int:
    """All rows but those of `_APART`, then these in their own way."""
    found = {table.name: table for table in holdings.tables(db)}
    count = sum(
        holdings.delete(db, table, athlete_id, of) for name, table in found.items() if name not in _APART
    )
    # Deleted, the records before would belong to whoever wore the device before.
    db.run(
        "UPDATE device_athletes SET athlete_id = NULL WHERE athlete_id = :athlete_id", athlete_id=athlete_id
    )
    for name in ("sessions", "athletes"):
        count += holdings.delete(db, found[name], athlete_id, of)
    # A clock may date another's session of the same boot: those stay.
    for one in of:
        count += db.run(
            """DELETE FROM clocks WHERE device_id = :device_id AND log_id = :log_id
                 AND seq >= :first_seq AND seq < :next_seq AND NOT EXISTS (
                   SELECT 1 FROM sessions AS s WHERE s.device_id = clocks.device_id
                     AND s.log_id = clocks.log_id AND s.boot = clocks.boot)""",
            **msgspec.structs.asdict(one),
        )
    return count


def _overwrite_what_is_deleted(db: Database) -> None:
    """Have this thread's connection overwrite deleted rows with zeros, where the engine can."""
    if not _is_postgresql(db):
        db.value("PRAGMA secure_delete = ON")


def scrub(db: Database) -> str:
    """Leave nothing of deleted rows in the database's files; what could not be done, in words, or "".

    SQLite: the write-ahead log is emptied, the file written anew. PostgreSQL: the tables are written anew;
    its own write-ahead log is the server's to recycle.
    """
    if _is_postgresql(db):
        db.run("VACUUM FULL")
        return "The server's write-ahead log holds old pages until it is recycled: `CHECKPOINT` hastens it."
    _checkpoint(db)
    db.run("VACUUM")
    if not _checkpoint(db):
        return "Another program reads the database: stop it and run `repbeat erase --scrub` once."
    return ""


def _checkpoint(db: Database) -> bool:
    """Move the write-ahead log into the file and empty it; False while somebody reads an older state."""
    return any(not db.value("PRAGMA wal_checkpoint(TRUNCATE)") for _ in range(_TRIES))


def _is_postgresql(db: Database) -> bool:
    return db.engine.where.startswith("postgresql://")
