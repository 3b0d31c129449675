"""Heart data lies sealed for its owner, follows the device to another one, and goes with the key."""

from pathlib import Path

import pytest
from ingest import made

from repbeat import store
from repbeat.ingest import ingest, rederive
from repbeat.store import Database, StoreCorrupt, devices, heart_blocks, packing, plans, records
from repbeat_protocol import records as wire


def heart_of(db: Database) -> list:
    kinds = (wire.HEART, wire.RR)
    return [
        block
        for kind in kinds
        for block in heart_blocks.packed(db, made.DEVICE, made.LOG, 1, kind, 0, 1 << 40)
    ]


@pytest.fixture
def ann(either: Database) -> str:
    """An athlete with one session whose heart rate is here."""
    athlete_id = store.athletes.add(either, "Ann", made.NOW_MS).athlete_id
    devices.assign(either, made.DEVICE, made.LOG, athlete_id)
    ingest(either, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    return athlete_id


def test_no_heart_record_lies_open(either: Database, ann: str) -> None:
    stored = [row["heart"] for row in either.rows("SELECT heart FROM blocks WHERE heart IS NOT NULL")]
    assert stored
    assert all(found[0] == 0x80 and either.vault.is_of(found, ann) for found in stored)
    assert records.present(either, made.DEVICE, made.LOG, 0, 100) == dict(made.session_log())
    assert len(heart_of(either)) == 2


def test_nights_lie_sealed_and_so_do_those_that_lay_open(
    either: Database, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq = len(made.session_log())
    values = (8 * 3600, 27_000, wire.REST_KIND_SLEEP, 52, 415, 140, 950)
    first, second = (made.record(seq + n, wire.REST, values, uptime_ms=200_000 + n) for n in range(2))
    ingest(either, made.DEVICE, made.LOG, [first], made.NOW_MS)
    with monkeypatch.context() as before:
        before.setattr(packing, "SEALED_KINDS", packing.HEART_KINDS)
        ingest(either, made.DEVICE, made.LOG, [second], made.NOW_MS)
    logs = "SELECT log FROM blocks"
    assert any(packing.lies_open(row["log"]) for row in either.rows(logs))
    records.reseal(either, made.DEVICE, made.LOG, looking_inside=True)
    assert not any(packing.lies_open(row["log"]) for row in either.rows(logs))
    found = records.between(either, made.DEVICE, made.LOG, 0, 100, wire.REST)
    assert [(one.seq, one.raw) for one in found] == [first, second]
    either.vault.forget(ann)  # type: ignore[attr-defined]
    assert records.between(either, made.DEVICE, made.LOG, 0, 100, wire.REST) == []


def test_why_a_plan_changed_lies_sealed(either: Database, ann: str) -> None:
    """Not even which rule spoke: it may name a bad morning or a red flag."""
    said = [
        plans.Change(
            item=0,
            exercise=3,
            field="load_g",
            old=40_000,
            new=36_000,
            rule=f"marker-{number}",
            version=1,
            why="marker",
            inputs={"state": "marker"},
        )
        for number in range(2)
    ]
    plan = plans.Plan(
        athlete_id=ann,
        revision=1,
        previous_revision=None,
        created_ms=made.NOW_MS,
        origin=plans.PLANNER,
        status=plans.PROPOSED,
        reason="",
        content=b"",
    )
    plans.put(either, plan, said)
    stored = either.rows("SELECT * FROM plan_changes ORDER BY number")
    assert [(row["revision"], row["number"]) for row in stored] == [(1, 0), (1, 1)]
    assert b"marker" not in b"".join(str(row).encode() + row["sealed"] for row in stored)
    assert all(either.vault.is_of(row["sealed"], ann) for row in stored)
    assert plans.changes(either, ann, 1) == said
    either.vault.forget(ann)  # type: ignore[attr-defined]
    assert plans.changes(either, ann, 1) == []


def test_a_forgotten_key_takes_the_heart_and_nothing_else(either: Database, ann: str) -> None:
    either.run("DELETE FROM heart_keys WHERE athlete_id = :ann", ann=ann)
    either._vault = None  # as another process, or this one some seconds later
    log = made.session_log()
    hearts = {seq for seq, raw in log if raw[0] in packing.SEALED_KINDS}
    assert heart_of(either) == []
    readable = {seq: raw for seq, raw in log if seq not in hearts}
    assert records.present(either, made.DEVICE, made.LOG, 0, 100) == readable
    # They are not fetched again, nor doubled when a device sends them again.
    assert records.absent(either, made.DEVICE, made.LOG, len(log)) == []
    done = ingest(either, made.DEVICE, made.LOG, log, made.NOW_MS)
    assert (done.stored, done.duplicates, done.flags) == (0, len(log), ())
    rederive(either, made.NOW_MS)
    assert records.count(either, made.DEVICE) == len(log)


def test_a_device_that_changes_hands_is_sealed_anew_from_there_on(either: Database, ann: str) -> None:
    ben = store.athletes.add(either, "Ben", made.NOW_MS).athlete_id
    devices.assign(either, made.DEVICE, made.LOG, ben, first_seq=11)
    rows = either.rows("SELECT first_seq, next_seq, heart FROM blocks ORDER BY first_seq")
    assert [(row["first_seq"], row["next_seq"]) for row in rows] == [(0, 11), (11, 17)]
    for row in rows:
        if row["heart"] is not None:
            assert either.vault.is_of(row["heart"], ben if row["first_seq"] >= 11 else ann)
    assert records.present(either, made.DEVICE, made.LOG, 0, 100) == dict(made.session_log())


def test_a_block_moved_elsewhere_is_named(either: Database, ann: str) -> None:
    either.run("UPDATE blocks SET log_id = 5")
    with pytest.raises(StoreCorrupt, match="restore the last backup"):
        records.present(either, made.DEVICE, 5, 0, 100)


def test_what_was_removed_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with Database(path) as db:
        store.athletes.add(db, "a name that nobody else has", 5)
        db.run("DELETE FROM athletes")
        db.scrub()
        found = b"".join(file.read_bytes() for file in tmp_path.glob("a.sqlite3*"))
    assert b"nobody else has" not in found
