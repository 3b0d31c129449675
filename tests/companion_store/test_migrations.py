"""Forward from every released schema: a file as that RepBeat wrote it comes out as if written today."""

import json
import re
import sqlite3
import struct
import subprocess
import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest
from ingest import made

from repbeat.coach import recovery, shelf
from repbeat.derive.hrv import Morning
from repbeat.ingest import ingest, rederive
from repbeat.store import (
    Database,
    StoreCorrupt,
    athletes,
    heart_blocks,
    migrations,
    packing,
    plans,
    records,
    sessions,
    vault,
)
from repbeat.store.sessions import Key
from repbeat_protocol import plan as plan_format
from repbeat_protocol import records as wire

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))
OPEN_NIGHTS = next(script for script in RELEASED if script.stem == "0003_sealed")  # keys, but for beats alone
RANDOM = ("heart_keys", "vault_settings")  # drawn anew in each database


def written_log() -> list:
    """The records in the released files: a session, a gap of three, a second boot with odd records."""
    log = made.session_log()
    n = len(log)
    log += [made.start(n + 3, n + 3, uptime_ms=1000, boot=2), made.rep(n + 4, n + 3, uptime_ms=3000)]
    log.append((n + 5, wire.encode(n + 5, 99, 7, 2, 4000, b"what a newer device knows")))
    log.append((n + 6, wire.encode(n + 6, wire.HEART, 1, 2, 5000, b"")))
    return log


def everything(db: Database) -> dict:
    """All rows of all rooms but the migrations and how records lie in blocks, and what is read from them."""
    names = db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    out = {}
    for table in (row["name"] for row in names):
        if table not in ("blocks", *RANDOM, migrations.TABLE) and not table.startswith("sqlite_"):
            out[table] = sorted((sorted(row.items()) for row in db.rows(f"SELECT * FROM {table}")), key=repr)  # noqa: S608
    out["held"] = records.present(db, made.DEVICE, made.LOG, 0, 1 << 32)
    keys = [
        Key(made.DEVICE, made.LOG, row["session_seq"]) for row in db.rows("SELECT session_seq FROM sessions")
    ]
    out["repetitions"] = [sessions.reps(db, key) for key in keys]
    out["heart"] = heart_blocks.packed(db, made.DEVICE, made.LOG, 1, wire.HEART, 0, 1 << 40)
    out["rr"] = heart_blocks.packed(db, made.DEVICE, made.LOG, 1, wire.RR, 0, 1 << 40)
    return out


def loaded(script: Path, path: Path) -> Path:
    """The database that a script makes, its key beside it where its heart data is sealed already."""
    old = sqlite3.connect(path)
    old.executescript(script.read_text())
    old.close()
    if sealed(script):
        key = path.with_name(f"{path.name}.key")
        key.write_bytes(script.with_suffix(".key").read_bytes())
        key.chmod(0o600)
    return path


def sealed(script: Path) -> bool:
    return script.with_suffix(".key").exists()


@pytest.mark.parametrize("script", RELEASED, ids=lambda script: script.stem)
def test_a_released_file_comes_out_equal(script: Path, tmp_path: Path) -> None:
    log = written_log()
    with Database(loaded(script, tmp_path / "old.sqlite3")) as db:
        found = everything(db)
        assert found["held"] == dict(log)
        assert [len(reps) for reps in found["repetitions"]] == [6, 1]
        assert records.cursor(db, made.DEVICE, made.LOG) == len(log) + 3
        rederive(db, made.NOW_MS)
        assert db.value("PRAGMA integrity_check") == "ok"
        rederived = everything(db)
    with Database(tmp_path / "new.sqlite3") as db:
        for table in ("athletes", "devices", "device_athletes", "logs", "gaps"):
            db.insert(table, [dict(row) for row in rederived[table]])
        ingest(db, made.DEVICE, made.LOG, log, made.NOW_MS)
        assert everything(db) == rederived
    # Without rederiving, only the summary is still of the older formula.
    assert {key: rows for key, rows in found.items() if key != "session_values"} == {
        key: rows for key, rows in rederived.items() if key != "session_values"
    }


def test_mornings_of_a_released_file_lie_sealed(tmp_path: Path) -> None:
    path = loaded(OPEN_NIGHTS, tmp_path / "old.sqlite3")
    old = sqlite3.connect(path)
    (athlete_id,) = old.execute("SELECT athlete_id FROM athletes").fetchone()
    old.execute("INSERT INTO mornings VALUES (?, '2026-11-20', 'oura', 63.21, 51.57, 420.0)", (athlete_id,))
    old.commit()
    old.close()
    hrv, resting = struct.pack(">d", 63.21), struct.pack(">d", 51.57)
    assert hrv in path.read_bytes()
    with Database(path) as db:
        night = Morning(date(2026, 11, 20), "oura", 63.21, 51.57, 420.0)
        assert recovery.mornings(db, athlete_id, date(2026, 11, 20)) == [night]
        assert db.scrub() == ""
    for trace in (hrv, resting, b"63.21", b"51.57"):
        assert trace not in path.read_bytes()


