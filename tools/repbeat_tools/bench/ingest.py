"""Hour-long sessions through the companion's real path, beside SQLite's own speed for the same rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from repbeat.ingest.batch import ingest
from repbeat.store import Database, athletes, devices
from repbeat_tools.sample import NOW_MS, session_log

HOUR = {"sets": 20, "reps": 10, "set_every_s": 180, "rr": True}
BATCH = 64  # records a commit, as the hub's window

Progress = Callable[[str, int, int], None]


DEVICE = "00000000000000a1"
LOG = 1


def fill(db: Database, sessions: list[list[tuple[int, bytes]]], label: str, progress: Progress) -> int:
    """Bring the sessions of one band in, one after the other, as the hub does; records kept."""
    kept = 0
    head = sessions[-1][-1][0] + 1
    devices.seen(
        db,
        DEVICE,
        name="Band",
        address="",
        log_id=LOG,
        head_seq=head,
        boot=len(sessions),
        plan_revision=1,
        firmware="0.1.0",
        now_ms=NOW_MS,
    )
    devices.assign(db, DEVICE, LOG, athletes.add(db, "Athlete", NOW_MS).athlete_id)
    for number, records in enumerate(sessions):
        for at in range(0, len(records), BATCH):
            kept += ingest(db, DEVICE, LOG, records[at : at + BATCH], NOW_MS).stored
        progress(label, number + 1, len(sessions))
    return kept


def logs(count: int, shape: dict[str, Any]) -> list[list[tuple[int, bytes]]]:
    """`count` sessions in one log, a day and a boot apart."""
    out: list[list[tuple[int, bytes]]] = []
    seq = 0
    for number in range(count):
        day_ms = NOW_MS - (count - number) * 86_400_000 // max(1, count // 500)
        log = session_log(**shape, first_seq=seq, boot=number + 1, unix_ms=day_ms)
        out.append(log.records)
        seq = log.next_seq
    return out


def run(folder: Path, sessions: int, progress: Progress) -> dict[str, Any]:
    """sessions/s through the real path and raw, their ratio, and bytes on disk a session."""
    path = folder / "ingest.sqlite3"
    written = logs(sessions, HOUR)
    with Database(path) as db:
        empty = _size(db, path)
        started = time.perf_counter()
        kept = fill(db, written, "ingest", progress)
        took_s = time.perf_counter() - started
        size = _size(db, path)
    raw_s = _raw(path, folder / "raw.sqlite3", kept // sessions, sessions)
    return {
        "sessions_per_s": sessions / took_s,
        "raw_sqlite_sessions_per_s": sessions / raw_s,
        "share_of_raw": raw_s / took_s,
        "records_per_session": kept // sessions,
        "bytes_per_session": (size - empty) // sessions,
    }


def _size(db: Database, path: Path) -> int:
    db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _raw(path: Path, target: Path, records: int, sessions: int) -> float:
    """Seconds to insert the same final rows: as many commits, same schema, same durability."""
    source = sqlite3.connect(path)
    tables = [
        (name, sql)
        for name, sql in source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if not name.startswith(("sqlite_", "_"))
    ]
    ours = {name for name, _ in tables}
    indexes = [
        sql
        for table, sql in source.execute("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index'")
        if table in ours and sql
    ]
    rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name, _ in tables}  # noqa: S608
    source.close()
    copy = sqlite3.connect(target, isolation_level=None)
    copy.execute("PRAGMA journal_mode = WAL")
    copy.execute("PRAGMA synchronous = FULL")
    for _, sql in tables:
        copy.execute(sql)
    for sql in indexes:
        copy.execute(sql)
    commits = -(-records // BATCH) * sessions
    parts = {name: _split(found, commits) for name, found in rows.items() if found}
    started = time.perf_counter()
    for number in range(commits):
        copy.execute("BEGIN")
        for name, part in parts.items():
            if part[number]:
                marks = ", ".join("?" * len(part[number][0]))
                copy.executemany(f"INSERT INTO {name} VALUES ({marks})", part[number])  # noqa: S608
        copy.execute("COMMIT")
    took_s = time.perf_counter() - started
    copy.close()
    return took_s


def _split(rows: list[Any], parts: int) -> list[list[Any]]:
    return [rows[len(rows) * number // parts : len(rows) * (number + 1) // parts] for number in range(parts)]
