"""The store's door: threads, transactions, and errors that say what to do next."""

import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from repbeat import store
from repbeat.store import Database, devices, records
from repbeat.store.errors import causes_named
from repbeat.store.records import Record
from repbeat_protocol import records as wire


def record(seq: int, size: int = 40) -> Record:
    """One of noise, which no deflating makes smaller."""
    noise = random.Random(seq).randbytes(size)
    return records.decoded("d", 1, seq, wire.encode(seq, wire.RAW_WINDOW, 1, 1, seq, noise))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "repbeat.sqlite3"


def test_every_thread_has_its_own_connection(path: Path) -> None:
    with Database(path) as db:
        failed = []

        def write(first: int) -> None:
            try:
                for seq in range(first, first + 50):
                    records.insert(db, [record(seq)])
            except store.StoreError as error:
                failed.append(error)

        threads = [threading.Thread(target=write, args=(n * 50,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failed == []
        assert records.count(db, "d") == 300


def insert_and_fail(db: Database, one: Record) -> None:
    with db.atomic():
        records.insert(db, [one])
        raise ZeroDivisionError


def test_a_transaction_is_all_or_nothing_and_nests(path: Path) -> None:
    with Database(path) as db:
        with pytest.raises(ZeroDivisionError):
            insert_and_fail(db, record(1))
        with db.atomic():
            records.insert(db, [record(2)])
            with pytest.raises(ZeroDivisionError):
                insert_and_fail(db, record(3))
        assert sorted(records.present(db, "d", 1, 0, 10)) == [2]


def test_what_is_committed_is_on_disk(path: Path) -> None:
    with Database(path) as db:
        assert db.value("PRAGMA journal_mode") == "wal"
        assert db.value("PRAGMA synchronous") == 2  # FULL: an acknowledged record survives a power cut


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_nobody_else_on_the_computer_may_read_it(path: Path) -> None:
    with Database(path) as db:
        records.insert(db, [record(1)])
        files = list(path.parent.iterdir())
        assert {file.name for file in files} >= {path.name, f"{path.name}-wal"}
        assert [file.name for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []


def test_opening_again_changes_nothing(path: Path) -> None:
    with Database(path) as db:
        records.insert(db, [record(1)])
    with Database(path) as db:
        assert records.count(db, "d") == 1


def test_two_processes_may_open_a_new_file_at_once(path: Path) -> None:
    code = "import sys; from repbeat.store import Database; Database(sys.argv[1]).close()"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]


def test_a_newer_database_is_left_alone(path: Path) -> None:
    with Database(path) as db:
        db.run(
            """INSERT INTO _sqlite_migrations (migration_set, name, applied_at)
               VALUES ('repbeat', '0099_x', '')"""
        )
    before = path.read_bytes()
    with pytest.raises(store.StoreNewer, match="update RepBeat"):
        Database(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(store.StoreCorrupt, match="not a RepBeat database"):
        Database(path)


def test_a_damaged_file_is_named(path: Path) -> None:
    with Database(path) as db:
        db.run("PRAGMA wal_checkpoint(TRUNCATE)")
        empty = path.stat().st_size
        records.insert(db, [record(n, 200) for n in range(2000)])
        db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(empty + 4096)  # records, not the tables' own pages before them
        file.write(b"\xff" * 30 * 4096)
    with Database(path) as db, pytest.raises(store.StoreCorrupt, match="restore the last backup"):
        for _ in records.of_log(db, "d", 1):
            pass


def test_a_full_disk_keeps_what_was_committed(path: Path) -> None:
    with Database(path) as db:
        records.insert(db, [record(1)])
        db.run(f"PRAGMA max_page_count = {db.value('PRAGMA page_count') + 4}")
        with pytest.raises(store.StoreFull, match="free some disk space"):
            records.insert(db, [record(n, 240) for n in range(2, 3000)])
        assert sorted(records.present(db, "d", 1, 0, 5000)) == [1]
        db.run("PRAGMA max_page_count = 100000")
        records.insert(db, [record(n, 240) for n in range(2, 3000)])
        assert records.count(db, "d") == 2999


def test_a_busy_database_is_named(path: Path) -> None:
    with Database(path) as one, Database(path, busy_timeout_s=0.05) as other:
        with one.atomic(), pytest.raises(store.StoreBusy, match="in use by another process"):
            records.insert(other, [record(1)])
        records.insert(other, [record(1)])


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(store.StoreNotWritable, match="cannot be opened"), causes_named(blocked):
        sqlite3.connect(blocked / "repbeat.sqlite3")


def test_a_mistake_in_sql_is_not_dressed_up(path: Path) -> None:
    with Database(path) as db, pytest.raises(sqlite3.OperationalError):
        db.rows("SELECT * FROM nothing")


def test_text_from_anywhere_is_only_ever_a_value(path: Path) -> None:
    with Database(path) as db:
        name = "'; DROP TABLE athletes; --"
        athlete = store.athletes.add(db, name, 5)
        assert store.athletes.named(db, name) == athlete
        with pytest.raises(store.NotFound, match="DROP TABLE"):
            store.athletes.named(db, "Ann")


def test_rows_are_typed(path: Path) -> None:
    with Database(path) as db:
        athlete = store.athletes.add(db, "Ann", 5)
        (found,) = db.all(store.athletes.Athlete, "SELECT * FROM athletes")
        assert found == athlete
        with pytest.raises(msgspec.ValidationError):
            db.all(store.athletes.Athlete, "SELECT name FROM athletes")


def test_an_unknown_key_says_what_to_do(path: Path) -> None:
    with Database(path) as db:
        with pytest.raises(store.NotFound, match="repbeat sync"):
            devices.get(db, "0000")
        with pytest.raises(store.NotFound, match="no record 3"):
            records.get(db, "d", 1, 3)


def test_a_thread_that_leaves_takes_its_connection_along(either: Database) -> None:
    def read_and_leave() -> None:
        either.tables()
        either.leave()
        either.leave()  # there is nothing left to close

    either.tables()
    mine = either._open[:]
    thread = threading.Thread(target=read_and_leave)
    thread.start()
    thread.join()
    assert either._open == mine
    assert either.tables()
