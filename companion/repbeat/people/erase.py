"""Erasing an athlete: the key, the rows, what is left of them in the file, and what the devices hold."""

from __future__ import annotations

from pathlib import Path

import msgspec

from repbeat.people import accounts, commands, holdings, keys, signin
from repbeat.people.errors import LastAdministrator
from repbeat.people.holdings import Range
from repbeat.store import Database, StoreError, athletes, backup, devices, records
from repbeat.store.athletes import Athlete
from repbeat.store.locked import is_locked
from repbeat.store.sqlite import is_database
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


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What is gone; `devices` will be told, `accounts` went with the athlete, `left` says what could not.

    `backups`: the files in which nothing of the athlete is left.
    """

    records: int
    rows: int
    keys: int
    devices: tuple[str, ...]
    accounts: tuple[str, ...]
    backups: tuple[str, ...] = ()
    left: str = ""


def erase(db: Database, athlete_id: str, now_ms: int, backups: Path | None = None) -> Erased:
    """Everything of an athlete, for good; NotFound if there is none, LastAdministrator if nobody would be.

    Accounts that speak for nobody else go with the athlete. Devices that the athlete wears are told at their
    next connection. Every backup that the database knows of is erased too, and those in the folder `backups`.
    """
    athlete = athletes.get(db, athlete_id)
    gone = _accounts_that_go(db, athlete_id)
    worn = [one for one in devices.every(db) if devices.athlete_of(db, one) == athlete_id]
    with db.atomic():
        count, rows, forgotten = _erase_from(db, athlete, gone, now_ms)
        for device in worn:
            commands.add(db, device.device_id, commands.ERASE, now_ms)
    left = [db.scrub()]
    reached = []
    for path in _backups(db, backups):
        problem = _erase_from_backup(db, path, athlete, gone, now_ms)
        if problem:
            left.append(problem)
        else:
            reached.append(str(path))
    return Erased(
        records=count,
        rows=rows,
        keys=forgotten,
        devices=tuple(device.name for device in worn),
        accounts=tuple(account.account_id for account in gone),
        backups=tuple(reached),
        left=" ".join(filter(None, left)),
    )


def _erase_from(
    db: Database, athlete: Athlete, gone: list[accounts.Account], now_ms: int
) -> tuple[int, int, int]:
    """What a database or a backup of it holds of an athlete; how many records, rows and keys that were."""
    worn = [one for one in devices.every(db) if devices.athlete_of(db, one) == athlete.athlete_id]
    with db.atomic():
        of = holdings.ranges(db, athlete.athlete_id)
        count = sum(_erase_records(db, one, now_ms) for one in of)
        forgotten = keys.of(db).forget(athlete.athlete_id)  # after the records: sealed ones are counted by it
        rows = _erase_rows(db, athlete.athlete_id, of)
        for device in worn:
            if athlete.name.casefold() in device.name.casefold():
                devices.rename(db, device.device_id, f"Band {device.device_id[-4:].upper()}")
        for account in gone:
            signin.forget_name(db, account.name)
            accounts.remove(db, account.account_id, last_too=True)  # looked at by `_accounts_that_go`
        signin.forget_name(db, athlete.name)
    return count, rows, forgotten


def _backups(db: Database, folder: Path | None) -> list[Path]:
    known = backup.known(db)
    beside = sorted(folder.resolve().iterdir()) if folder else []
    return list(dict.fromkeys([*known, *(path for path in beside if is_database(path))]))


def _erase_from_backup(
    db: Database, path: Path, athlete: Athlete, gone: list[accounts.Account], now_ms: int
) -> str:
    """What could not be done, in words, or ""."""
    keys.forget_saved(path.parent / KEYS_FILE, athlete.athlete_id)
    if not path.exists():
        backup.forget(db, path)
        return (
            f"The backup {path} is not there: if it was moved, erase it too, with `repbeat erase NAME "
            "--database` and its path; heart data in it cannot be opened any more."
        )
    if is_locked(path):
        return (
            f"The backup {path} is encrypted for a key that is not here, so nothing can be taken out of it: "
            "delete it and make a new one; health data in it cannot be opened any more."
        )
    try:
        with Database(path, vault=db.vault) as copy:  # others' heart data is sealed anew where blocks are cut
            _erase_from(copy, athlete, gone, now_ms)
            return copy.scrub()
    except StoreError as error:
        return f"The backup {path} was not erased: {error}."


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