# What people answered, nights from files and what was decided on them: rows after the athlete's id.
OPEN: dict[str, tuple] = {
    "check_ins": ("2026-11-20", 4, 3, 2, 1, 5, 1),
    "red_flags": ("flag", "chest-marker", 1, None, "", "statement-marker"),
    "coaching": ("{}", '{"known_disease": true, "by": "health-marker"}'),
    "proposals": ("p", "2026-11-20", "2026-11-21", 1, 1, None, "situation-marker", "proposal-marker"),
    "imported_days": ("2026-11-20", "rmssd_ms", "oura", 63.21),
}


def test_answers_and_nights_of_a_released_file_lie_sealed(tmp_path: Path) -> None:
    path = loaded(OPEN_NIGHTS, tmp_path / "old.sqlite3")
    old = sqlite3.connect(path)
    (athlete_id,) = old.execute("SELECT athlete_id FROM athletes").fetchone()
    columns = {}
    for table, row in OPEN.items():
        places = ", ".join("?" * (len(row) + 1))
        old.execute(f"INSERT INTO {table} VALUES ({places})", (athlete_id, *row))  # noqa: S608
        found = old.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))
        columns[table] = [name for (name,) in found]
    old.commit()
    old.close()
    traces = (b"-marker", struct.pack(">d", 63.21))
    assert all(trace in path.read_bytes() for trace in traces)
    with Database(path) as db:
        for table, row in OPEN.items():
            stored = db.rows(f"SELECT * FROM {table} WHERE athlete_id = :who", who=athlete_id)  # noqa: S608
            found = [vault.opened_row(db, table, one) for one in stored]
            assert (athlete_id, *row) in [tuple(one[name] for name in columns[table]) for one in found], table
        (answers,) = recovery.check_ins(db, athlete_id, date(2026, 11, 20), 0)
        assert (answers.sleep, answers.mood, answers.unwell) == (4, 5, True)
        assert "chest-marker" in {flag.kind for flag in shelf.flags(db, athlete_id)}
        assert db.scrub() == ""
    for trace in traces:
        assert trace not in path.read_bytes()


def test_heart_rates_and_plans_of_a_released_file_lie_sealed(tmp_path: Path) -> None:
    """Not in athletes, plans, sessions, summaries, nor in the records that say them again."""
    path = loaded(OPEN_NIGHTS, tmp_path / "old.sqlite3")
    old = sqlite3.connect(path)
    (athlete_id,) = old.execute("SELECT athlete_id FROM athletes").fetchone()
    old.execute("UPDATE athletes SET resting_bpm = 57, max_bpm = 191")
    content = plan_format.encode(plan_format.Plan(1, [plan_format.Item(1, 3, 8, 10)], "Plugh", max_bpm=191))
    old.execute("INSERT INTO plans VALUES (?, 1, NULL, 5, 'person', 'pending', '', ?)", (athlete_id, content))
    old.commit()
    old.close()
    assert b"Plugh" in path.read_bytes()
    with Database(path) as db:
        athlete = athletes.get(db, athlete_id)
        assert (athlete.resting_bpm, athlete.max_bpm) == (57, 191)
        assert plans.get(db, athlete_id, 1).wire().max_bpm == 191
        assert plans.latest(db, athlete_id) == plans.get(db, athlete_id, 1)
        columns = {
            column["name"]
            for table in db.tables()
            for column in db.rows("SELECT name FROM pragma_table_info(:table)", table=table)
        }
        assert not columns & {"resting_bpm", "max_bpm", "drop_bpm", "before_rmssd_x10"}
        assert "resting_bpm" not in "".join(
            row["value"] for row in db.rows("SELECT value FROM session_values")
        )
        assert not any(packing.lies_open(row["log"]) for row in db.rows("SELECT log FROM blocks"))
        assert db.scrub() == ""
    assert b"Plugh" not in path.read_bytes()


CHANGE = plans.Change(
    item=0,
    exercise=3,
    field="load_g",
    old=40_000,
    new=36_000,
    rule="rule-marker",
    version=2,
    why="why-marker",
    inputs={"state": "inputs-marker"},
)


