"""Files kept beside what the bands recorded: once, whole, and marked where they look alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from repbeat.interop import fit_write, imports
from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.apple_health import DayValue
from repbeat.interop.command import import_files
from repbeat.interop.imports import DIFFERENT, NearDuplicate
from repbeat.interop.reading import Found
from repbeat.store import Database, athletes
from repbeat.store.errors import NotFound
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
    assert pair in imports.undecided(either, me)
    imports.decide(either, pair, DIFFERENT, 4)
    assert pair not in imports.undecided(either, me)
    assert len(imports.of_athlete(either, me)) == 3, "nothing was dropped"
    with pytest.raises(NotFound):
        imports.decide(either, NearDuplicate(athlete_id=me, import_id="x", other="y"), DIFFERENT, 5)
    with pytest.raises(ValueError, match="neither"):
        imports.decide(either, pair, "perhaps", 5)


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


def test_whose_is_asked_when_it_is_not_clear(tmp_path: Path) -> None:
    file = tmp_path / "a.fit"
    file.write_bytes(fit_write.write(a_session()))
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        athletes.add(db, "Ann", 0)
        athletes.add(db, "Ben", 0)
    unclear = CliRunner().invoke(import_files, [str(file), "--database", str(path)])
    assert unclear.exit_code == 2
    assert "Ann, Ben" in unclear.output
    clear = CliRunner().invoke(import_files, [str(file), "--athlete", "Ben", "--database", str(path)])
    assert clear.exit_code == 0
