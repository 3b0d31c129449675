"""A store filled the way a device fills it: records in, pages out."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from repbeat.ingest.batch import ingest
from repbeat.store import Database, athletes, devices, plans
from repbeat.store.plans import Change, Plan
from repbeat_protocol import exercises, heart
from repbeat_protocol import plan as plan_format
from repbeat_protocol import records as wire

DEVICE = "00000000000000a1"
LOG = 0x5EED0001
NOW_MS = 1_793_000_000_000  # October 2026
SQUAT = exercises.code("squat")


@dataclass
class DeviceLog:
    """Writes records as a band does."""

    records: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, kind: int, uptime_ms: int, payload: bytes, version: int = 1) -> int:
        seq = len(self.records)
        self.records.append((seq, wire.encode(seq, kind, version, 1, uptime_ms, payload)))
        return seq


def packed(kind: int, **fields: int) -> bytes:
    """A version 1 payload by field name; what is not given is 0."""
    return wire.pack(kind, 1, tuple(fields.get(name, 0) for name, _ in wire.LAYOUTS[kind, 1]))


def session_log(sets: int = 3, reps: int = 10) -> DeviceLog:
    """One session of squats with heart rate: 3 × 10 at 60 kg, a set a minute and a half."""
    log = DeviceLog()
    log.add(wire.BOOT, 10, wire.pack(wire.BOOT, 1, (1, 0, 1, 0, 0)))
    log.add(wire.TIME, 1000, wire.pack(wire.TIME, 1, (NOW_MS, 40, 120, 1)))
    start_ms = 5000
    session_seq = len(log.records)
    log.add(wire.SESSION, start_ms, wire.pack(wire.SESSION, 1, (1, session_seq, 1, 55, 190, 0, 0, 0, 255)))
    writer = heart.HeartWriter()
    end_ms = start_ms
    for number in range(sets):
        begin = start_ms + 10_000 + number * 90_000
        for rep in range(reps):
            end_ms = begin + (rep + 1) * 2500
            log.add(
                wire.REP,
                end_ms + 600,
                packed(
                    wire.REP,
                    session_seq=session_seq,
                    exercise=SQUAT,
                    set_index=number,
                    rep_index=rep,
                    end_ago_ms=600,
                    concentric_ms=900,
                    pause_ms=100,
                    eccentric_ms=1400,
                    range_mg=520,
                    range_permille=980,
                    mean_velocity_mm_s=450,
                    peak_velocity_mm_s=700,
                    confidence=90,
                ),
            )
        log.add(
            wire.SET,
            end_ms + 8000,
            packed(
                wire.SET,
                session_seq=session_seq,
                plan_revision=1,
                exercise=SQUAT,
                set_index=number,
                reps=reps,
                reps_low=8,
                reps_high=10,
                load_dag=6000,
                end_ago_ms=8000,
                duration_ms=reps * 2500,
                rest_before_s=60,
                velocity_loss_permille=80,
                form_fast=1,
                end_reason=1,
            ),
        )
    at_ms, first_ms = start_ms, start_ms
    while at_ms < end_ms + 10_000:
        writer.add(round(100 + 30 * math.sin(at_ms / 20_000)), heart.GOOD if at_ms % 7000 else heart.NO_VALUE)
        at_ms += 1000
        if writer.samples == 120:
            log.add(wire.HEART, at_ms, bytes(writer.take(at_ms - first_ms, wire.SOURCE_OPTICAL)))
            first_ms = at_ms
    log.add(wire.HEART, at_ms, bytes(writer.take(at_ms - first_ms, wire.SOURCE_OPTICAL)))
    zones = {"zone0_s": 60, "zone1_s": 80, "zone2_s": 70, "zone3_s": 20, "zone4_s": 5}
    heart_rates = {"session_seq": session_seq, "resting_bpm": 55, "max_bpm": 190}
    loads = {"trimp_x100": 812, "strain_x10": 34, "strain_version": 1, "muscular_x10": 450}
    log.add(wire.STRAIN, at_ms, packed(wire.STRAIN, **heart_rates, **zones, **loads))
    done = {"event": 2, "plan_revision": 1, "sets": sets, "reps": sets * reps, "rpe": 7}
    duration_s = (at_ms - start_ms) // 1000
    log.add(wire.SESSION, at_ms, packed(wire.SESSION, **heart_rates, **done, duration_s=duration_s))
    log.add(wire.BATTERY, at_ms, wire.pack(wire.BATTERY, 1, (3950, 82, 0)))
    return log


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
    devices.synced(store, DEVICE, NOW_MS)
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