def test_why_plans_changed_of_a_released_file_lies_sealed(tmp_path: Path) -> None:
    path = loaded(OPEN_NIGHTS, tmp_path / "old.sqlite3")
    old = sqlite3.connect(path)
    (athlete_id,) = old.execute("SELECT athlete_id FROM athletes").fetchone()
    for number in range(2):
        row = (athlete_id, 4, number, *msgspec.structs.astuple(CHANGE)[:-1], json.dumps(CHANGE.inputs))
        old.execute(f"INSERT INTO plan_changes VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    old.commit()
    old.close()
    assert path.read_bytes().count(b"-marker") >= 6
    with Database(path) as db:
        assert plans.changes(db, athlete_id, 4) == [CHANGE, CHANGE]
        assert plans.changes(db, athlete_id, 3) == []
        assert db.scrub() == ""
    assert b"-marker" not in path.read_bytes()


def test_why_plans_changed_is_sealed_by_both_engines(either: Database) -> None:
    athlete_id = athletes.add(either, "Ann", made.NOW_MS).athlete_id
    (ddl,) = re.findall(r"CREATE TABLE plan_changes .*?\);", OPEN_NIGHTS.read_text(), re.DOTALL)
    either.run("DROP TABLE plan_changes")
    either.ddl(ddl.removesuffix(";"))
    row = msgspec.structs.asdict(CHANGE) | {"inputs": json.dumps(CHANGE.inputs)}
    either.insert("plan_changes", [{"athlete_id": athlete_id, "revision": 4, "number": 0, **row}])
    either.run(f"DELETE FROM {migrations.TABLE} WHERE migration_set = 'sealing' AND name = '0005_changes'")  # noqa: S608
    migrations.apply(either)
    (stored,) = either.rows("SELECT * FROM plan_changes")
    assert stored.keys() == {"athlete_id", "revision", "number", "sealed"}
    assert either.vault.is_of(stored["sealed"], athlete_id)
    assert plans.changes(either, athlete_id, 4) == [CHANGE]


def test_a_file_may_be_migrated_by_several_processes_at_once(tmp_path: Path) -> None:
    path = loaded(RELEASED[0], tmp_path / "old.sqlite3")
    code = "import sys; from repbeat.store import Database; Database(sys.argv[1]).close()"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    with Database(path) as db:
        assert records.present(db, made.DEVICE, made.LOG, 0, 1 << 32) == dict(written_log())


def test_a_damaged_record_stops_the_migration_and_nothing_is_lost(tmp_path: Path) -> None:
    path = loaded(RELEASED[0], tmp_path / "old.sqlite3")
    old = sqlite3.connect(path)
    old.execute("UPDATE records SET raw = x'05012000' WHERE seq = 3")
    old.commit()
    before = list(old.iterdump())
    with pytest.raises(StoreCorrupt, match="restore the last backup"):
        Database(path)
    assert list(old.iterdump()) == before
    old.close()


def test_both_engines_have_the_same_tables(tmp_path: Path, postgresql_url: str) -> None:
    with Database(tmp_path / "a.sqlite3") as one, Database(postgresql_url) as other:
        lite = {row["name"] for row in one.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        tables = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        assert {name for name in lite if not name.startswith("sqlite_")} == {
            row["name"] for row in other.rows(tables)
        }


SHARDED = ("athlete_id", "device_id", "address")  # an address: a cardio machine's, which has no device id
# Few, and found by whom or what they belong to: a copy on each node.
SMALL = ("shared_members", "webhook_deliveries")


def test_every_key_begins_with_the_athlete_or_the_device(tmp_path: Path) -> None:
    """So that a distributed PostgreSQL can shard by it: docs/scale.md. What is left is few, and copied."""
    with Database(tmp_path / "a.sqlite3") as db:
        for name in set(db.tables()) - set(SMALL):
            columns = db.rows("SELECT name, pk FROM pragma_table_info(:table)", table=name)
            (first,) = [column["name"] for column in columns if column["pk"] == 1]
            if {"athlete_id", "log_id"} & {column["name"] for column in columns}:
                assert first in SHARDED, f"{name} is keyed by {first}"


STANDS_FOR_CITUS = (
    "CREATE FUNCTION create_reference_table(regclass) RETURNS text LANGUAGE sql AS 'SELECT $1::text'",
    """CREATE FUNCTION create_distributed_table(regclass, name) RETURNS text LANGUAGE sql
       AS 'SELECT $1::text || chr(32) || $2'""",
)


def test_what_the_guide_says_to_citus_finds_every_such_table(postgresql_url: str) -> None:
    """And none has a unique key without its distribution column, which Citus refuses."""
    guide = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()
    statements = re.findall(r"SELECT create_\w+\(.*?;", guide, re.DOTALL)
    with Database(postgresql_url) as db:
        for function in STANDS_FOR_CITUS:
            db.run(function)
        copied, spread = ({next(iter(row.values())) for row in db.rows(one)} for one in statements)
        column = dict(one.split() for one in spread)
        assert copied <= set(db.tables())
        assert not copied & column.keys()
        assert {"blocks", "sessions", "mornings", "plans", "consents", "machine_sets"} <= column.keys()
        unique = db.rows(
            """SELECT CAST(indrelid::regclass AS TEXT) AS name, pg_get_indexdef(indexrelid) AS definition
               FROM pg_index WHERE indisunique"""
        )
        assert not [row for row in unique if column.get(row["name"], "") not in row["definition"]]
