"""Every module of the store, the same on both engines; records, vault and backups have files of their own."""

import threading
from itertools import count

import msgspec
import pytest
from ingest import made

from repbeat.ingest import ingest
from repbeat.store import Database, NotFound, athletes, clocks, devices, plans, records, sessions, values
from repbeat.store.clocks import Clock
from repbeat.store.sessions import Key
from repbeat.store.values import Value
from repbeat_protocol import plan as wire_plan

KEY = Key(made.DEVICE, made.LOG, 1)
_tags = count(1)


def an_athlete(db: Database, name: str = "Ann") -> str:
    return athletes.add(db, name, made.NOW_MS, tag=next(_tags), resting_bpm=55, max_bpm=185).athlete_id


def a_plan(athlete_id: str, revision: int, status: str = plans.PENDING) -> plans.Plan:
    content = wire_plan.encode(wire_plan.Plan(revision, [wire_plan.Item(2, 3, 8, 10, 60000, 90)], "Push"))
    return plans.Plan(
        athlete_id=athlete_id,
        revision=revision,
        previous_revision=None,
        created_ms=made.NOW_MS,
        origin=plans.PERSON,
        status=status,
        reason="",
        content=content,
    )


def fail_after_a_row(db: Database) -> None:
    with db.atomic():
        an_athlete(db, "Ben")
        raise ZeroDivisionError


