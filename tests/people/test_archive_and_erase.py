"""An athlete's export is taken in as equal rows; after their erasure nothing of them is left to find."""

import gc
import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from coach.test_desk import two_lifts
from fitdecode import FitReader
from fitdecode.records import FitDataMessage
from ingest import made
from people import held

from repbeat import store
from repbeat.coach import desk
from repbeat.community import motivation
from repbeat.ingest import ingest
from repbeat.interop import reading
from repbeat.interop.command import import_files
from repbeat.people import archive, commands, erase, holdings
from repbeat.people.command import export
from repbeat.people.errors import ArchiveError
from repbeat.store import Database, NotFound, devices, plans, records, tallies, vault
from repbeat.store import backup as copies
from repbeat_protocol import records as wire
from repbeat_tools.sample import DeviceLog, packed

NAME = "Zebulon-Quux"  # found by a byte search nowhere but where it was written


@pytest.fixture(autouse=True)
def _master_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture
def athlete(either: Database) -> str:
    """Trained once with a plan; another athlete's session lies beside."""
    found = store.athletes.add(either, NAME, made.NOW_MS, tag=7, resting_bpm=55, max_bpm=185).athlete_id
    devices.assign(either, made.DEVICE, made.LOG, found)
    ingest(either, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    desk.set_plan(either, found, two_lifts(), made.NOW_MS)
    other = store.athletes.add(either, "Ben", made.NOW_MS, tag=8).athlete_id
    devices.assign(either, "00000000000000b2", made.LOG, other)
    ingest(either, "00000000000000b2", made.LOG, made.session_log(), made.NOW_MS)
    return found


def rows_of(db: Database, athlete_id: str) -> dict[str, list]:
    """All but keys, and heart data opened: it is sealed anew with another companion's key."""
    of = holdings.ranges(db, athlete_id)
    return {
        table.name: sorted(
            (
                tuple(vault.opened_row(db, table.name, row).values())
                for row in held.rows(db, table, athlete_id, of)
            ),
            key=repr,
        )
        for table in holdings.tables(db)
        if table.name not in ("heart_keys", "blocks")
    }


# A row's values by column; any other column has one by its type.
OWN = {"device_id": made.DEVICE, "log_id": made.LOG, "session_seq": 1, "seq": 3, "first_seq": 3}
MARK = "Plugh-Xyzzy"
BY_TYPE = {"TEXT": MARK, "BLOB": b"\x00some bytes\xff", "DOUBLE PRECISION": 63.2190417}
NOT_CARRIED = ("heart_keys", "webhook_deliveries", "owners", "blocks", "service_connections", "import_jobs")


def fill_every_table(db: Database, athlete_id: str) -> None:
    """A row of the athlete in each table that has none."""
    of = holdings.ranges(db, athlete_id)
    for table in holdings.tables(db):
        if not held.rows(db, table, athlete_id, of):
            found = db.rows("SELECT name, type FROM pragma_table_info(:table)", table=table.name)
            types = {one["name"]: one["type"] for one in found}
            columns = vault.opened_columns(table.name, table.columns)
            row = {name: OWN.get(name, BY_TYPE.get(types.get(name), 7)) for name in columns}
            if "athlete_id" in row:
                row["athlete_id"] = athlete_id
            db.insert(table.name, [vault.sealed_row(db, table.name, row)])


def test_every_table_is_carried(tmp_path: Path) -> None:
    with Database(tmp_path / "old.sqlite3") as old, Database(tmp_path / "empty.sqlite3") as new:
        athlete = store.athletes.add(old, NAME, made.NOW_MS, tag=7).athlete_id
        devices.assign(old, made.DEVICE, made.LOG, athlete)
        ingest(old, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
        fill_every_table(old, athlete)
        tallies.refresh(old, athlete)  # they are summed anew where they come in
        before = rows_of(old, athlete)
        assert [name for name, rows in before.items() if not rows] == []
        archive.restore(new, io.BytesIO(exported(old, athlete)))
        after = rows_of(new, athlete)
        for name, rows in before.items():
            assert after[name] == ([] if name in NOT_CARRIED else rows), name
        sealed = new.value("SELECT heart FROM imported_sessions")
        assert new.vault.is_of(sealed, athlete)


def test_every_table_is_erased(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite3") as db:
        athlete = store.athletes.add(db, NAME, made.NOW_MS, tag=7).athlete_id
        devices.assign(db, made.DEVICE, made.LOG, athlete)
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
        fill_every_table(db, athlete)
        db.run("DELETE FROM owners")  # of an account that there is not
        of = holdings.ranges(db, athlete)
        erase.erase(db, athlete, made.NOW_MS)
        left = {table.name: held.rows(db, table, athlete, of) for table in holdings.tables(db)}
        left.pop("gaps")  # they say which records are not here, and nothing else
        assert {name: rows for name, rows in left.items() if rows} == {}


def exported(db: Database, athlete_id: str) -> bytes:
    out = io.BytesIO()
    archive.export(db, athlete_id, out, made.NOW_MS)
    return out.getvalue()


def test_an_export_is_taken_in_as_equal_rows(either: Database, athlete: str, tmp_path: Path) -> None:
    content = exported(either, athlete)
    before = rows_of(either, athlete)
    assert before["sessions"]
    assert before["plans"]
    with Database(tmp_path / "empty.sqlite3") as new:
        assert archive.restore(new, io.BytesIO(content)) == athlete
        assert rows_of(new, athlete) == before
        assert records.present(new, made.DEVICE, made.LOG, 0, 100) == dict(made.session_log())
        assert archive.restore(new, io.BytesIO(content)) == athlete
        assert rows_of(new, athlete) == before
        assert [one.name for one in store.athletes.every(new)] == [NAME]


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that a piece of work holds at once."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(360)  # tracemalloc counts what 20,000 rows and records take, out and in
def test_an_export_is_written_and_taken_in_in_bounded_memory(tmp_path: Path) -> None:
    """Ten times as many rows and records, and a tenth of what they take is held more."""
    sizes, written, taken_in = [], [], []
    for count in (2_000, 20_000):
        with Database(tmp_path / f"{count}.sqlite3") as db, (tmp_path / f"{count}.zip").open("wb") as file:
            me = store.athletes.add(db, "Me", 0).athlete_id
            motivation.call_off(db, me, (date.fromordinal(730_000 + n) for n in range(count)), "ill")
            devices.assign(db, made.DEVICE, made.LOG, me)
            log = DeviceLog()
            for n in range(count):
                log.add(wire.BATTERY, 1000 * n, packed(wire.BATTERY, millivolts=3950, percent=82))
            for first in range(0, count, 500):
                ingest(db, made.DEVICE, made.LOG, log.records[first : first + 500], made.NOW_MS)
            del log
            written.append(peak_of(partial(archive.export, db, me, file, made.NOW_MS)))
        with (
            Database(tmp_path / f"{count}-new.sqlite3") as new,
            (tmp_path / f"{count}.zip").open("rb") as file,
        ):
            taken_in.append(peak_of(partial(archive.restore, new, file)))
            assert records.count(new, made.DEVICE) == count
        with zipfile.ZipFile(tmp_path / f"{count}.zip") as whole:
            sizes.append(sum(one.file_size for one in whole.infolist()))
            assert len(json.loads(whole.read("tables/days_off.json"))) == count
    for few, many in (written, taken_in):
        assert many - few < (sizes[1] - sizes[0]) / 10


def test_why_plans_changed_is_carried_as_before_it_lay_sealed(
    either: Database, athlete: str, tmp_path: Path
) -> None:
    """The same columns, `inputs` a text: exports of earlier releases are taken in."""
    row = {
        "athlete_id": athlete,
        "revision": 1,
        "number": 0,
        "item": 0,
        "exercise": 3,
        "field": "load_g",
        "old": 40_000,
        "new": 36_000,
        "rule": "held",
        "version": 1,
        "why": "said why",
        "inputs": '{"state":"reduced"}',
    }
    content = io.BytesIO(exported(either, athlete))
    with zipfile.ZipFile(content) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    schema = json.loads(parts["schema.json"])
    assert set(schema["tables"]["plan_changes"]) == set(row)
    schema["tables"]["plan_changes"] = list(row)
    parts |= {
        "schema.json": json.dumps(schema).encode(),
        "tables/plan_changes.json": json.dumps([row]).encode(),
    }
    with zipfile.ZipFile(content, "w") as older:
        for name, part in parts.items():
            older.writestr(name, part)
    with Database(tmp_path / "empty.sqlite3") as new:
        archive.restore(new, content)
        (change,) = plans.changes(new, athlete, 1)
        assert (change.why, change.inputs) == ("said why", {"state": "reduced"})
        assert new.vault.is_of(new.value("SELECT sealed FROM plan_changes"), athlete)


def test_an_export_opens_in_other_programs(either: Database, athlete: str) -> None:
    with zipfile.ZipFile(io.BytesIO(exported(either, athlete))) as whole:
        names = whole.namelist()
        (fit,) = [name for name in names if name.startswith("fit/")]
        assert json.loads(whole.read("schema.json"))["format"] == archive.FORMAT
        assert len(whole.read("csv/sets.csv").decode().splitlines()) == 3
        band, other = (reading.from_bytes(whole.read(fit)) for fit in (fit, fit.replace("fit", "tcx")))
        assert band.activities[0].heart == other.activities[0].heart != []
        heart, sets = (
            fit.replace("fit/", "sessions/").replace(".fit", f"-{of}.csv") for of in ("heart", "sets")
        )
        assert reading.from_bytes(whole.read(heart)).activities[0].heart == band.activities[0].heart
        as_csv = [(one.reps, one.load_g) for one in reading.from_bytes(whole.read(sets)).activities[0].sets]
        assert as_csv == [(one.reps, one.load_g) for one in band.activities[0].sets]
        (workout,) = [name for name in names if name.startswith("workouts/")]
        with FitReader(io.BytesIO(whole.read(workout))) as reader:
            steps = [one for one in reader if isinstance(one, FitDataMessage) and one.name == "workout_step"]
        assert len(steps) > 2
        with FitReader(io.BytesIO(whole.read(fit))) as reader:
            kinds = [one.name for one in reader if isinstance(one, FitDataMessage)]
    assert kinds.count("set") >= 2
    assert kinds.count("record") > 60


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"no ZIP at all",
        lambda content: b"",
    ],
)
def test_what_is_no_whole_export_is_refused_and_nothing_taken(
    either: Database, athlete: str, tmp_path: Path, change: object
) -> None:
    content = change(exported(either, athlete))
    with Database(tmp_path / "empty.sqlite3") as new:
        with pytest.raises(ArchiveError):
            archive.restore(new, io.BytesIO(content))
        assert store.athletes.every(new) == []


def traces_of(db: Database, athlete_id: str) -> dict[str, list[bytes]]:
    """What a byte search can find of an athlete's rows, by table: texts, fractions, and what lies sealed."""
    found: dict[str, list[bytes]] = {}
    of = holdings.ranges(db, athlete_id)
    for table in holdings.tables(db):
        for row in held.rows(db, table, athlete_id, of):
            for value in row.values():
                if isinstance(value, float):
                    found.setdefault(table.name, []).append(struct.pack(">d", value))
                elif isinstance(value, str) and MARK in value:
                    found.setdefault(table.name, []).append(value.encode())
                elif isinstance(value, bytes) and value[:1] == bytes((vault.SEALED,)):
                    found.setdefault(table.name, []).append(value[:48])
    return found


def test_after_an_erasure_no_byte_is_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the database, its log, known backups, one that was moved, their keys, or what was logged."""
    caplog.set_level(0)
    path, folder, elsewhere = tmp_path / "repbeat.sqlite3", tmp_path / "backups", tmp_path / "moved"
    folder.mkdir()
    elsewhere.mkdir()
    with Database(path) as db:
        athlete = store.athletes.add(db, NAME, made.NOW_MS, tag=7, max_bpm=185).athlete_id
        devices.assign(db, made.DEVICE, made.LOG, athlete)
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
        other = store.athletes.add(db, "Ben", made.NOW_MS, tag=8).athlete_id
        devices.assign(db, "00000000000000b2", made.LOG, other)
        ingest(db, "00000000000000b2", made.LOG, made.session_log(), made.NOW_MS)
        # A morning, a night from a file, a note, what was learned, answers: one of each kind there is.
        fill_every_table(db, athlete)
        db.run("DELETE FROM owners")  # of an account that there is not
        db.run("DELETE FROM gaps")  # they say which records are not here, and stay
        planted = traces_of(db, athlete)
        assert set(vault.SEALED_TABLES) <= set(planted)
        assert len(planted) > 20
        copies.backup(db, folder / "monday.sqlite3", made.NOW_MS)
        copies.backup(db, folder / "tuesday.sqlite3", made.NOW_MS + 1)
        (folder / "tuesday.sqlite3").rename(elsewhere / "tuesday.sqlite3")
        copies.backup(db, folder / "gone.sqlite3", made.NOW_MS + 2)
        (folder / "gone.sqlite3").unlink()
        key_id = db.value("SELECT key_id FROM heart_keys WHERE athlete_id = :athlete", athlete=athlete)
        before = rows_of(db, other)
        traces = [trace for some in planted.values() for trace in some]
        for part in (tmp_path.glob("repbeat.sqlite3*"), folder.glob("monday*"), elsewhere.glob("tuesday*")):
            # Or the search below would prove nothing.
            held = b"".join(file.read_bytes() for file in part)
            assert NAME.encode() in held
            assert [trace for trace in traces if trace not in held] == []
        done = erase.erase(db, athlete, made.NOW_MS, elsewhere)
        assert done.records == len(made.session_log())
        assert done.keys == 1
        assert done.backups == (str(folder / "monday.sqlite3"), str(elsewhere / "tuesday.sqlite3"))
        assert "gone.sqlite3 is not there" in done.left
        with pytest.raises(NotFound):
            store.athletes.get(db, athlete)
        assert records.count(db, made.DEVICE) == 0
        # Not fetched again: the range is a named gap.
        assert [gap.why for gap in records.absent(db, made.DEVICE, made.LOG, 17)] == [erase.WHY]
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        assert len(files) > 4
        for file in files:
            assert_nothing_of(file.read_bytes(), athlete, key_id, traces, str(file))
    assert_nothing_of(caplog.text.encode(), athlete, key_id, traces, "the log")
    with Database(tmp_path / "new.sqlite3") as new:
        copies.restore(folder / "monday.sqlite3", new, made.NOW_MS)
        assert rows_of(new, other) == before
        assert records.present(new, "00000000000000b2", made.LOG, 0, 100) == dict(made.session_log())


def assert_nothing_of(content: bytes, athlete: str, key_id: str, traces: list[bytes], where: str) -> None:
    heart = [raw[10:-4] for _, raw in made.session_log() if raw[0] in (wire.HEART, wire.RR)]
    for trace in (NAME.encode(), athlete.encode(), key_id.encode(), *heart, *traces):
        assert trace not in content, where


def test_the_device_that_they_wear_is_told(either: Database, athlete: str) -> None:
    devices.seen(
        either,
        made.DEVICE,
        name=f"{NAME}'s band",
        address="",
        log_id=made.LOG,
        head_seq=17,
        boot=1,
        plan_revision=0,
        firmware="1",
        now_ms=made.NOW_MS,
    )
    done = erase.erase(either, athlete, made.NOW_MS)
    assert [one.kind for one in commands.waiting(either, made.DEVICE)] == [commands.ERASE]
    assert len(done.devices) == 1
    assert NAME not in devices.get(either, made.DEVICE).name


def test_others_keep_all_of_theirs(either: Database, athlete: str) -> None:
    (other,) = [one.athlete_id for one in store.athletes.every(either) if one.athlete_id != athlete]
    before = rows_of(either, other)
    erase.erase(either, athlete, made.NOW_MS)
    assert rows_of(either, other) == before
    assert records.present(either, "00000000000000b2", made.LOG, 0, 100) == dict(made.session_log())


def test_the_commands_carry_an_athlete_to_an_empty_companion(tmp_path: Path) -> None:
    old, new, file = (str(tmp_path / name) for name in ("old.sqlite3", "new.sqlite3", "mine.zip"))
    with Database(old) as db:
        athlete = store.athletes.add(db, NAME, made.NOW_MS).athlete_id
        devices.assign(db, made.DEVICE, made.LOG, athlete)
        ingest(db, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    run = CliRunner().invoke
    assert run(export, [NAME, "--to", file, "--database", old]).exit_code == 0
    taken = json.loads(run(import_files, [file, "--json", "--database", new]).stdout)
    assert taken["files"][0]["athlete"] == NAME
    with Database(old) as before, Database(new) as after:
        assert [one.name for one in store.athletes.every(after)] == [NAME]
        held = {**rows_of(before, athlete), "audit": []}  # that it was exported is noted afterwards
        assert rows_of(after, athlete) == held
