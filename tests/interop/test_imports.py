"""Files kept beside what the bands recorded: once, whole, and marked where they look alike."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from ingest import made

from repbeat.ingest import ingest, rederive
from repbeat.interop import alike, fit_write, imports
from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.alike import DIFFERENT, SAME, NearDuplicate
from repbeat.interop.apple_health import DayValue
from repbeat.interop.command import import_files
from repbeat.interop.reading import Found
from repbeat.store import Database, athletes, devices, vault
from repbeat.store.errors import NotFound
from repbeat.store.vault import SEALED
from repbeat_protocol import exercises

START_MS = 1_764_054_000_000
HOUR_MS = 3_600_000
SQUAT = exercises.code("squat")


def a_session(start_ms: int = START_MS, source: str = "fit") -> Activity:
    return Activity(
        source=source,
        sport="training",
        start_ms=start_ms,
        end_ms=start_ms + HOUR_MS,
        heart=[HeartSample(start_ms + 1000 * i, 100 + i % 50) for i in range(3600)],
        rr_ms=[600 + i % 90 for i in range(500)],
        sets=[SetDone(start_ms=start_ms, duration_ms=30000, exercise=SQUAT, reps=8, load_g=80000)],
    )


def found(*activities: Activity) -> Found:
    return Found("fit", list(activities), [DayValue("2026-11-24", "resting_bpm", "ring", 52.0)])


def test_what_is_kept_reads_back_equal_and_once(either: Database) -> None:
    me = athletes.add(either, "Me", 0).athlete_id
    first = imports.keep(either, me, found(a_session()), 1)
    assert (first.sessions_new, first.sessions_known, first.days) == (1, 0, 1)
    again = imports.keep(either, me, found(a_session()), 2)
    assert (again.sessions_new, again.sessions_known) == (0, 1)
    (row,) = imports.of_athlete(either, me)
    assert imports.activity_of(either, row) == a_session()
    assert len(row.heart) < 3000
    assert either.value("SELECT COUNT(*) FROM imported_days") == 1


def test_sessions_alike_are_marked_and_a_person_decides(either: Database) -> None:
    me = athletes.add(either, "Me", 0).athlete_id
    imports.keep(either, me, found(a_session()), 1)
    watch = imports.keep(either, me, found(a_session(START_MS + 20 * 60_000, "tcx")), 2)
    (pair,) = watch.alike
    later = imports.keep(either, me, found(a_session(START_MS + 50 * 60_000, "csv")), 3)
    assert [one.import_id for one in later.alike] == [later.alike[0].import_id] * len(later.alike)
    assert pair in alike.undecided(either, me)
    alike.decide(either, pair, DIFFERENT, 4)
    assert pair not in alike.undecided(either, me)
    assert len(imports.of_athlete(either, me)) == 3, "nothing was dropped"
    with pytest.raises(NotFound):
        alike.decide(either, NearDuplicate(athlete_id=me, import_id="x", other="y"), DIFFERENT, 5)
    with pytest.raises(ValueError, match="neither"):
        alike.decide(either, pair, "perhaps", 5)


def test_another_persons_session_is_not_alike(either: Database) -> None:
    one, two = (athletes.add(either, name, 0).athlete_id for name in ("One", "Two"))
    imports.keep(either, one, found(a_session()), 1)
    assert not imports.keep(either, two, found(a_session()), 2).alike


def test_the_command_tells_what_came_of_each_file(tmp_path: Path) -> None:
    good, broken = tmp_path / "good.fit", tmp_path / "broken.fit"
    good.write_bytes(fit_write.write(a_session()))
    broken.write_bytes(good.read_bytes()[:-40])
    database = str(tmp_path / "repbeat.sqlite3")
    ran = CliRunner().invoke(import_files, [str(good), str(broken), "--json", "--database", database])
    assert ran.exit_code == 1
    first, second = json.loads(ran.stdout)["files"]
    assert (first["sessions"], first["heart_samples"], first["mean_bpm"]) == (1, 3600, 124.5)
    assert second["refused"] == "DamagedFile"
    again = CliRunner().invoke(import_files, [str(good), "--database", database])
    assert again.exit_code == 0
    assert "1 known already" in again.output


def test_a_refused_file_leaves_an_empty_companion_empty(tmp_path: Path) -> None:
    broken, path = tmp_path / "broken.fit", tmp_path / "new.sqlite3"
    broken.write_bytes(b"no such file")
    ran = CliRunner().invoke(import_files, [str(broken), "--json", "--database", str(path)])
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["athlete"] is None
    with Database(path) as db:
        assert athletes.every(db) == []


def test_whose_is_asked_when_it_is_not_clear(tmp_path: Path) -> None:
    file = tmp_path / "a.fit"
    file.write_bytes(fit_write.write(a_session()))
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        athletes.add(db, "Ann", 0)
        athletes.add(db, "Ben", 0)
    unclear = CliRunner().invoke(import_files, [str(file), "--database", str(path)])
    assert unclear.exit_code == 1
    assert "Ann, Ben" in unclear.output
    clear = CliRunner().invoke(import_files, [str(file), "--athlete", "Ben", "--database", str(path)])
    assert clear.exit_code == 0


def test_a_band_that_syncs_after_the_file_is_marked_too(either: Database) -> None:
    me = athletes.add(either, "Me", 0).athlete_id
    devices.assign(either, made.DEVICE, made.LOG, me)
    log = made.session_log()
    # The session of the log lasts 95 s and ends 20 s before the moment that its TIME record gives.
    start_ms = made.NOW_MS - 3_600_000 - 115_000
    watch = msgspec.structs.replace(a_session(start_ms), end_ms=start_ms + 95_000)
    imports.keep(either, me, found(watch), 1)
    ingest(either, made.DEVICE, made.LOG, log[:14], made.NOW_MS)
    assert alike.undecided(either, me) == []  # not dated yet
    ingest(either, made.DEVICE, made.LOG, log[14:], made.NOW_MS)
    (pair,) = alike.undecided(either, me)
    assert pair.other == f"{made.DEVICE}/{made.LOG:08x}/1"
    alike.decide(either, pair, SAME, 5)
    rederive(either, made.NOW_MS)
    assert alike.undecided(either, me) == []


def test_heart_rate_of_files_lies_sealed_and_goes_with_the_key(either: Database) -> None:
    me = athletes.add(either, "Me", 0).athlete_id
    imports.keep(either, me, found(a_session()), 1)
    (row,) = imports.of_athlete(either, me)
    assert row.heart[0] == SEALED
    assert either.vault.is_of(row.heart, me)
    either.run("DELETE FROM heart_keys")
    either._vault = None  # as another process, or this one some seconds later
    left = imports.activity_of(either, row)
    assert (left.heart, left.rr_ms, len(left.sets)) == ([], [], 1)


def test_files_of_before_are_sealed_when_the_database_is_opened(location: Path | str) -> None:
    with Database(location) as db:
        me = athletes.add(db, "Me", 0).athlete_id
        imports.keep(db, me, found(a_session()), 1)
        (row,) = imports.of_athlete(db, me)
        plain = vault.opened_row(db, imports.TABLE, msgspec.structs.asdict(row))
        db.upsert(imports.TABLE, ("athlete_id", "import_id"), [plain])
        db.run("DELETE FROM _sqlite_migrations WHERE migration_set = 'interop' AND name = '0002_sealed'")
    with Database(location) as db:
        (row,) = imports.of_athlete(db, me)
        assert row.heart[0] == SEALED
        assert imports.activity_of(db, row) == a_session()