def test_a_transaction_is_all_or_nothing_and_nests(either: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_a_row(either)
    with either.atomic():
        an_athlete(either)
        with pytest.raises(ZeroDivisionError):
            fail_after_a_row(either)
    assert [one.name for one in athletes.every(either)] == ["Ann"]


def test_a_row_whose_key_is_there_stays_and_an_upsert_replaces_it(either: Database) -> None:
    rows = [{"device_id": "d", "log_id": 1 << 40, "next_seq": 5, "first_seen_ms": 1}]
    assert either.insert("logs", rows) == 1
    assert either.insert("logs", [{**rows[0], "next_seq": 9}]) == 0
    assert records.cursor(either, "d", 1 << 40) == 5
    either.upsert("logs", ("device_id", "log_id"), [{**rows[0], "next_seq": 9}])
    assert records.cursor(either, "d", 1 << 40) == 9


def test_values_have_the_same_types(either: Database) -> None:
    total = either.value("SELECT SUM(x) FROM (SELECT CAST(5 AS BIGINT) AS x UNION ALL SELECT 6) AS xs")
    assert (total, type(total)) == (11, int)
    assert either.value("SELECT :flag + 1", flag=True) == 2
    assert either.rows("SELECT '50%:x' AS text, :missing AS missing", missing=None) == [
        {"text": "50%:x", "missing": None}
    ]


def test_what_is_held_is_held_by_one(either: Database) -> None:
    """Two transactions that read and then write what they read: the second one waits."""
    either.insert("logs", [{"device_id": "d", "log_id": 1, "next_seq": 0, "first_seen_ms": 1}])

    def add_one() -> None:
        with either.atomic():
            either.hold("log", "d", 1)
            cursor = records.cursor(either, "d", 1)
            either.run("UPDATE logs SET next_seq = :next_seq", next_seq=cursor + 1)

    threads = [threading.Thread(target=add_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert records.cursor(either, "d", 1) == 8


def test_athletes(either: Database) -> None:
    ann = an_athlete(either)
    an_athlete(either, "Ben")
    assert athletes.get(either, ann).resting_bpm == 55
    assert athletes.named(either, "Ann").athlete_id == ann
    assert [one.name for one in athletes.every(either)] == ["Ann", "Ben"]
    with pytest.raises(NotFound, match="Ann, Ben"):
        athletes.named(either, "Cid")
    with pytest.raises(NotFound):
        athletes.get(either, "nobody")


def test_devices(either: Database) -> None:
    seen = {
        "name": "Band",
        "address": "AA",
        "log_id": made.LOG,
        "head_seq": 17,
        "boot": 1,
        "plan_revision": 0,
        "firmware": "0.1.0",
        "now_ms": made.NOW_MS,
    }
    assert devices.last_log(either, made.DEVICE) is None
    devices.seen(either, made.DEVICE, **seen)
    devices.rename(either, made.DEVICE, "Left wrist")
    devices.seen(either, made.DEVICE, **{**seen, "head_seq": 40})
    devices.battery(either, made.DEVICE, made.LOG, 9, 80, 3900, 0)
    devices.battery(either, made.DEVICE, made.LOG, 4, 90, 4000, 1)  # an older record tells nothing new
    devices.plan_in_force(either, made.DEVICE, made.LOG, 4)
    devices.plan_in_force(either, made.DEVICE, made.LOG, 3)
    devices.set_problem(either, made.DEVICE, "out of reach")
    devices.received(either, made.DEVICE, 1 << 40)
    devices.received(either, made.DEVICE, 24)
    (one,) = devices.every(either)
    assert (one.name, one.head_seq, one.battery_percent, one.charging) == ("Left wrist", 40, 80, False)
    assert (one.plan_revision, one.problem, one.received_bytes) == (4, "out of reach", (1 << 40) + 24)
    devices.caught_up(either, made.DEVICE, 41, made.NOW_MS + 1)
    one = devices.get(either, made.DEVICE)
    assert (one.head_seq, one.last_sync_ms, one.problem) == (41, made.NOW_MS + 1, "")
    assert devices.last_log(either, made.DEVICE) == made.LOG
    with pytest.raises(NotFound):
        devices.rename(either, "other", "x")


def test_who_wears_a_device_owns_its_records_from_then_on(either: Database) -> None:
    ann, ben = an_athlete(either), an_athlete(either, "Ben")
    devices.assign(either, made.DEVICE, made.LOG, ann)
    devices.assign(either, made.DEVICE, made.LOG, ben, first_seq=100)
    owners = [devices.athlete_at(either, made.DEVICE, made.LOG, seq) for seq in (0, 99, 100, 5000)]
    assert owners == [ann, ann, ben, ben]
    assert devices.athlete_at(either, made.DEVICE, made.LOG + 1, 0) is None


def test_clocks(either: Database) -> None:
    first = Clock(
        device_id="d",
        log_id=1,
        boot=2,
        seq=3,
        uptime_ms=4,
        unix_ms=made.NOW_MS,
        uncertainty_ms=5,
        utc_offset_min=-60,
        source=1,
        received_ms=made.NOW_MS,
    )
    assert clocks.add(either, first) == first
    again = msgspec.structs.replace(first, refused="too early", received_ms=made.NOW_MS + 9)
    assert clocks.add(either, again) == first  # what was judged when it arrived
    later = msgspec.structs.replace(first, seq=8)
    clocks.add(either, later)
    assert clocks.of_boot(either, "d", 1, 2) == [first, later]
    assert clocks.latest(either, "d", 1) == later
    assert clocks.of_boot(either, "d", 1, 3) == []


def test_sessions_and_what_they_cost(either: Database) -> None:
    ann = an_athlete(either)
    devices.assign(either, made.DEVICE, made.LOG, ann)
    ingest(either, made.DEVICE, made.LOG, made.session_log(), made.NOW_MS)
    one = sessions.get(either, KEY)
    assert (one.athlete_id, one.duration_s, one.rpe) == (ann, 95, 7)
    assert sessions.latest(either, ann) == [one]
    assert sessions.latest(either, None) == []
    assert [row.reps for row in sessions.sets(either, KEY)] == [3, 3]
    assert len(sessions.reps(either, KEY)) == 6
    strain = sessions.strain(either, KEY)
    assert strain is not None
    (cost,) = sessions.loads(either, ann)
    assert (cost.trimp_x100, cost.rpe) == (strain.trimp_x100, 7)
    assert sessions.loads(either, ann, until_ms=one.start_ms or 0) == []
    sessions.reaches(either, KEY, 99)
    assert sessions.get(either, KEY).last_seq == 99
    assert sessions.of_boot(either, made.DEVICE, made.LOG, 1)
    assert sessions.of_boot(either, made.DEVICE, made.LOG, 2) == []
    with pytest.raises(NotFound):
        sessions.get(either, Key(made.DEVICE, made.LOG, 5))


def test_values_are_replaced_and_taken_away(either: Database) -> None:
    values.put_session(either, KEY, Value(formula="f", version=1, value={"a": 1}))
    values.put_session(either, KEY, Value(formula="f", version=2, value={"a": None}))
    assert values.of_session(either, KEY) == {"f": Value(formula="f", version=2, value={"a": None})}
    one = Value(formula="load", version=1, value={"x": 1.5})
    values.put_days(either, "ann", "load", {"2026-11-24": one, "2026-11-25": one, "2026-11-26": one})
    values.put_days(either, "ann", "load", {"2026-11-25": None})
    assert list(values.of_days(either, "ann", "load", "2026-11-24", "2026-11-25")) == ["2026-11-24"]


def test_plans(either: Database) -> None:
    ann = an_athlete(either)
    change = plans.Change(
        item=0,
        exercise=2,
        field="load",
        old=1,
        new=2,
        rule="double progression",
        version=1,
        why="two good sessions",
        inputs={"sessions": [1, 2], "rpe": None},
    )
    plans.put(either, a_plan(ann, 1), [change])
    assert plans.changes(either, ann, 1) == [change]
    assert plans.get(either, ann, 1).wire().revision == 1
    plans.put(either, a_plan(ann, 2, plans.PROPOSED), [])
    assert plans.get(either, ann, 1).status == plans.PENDING  # a proposal supersedes no plan on its way
    assert plans.approve(either, ann, 2).status == plans.PENDING
    assert plans.get(either, ann, 1).status == plans.SUPERSEDED
    assert [one.revision for one in plans.every(either, ann)] in ([1, 2], [2, 1])
    with pytest.raises(NotFound):
        plans.get(either, ann, 9)
