"""Hour-long sessions through the companion's real path, beside SQLite's own speed for the same rows."""

from __future__ import annotations

import cProfile
import pstats
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from repbeat.hub import fetch
from repbeat.ingest.batch import ingest
from repbeat.store import Database, athletes, devices
from repbeat_tools.sample import NOW_MS, session_log

HOUR: dict[str, Any] = {"sets": 20, "reps": 10, "set_every_s": 180, "rr": True}
DAY_MS = 86_400_000
BATCH = fetch.BATCH  # records a commit: a session that waits on a band, or comes by upload, is one

Progress = Callable[[str, int, int], None]


DEVICE = "00000000000000a1"
LOG = 1


def fill(db: Database, sessions: list[list[tuple[int, bytes]]], label: str, progress: Progress) -> int:
    """Bring the sessions of one band in, one after the other, as the hub does; records kept."""
    introduce(db, sessions[-1][-1][0] + 1, len(sessions))
    kept = 0
    for number, records in enumerate(sessions):
        kept += bring(db, records)
        progress(label, number + 1, len(sessions))
    return kept


def introduce(db: Database, head_seq: int, boot: int) -> str:
    """The band that wrote the sessions, and the athlete who wore it, whose id is returned."""
    devices.seen(
        db,
        DEVICE,
        name="Band",
        address="",
        log_id=LOG,
        head_seq=head_seq,
        boot=boot,
        plan_revision=0,
        firmware="0.1.0",
        now_ms=NOW_MS,
    )
    athlete_id = athletes.add(db, "Athlete", NOW_MS).athlete_id
    devices.assign(db, DEVICE, LOG, athlete_id)
    return athlete_id


def bring(db: Database, records: list[tuple[int, bytes]]) -> int:
    """One session, with as many records a commit as the hub's; records kept."""
    return sum(
        ingest(db, DEVICE, LOG, records[at : at + BATCH], NOW_MS).stored
        for at in range(0, len(records), BATCH)
    )


def logs(count: int, shape: dict[str, Any]) -> list[list[tuple[int, bytes]]]:
    """`count` sessions in one log, a day and a boot apart."""
    out: list[list[tuple[int, bytes]]] = []
    seq = 0
    for number in range(count):
        day_ms = NOW_MS - (count - number) * DAY_MS // max(1, count // 500)
        log = session_log(**shape, first_seq=seq, boot=number + 1, unix_ms=day_ms)
        out.append(log.records)
        seq = log.next_seq
    return out


def run(folder: Path, sessions: int, progress: Progress) -> dict[str, Any]:
    """sessions/s through the real path and raw, their ratio, what the rest is spent on, and bytes a session.

    A first pass makes the final rows and says where time goes. In the second both take the same sessions in
    turns, so that whatever else the machine does falls on both.
    """
    written = logs(sessions, HOUR)
    made = folder / "made.sqlite3"
    with Database(made) as db:
        empty = _size(db, made)
        profile = cProfile.Profile()
        kept = profile.runcall(fill, db, written, "rows", progress)
        size = _size(db, made)
    raw = _Raw(made, folder / "raw.sqlite3", parts=sessions * -(-kept // sessions // BATCH))
    took_s = raw_s = cpu_s = raw_cpu_s = 0.0
    with Database(folder / "ingest.sqlite3") as db:
        introduce(db, written[-1][-1][0] + 1, sessions)
        for number, records in enumerate(written):
            started, cpu_started = time.perf_counter(), time.process_time()
            bring(db, records)
            between, cpu_between = time.perf_counter(), time.process_time()
            raw.write(number * raw.parts // sessions, (number + 1) * raw.parts // sessions)
            raw_s += time.perf_counter() - between
            raw_cpu_s += time.process_time() - cpu_between
            took_s += between - started
            cpu_s += cpu_between - cpu_started
            progress("ingest", number + 1, sessions)
    raw.close()
    return {
        "sessions_per_s": sessions / took_s,
        "raw_sqlite_sessions_per_s": sessions / raw_s,
        "share_of_raw": raw_s / took_s,
        "cpu_ms_per_session": 1000 * cpu_s / sessions,
        "raw_sqlite_cpu_ms_per_session": 1000 * raw_cpu_s / sessions,
        "records_per_session": kept // sessions,
        "records_per_commit": min(BATCH, kept // sessions),
        "bytes_per_session": (size - empty) // sessions,
        "spent": _spent(profile),
    }


# What a batch goes through, by the function whose time it is, callees included.
_STEPS = {
    "check_each_record": ("record.py", "decoded_all"),
    "pack_and_seal": ("blocks.py", "_row"),
    "derive_rows": ("expand.py", "expand"),
    "commit": ("sqlite.py", "end"),
    "all": ("batch.py", "ingest"),
}


def _spent(profile: cProfile.Profile) -> dict[str, float]:
    """Shares of the time by step, measured by the profiler: Python's calls weigh somewhat more in it."""
    found = dict.fromkeys(_STEPS, 0.0)
    for (file, _, function), (_, _, _, cumulative_s, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        for step, (name, wanted) in _STEPS.items():
            if function == wanted and Path(file).name == name:
                found[step] += cumulative_s
    missed = [step for step, s in found.items() if not s]
    if missed:
        raise LookupError(f"no such function was called for {', '.join(missed)}: name its new place")
    whole_s = found.pop("all")
    shares = {step: round(s / whole_s, 3) for step, s in found.items()}
    return {**shares, "cursor_and_other_statements": round(1 - sum(shares.values()), 3)}


def _size(db: Database, path: Path) -> int:
    db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


class _Raw:
    """The final rows of a database into another one: same schema and durability, in `parts` commits."""

    def __init__(self, source_path: Path, target: Path, parts: int) -> None:
        self.parts = parts
        source = sqlite3.connect(source_path)
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
        self._rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in ours}  # noqa: S608
        source.close()
        self._copy = sqlite3.connect(target, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._copy.execute(f"PRAGMA {pragma}")
        for _, sql in tables:
            self._copy.execute(sql)
        for sql in indexes:
            self._copy.execute(sql)

    def write(self, first: int, end: int) -> None:
        """Parts first … end-1, a commit each."""
        for number in range(first, end):
            self._copy.execute("BEGIN IMMEDIATE")
            for name, rows in self._rows.items():
                part = rows[len(rows) * number // self.parts : len(rows) * (number + 1) // self.parts]
                if part:
                    marks = ", ".join("?" * len(part[0]))
                    self._copy.executemany(f"INSERT INTO {name} VALUES ({marks})", part)  # noqa: S608
            self._copy.execute("COMMIT")

    def close(self) -> None:
        self._copy.close()
