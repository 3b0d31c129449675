"""A store filled the way a device fills it: records in, pages out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from repbeat.ingest.batch import ingest
from repbeat.store import Database, athletes, devices, plans
from repbeat.store.plans import Change, Plan
from repbeat_protocol import plan as plan_format
from repbeat_tools.sample import NOW_MS, SQUAT, session_log

DEVICE = "00000000000000a1"
LOG = 0x5EED0001


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "repbeat.sqlite3") as database:
        yield database


@pytest.fixture
def trained(store: Database) -> Database:
    """One athlete, one band, one session, and a plan that rose because of it."""
    athlete = athletes.add(store, "Athlete A", NOW_MS, resting_bpm=55, max_bpm=190)
    log = session_log()
    head = len(log.records)
    devices.seen(
        store,
        DEVICE,
        name="Band 1",
        address="C0:00:00:00:00:01",
        log_id=LOG,
        head_seq=head,
        boot=1,
        plan_revision=1,
        firmware="0.1.0",
        now_ms=NOW_MS,
    )
    devices.assign(store, DEVICE, LOG, athlete.athlete_id)
    ingest(store, DEVICE, LOG, log.records, NOW_MS)
    devices.caught_up(store, DEVICE, head, NOW_MS)
    content = plan_format.encode(
        plan_format.Plan(2, [plan_format.Item(SQUAT, 3, 8, 10, 62500, 90)], "Lower body", athlete.tag)
    )
    plans.put(
        store,
        Plan(
            athlete_id=athlete.athlete_id,
            revision=2,
            previous_revision=1,
            created_ms=NOW_MS,
            origin=plans.PLANNER,
            status=plans.PENDING,
            reason="",
            content=content,
        ),
        [
            Change(
                item=0,
                exercise=SQUAT,
                field="load_g",
                old=60000,
                new=62500,
                rule="double_progression",
                version=1,
                why="All 3 sets reached 10 repetitions at 60 kg.",
                inputs={"reps": [10, 10, 10]},
            )
        ],
    )
    return store
