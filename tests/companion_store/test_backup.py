"""Backups: of one moment, without keys, back as equal rows on either engine; damage and no room are said."""

import json
import sqlite3
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from companion_store.test_migrations import RELEASED, loaded, sealed, written_log
from ingest import made

from repbeat import store
from repbeat.ingest import ingest
from repbeat.ingest.command import rederive
from repbeat.people import erase, keys
from repbeat.store import Database, StoreCorrupt, StoreFull, StoreNotEmpty, devices, locked, records
from repbeat.store import backup as copies
from repbeat.store.command import backup, backup_key, check, restore
from repbeat.store.vault import KEYS_FILE, SEALED


@pytest.fixture(autouse=True)
def _master_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all databases of a test: by default it lies beside each."""
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture
def filled(either: Database) -> Database:
    athlete_id = store.athletes.add(either, "Ann", made.NOW_MS).athlete_id
    devices.assign(either, made.DEVICE, made.LOG, athlete_id)
    ingest(either, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    return either


def everything(db: Database) -> dict[str, list[tuple]]:
    return {
        name: sorted((tuple(row.values()) for row in db.rows(f"SELECT * FROM {name}")), key=repr)  # noqa: S608
        for name in db.tables()
        if name not in (copies.KEYS, "_sqlite_migrations")
    }


def test_a_backup_restores_to_equal_rows(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "monday.sqlite3"
    seen = []
    rows = copies.backup(filled, file, made.NOW_MS, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (rows, rows)
    assert file.stat().st_mode & 0o077 == 0
    with Database(tmp_path / "new" / "repbeat.sqlite3") as new:
        assert copies.restore(file, new, made.NOW_MS) == rows
        assert everything(new) == everything(filled)
        assert records.present(new, made.DEVICE, made.LOG, 0, 100) == dict(made.session_log())
        with pytest.raises(StoreNotEmpty, match="new database"):
            copies.restore(file, new, made.NOW_MS)


def test_a_backup_goes_back_to_its_own_engine(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "monday.sqlite3"
    copies.backup(filled, file, made.NOW_MS)
    before = everything(filled)
    for name in [*before, copies.KEYS]:
        filled.run(f"DELETE FROM {name}")  # noqa: S608
    copies.restore(file, filled, made.NOW_MS)
    assert everything(filled) == before


def test_a_check_tells_how_many_records_it_has_read(filled: Database) -> None:
    told: list[tuple[int, int]] = []
    assert copies.problems(filled, lambda *at: told.append(at)) == []
    every = records.count(filled, made.DEVICE)
    assert told[-1] == (every, every)


def test_no_backup_holds_a_key_so_who_is_forgotten_is_forgotten_in_all(
    filled: Database, tmp_path: Path
) -> None:
    file = tmp_path / "monday.sqlite3"
    copies.backup(filled, file, made.NOW_MS)
    (ann,) = store.athletes.every(filled)
    with Database(file) as copy:
        assert copy.value("SELECT COUNT(*) FROM heart_keys") == 0
    keys.forget_saved(tmp_path / KEYS_FILE, ann.athlete_id)
    with Database(tmp_path / "new.sqlite3") as new:
        copies.restore(file, new, made.NOW_MS)
        left = records.present(new, made.DEVICE, made.LOG, 0, 100)
        assert 0 < len(left) < len(made.session_log())


def test_what_is_written_meanwhile_is_not_in_it(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "monday.sqlite3"

    def write() -> None:
        if len(store.athletes.every(filled)) == 1:
            store.athletes.add(filled, "Ben", made.NOW_MS)

    def busy(done: int, total: int) -> None:
        thread = Thread(target=write)  # another thread has another connection
        thread.start()
        thread.join(30)

    copies.backup(filled, file, made.NOW_MS, busy)
    assert {one.name for one in store.athletes.every(filled)} == {"Ann", "Ben"}
    with Database(file) as copy:
        assert {one.name for one in store.athletes.every(copy)} == {"Ann"}


def test_a_full_disk_leaves_no_half_backup(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "monday.sqlite3"
    before = everything(filled)
    insert = Database.insert

    def full(db: Database, table: str, rows: list) -> int:
        if str(db.engine.where).endswith(".part"):
            # SQLite's own error: no page more than there are.
            pages = db.value("PRAGMA page_count")
            db.run(f"PRAGMA max_page_count = {pages}")
        return insert(db, table, rows)

    monkeypatch.setattr(Database, "insert", full)
    big = [
        {**filled.rows("SELECT * FROM athletes")[0], "athlete_id": f"a{n}", "name": f"A{n}", "tag": n}
        for n in range(1000, 2000)
    ]
    insert(filled, "athletes", big)
    with pytest.raises(StoreFull, match="free some"):
        copies.backup(filled, file, made.NOW_MS)
    assert [path.name for path in tmp_path.glob("monday*")] == []
    filled.run("DELETE FROM athletes WHERE tag >= 1000 AND tag < 2000")
    assert everything(filled) == before


def test_a_damaged_backup_is_refused_and_the_database_stays_empty(tmp_path: Path) -> None:
    file, target = tmp_path / "monday.sqlite3", tmp_path / "new.sqlite3"
    with Database(tmp_path / "old.sqlite3") as db:
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
        copies.backup(db, file, made.NOW_MS)
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    file.write_bytes(content)
    with Database(target) as new:
        with pytest.raises(StoreCorrupt, match="damaged"):
            copies.restore(file, new, made.NOW_MS)
        assert all(not rows for rows in everything(new).values())


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    old, file, new = (str(tmp_path / name) for name in ("old.sqlite3", "copy.sqlite3", "new.sqlite3"))
    with Database(old) as db:
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    run = CliRunner().invoke
    done = json.loads(run(backup, [file, "--json", "--database", old]).stdout)
    assert done["rows"] > 0
    again = run(backup, [file, "--database", old])
    assert again.exit_code == 1
    assert "name another file" in again.output
    assert json.loads(run(restore, [file, "--json", "--database", new]).stdout)["rows"] == done["rows"]
    assert json.loads(run(check, ["--json", "--database", new]).stdout) == {"problems": []}
    told = json.loads(run(rederive, ["--json", "--database", new]).stdout)
    assert told["records"] == len(made.session_log())


def test_check_names_the_damaged_log(tmp_path: Path) -> None:
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
        db.run("UPDATE blocks SET log = :log", log=b"\x01" + b"\xff" * 40)
    found = CliRunner().invoke(check, ["--database", str(path)])
    assert found.exit_code == 1
    assert made.DEVICE in found.output


def test_check_reports_a_file_too_damaged_to_open(tmp_path: Path) -> None:
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    content = bytearray(path.read_bytes())
    content[100:8192] = b"\xa5" * (8192 - 100)  # the tables' own pages
    path.write_bytes(content)
    found = CliRunner().invoke(check, ["--json", "--database", str(path)])
    assert found.exit_code == 1
    (problem,) = json.loads(found.stdout)["problems"]
    assert "restore the last backup" in problem


@pytest.mark.parametrize(
    "script", [one for one in RELEASED if not sealed(one)], ids=lambda script: script.stem
)
def test_a_backup_of_an_older_schema_keeps_its_heart_data(
    script: Path, either: Database, tmp_path: Path
) -> None:
    """Its heart records were not sealed yet: they are, with keys that the restored database has."""
    copies.restore(loaded(script, tmp_path / "old.sqlite3"), either, made.NOW_MS)
    assert records.present(either, made.DEVICE, made.LOG, 0, 1 << 32) == dict(written_log())
    stored = [row["heart"] for row in either.rows("SELECT heart FROM blocks WHERE heart IS NOT NULL")]
    assert stored
    assert all(heart[0] == SEALED for heart in stored)


def test_a_restore_that_fails_leaves_no_key_behind(either: Database, tmp_path: Path) -> None:
    path = loaded(RELEASED[0], tmp_path / "old.sqlite3")
    old = sqlite3.connect(path)
    old.execute("UPDATE records SET raw = x'05012000' WHERE seq = 3")
    old.commit()
    old.close()
    with pytest.raises(StoreCorrupt):
        copies.restore(path, either, made.NOW_MS)
    assert all(not rows for rows in everything(either).values())
    assert either.value("SELECT COUNT(*) FROM heart_keys") == 0


def test_a_backup_to_nowhere_says_what_to_look_at(tmp_path: Path) -> None:
    to = tmp_path / "not" / "there.sqlite3"
    refused = CliRunner().invoke(backup, [str(to), "--database", str(tmp_path / "store.sqlite3")])
    assert refused.exit_code == 1
    assert "look at its folder" in refused.output


def test_an_encrypted_backup_opens_with_its_key_alone(filled: Database, tmp_path: Path) -> None:
    hers, other = tmp_path / "hers.txt", tmp_path / "other.txt"
    public = locked.new_key(hers)
    locked.new_key(other)
    assert hers.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        locked.new_key(hers)
    file = tmp_path / "monday.age"
    rows = copies.backup(filled, file, made.NOW_MS, public_keys=[public])
    content = file.read_bytes()
    assert locked.is_locked(file)
    assert file.stat().st_mode & 0o077 == 0
    assert not [trace for trace in (b"SQLite", b"athletes", made.DEVICE.encode()) if trace in content]
    assert [one.name for one in tmp_path.glob("*.part")] == []
    with Database(tmp_path / "new.sqlite3") as new:
        for key, says in ((None, "--key"), (other, "other.txt"), (file, "monday.age")):
            with pytest.raises(locked.WrongKey, match=says):
                copies.restore(file, new, made.NOW_MS, secret_key=key)
        damaged = tmp_path / "damaged.age"
        damaged.write_bytes(content[:-40] + bytes(40))
        with pytest.raises(locked.WrongKey):
            copies.restore(damaged, new, made.NOW_MS, secret_key=hers)
        assert copies.restore(file, new, made.NOW_MS, secret_key=hers) == rows
        assert everything(new) == everything(filled)
    with pytest.raises(locked.WrongKey, match="age1"):
        copies.backup(filled, tmp_path / "no.age", made.NOW_MS, public_keys=["age1nonsense"])
    assert copies.known(filled) == [file]
    (athlete,) = store.athletes.every(filled)
    assert f"{file} is encrypted" in erase.erase(filled, athlete.athlete_id, made.NOW_MS).left


def test_the_commands_make_a_key_lock_and_open(tmp_path: Path) -> None:
    database, file, secret = (str(tmp_path / name) for name in ("a.sqlite3", "a.age", "key.txt"))
    with Database(Path(database)) as db:
        store.athletes.add(db, "Ann", made.NOW_MS)
    run = CliRunner().invoke
    public = json.loads(run(backup_key, [secret, "--json"]).stdout)["public_key"]
    assert run(backup, [file, "--for-key", public, "--database", database]).exit_code == 0
    new = str(tmp_path / "new.sqlite3")
    refused = run(restore, [file, "--database", new])
    assert refused.exit_code == 1
    assert "--key" in refused.output
    assert run(restore, [file, "--key", secret, "--database", new]).exit_code == 0
    with Database(Path(new)) as db:
        assert [one.name for one in store.athletes.every(db)] == ["Ann"]
