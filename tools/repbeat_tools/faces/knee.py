"""An athlete whose knee learns to bend again: two sessions a week, with a range of angles."""

from __future__ import annotations

import random
from datetime import timedelta

from repbeat.coach import desk, recovery
from repbeat.derive.readiness import CheckIn
from repbeat.ingest.batch import ingest
from repbeat.store import Database, athletes, devices
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire_plan
from repbeat_protocol import records as wire
from repbeat_tools.faces import club
from repbeat_tools.sample import DeviceLog, packed

KNEE = exercises.code("knee_flexion")
DEVICE, LOG_ID = "00000000000000d4", 0x5EED0006
WEEKS, SETS, REPS = 8, 3, 8
LOW, HIGH = 30, 90  # degrees
AT_FIRST, AT_LAST = 22, 68  # mean angle in the first and in the last week


def fill(db: Database, name: str) -> None:
    """Give an athlete a plan, a band worn at the shin, and the weeks with it."""
    athlete = athletes.named(db, name)
    log, chance = DeviceLog(), random.Random(LOG_ID)
    days = [
        club.TODAY - timedelta(weeks=WEEKS) + timedelta(days=7 * n + at)
        for n in range(WEEKS)
        for at in (1, 4)
    ]
    first_ms = club.moment_ms(days[0], 8, 0)
    item = wire_plan.Item(KNEE, SETS, REPS, REPS, angle_low=LOW, angle_high=HIGH)
    desk.set_plan(db, athlete.athlete_id, wire_plan.Plan(1, [item], "Knee"), first_ms)
    for boot, day in enumerate(days, 1):
        angle = AT_FIRST + (AT_LAST - AT_FIRST) * boot / len(days)
        _session(log, boot, club.moment_ms(day, 9, 20), angle, chance)
        soreness = 2 if boot < len(days) // 2 else 4
        recovery.check_in(db, athlete.athlete_id, CheckIn(day, soreness=soreness), club.moment_ms(day, 10, 0))
    ended_ms = club.moment_ms(days[-1], 10, 0)
    club.seen(db, DEVICE, f"Band of {name}", LOG_ID, "band", log.next_seq, ended_ms)
    devices.assign(db, DEVICE, LOG_ID, athlete.athlete_id)
    ingest(db, DEVICE, LOG_ID, log.records, ended_ms)
    devices.caught_up(db, DEVICE, log.next_seq, ended_ms)


def _session(log: DeviceLog, boot: int, unix_ms: int, angle: float, chance: random.Random) -> None:
    log.add(wire.BOOT, 10, packed(wire.BOOT, reset_cause=1, firmware_minor=1), boot=boot)
    log.add(wire.TIME, 1000, packed(wire.TIME, unix_ms=unix_ms, uncertainty_ms=40, source=1), boot=boot)
    of_session = {"session_seq": log.next_seq, "plan_revision": 1}
    begun = packed(wire.SESSION, event=wire.SESSION_START, rpe=wire.UNKNOWN_U8, **of_session)
    log.add(wire.SESSION, 2000, begun, boot=boot)
    for index in range(SETS):
        turns = [round(angle + chance.gauss(0, 9)) for _ in range(REPS)]
        at_ms = 60_000 + 150_000 * index
        done = packed(
            wire.SET,
            exercise=KNEE,
            set_index=index,
            reps=REPS,
            reps_low=REPS,
            reps_high=REPS,
            duration_ms=40_000,
            rest_before_s=110 if index else 0,
            end_reason=wire.END_TARGET,
            **of_session,
        )
        log.add(wire.SET, at_ms, done, boot=boot)
        reached = packed(
            wire.ANGLE,
            session_seq=of_session["session_seq"],
            exercise=KNEE,
            set_index=index,
            angle_low=LOW,
            angle_high=HIGH,
            below=sum(turn < LOW for turn in turns),
            within=sum(LOW <= turn <= HIGH for turn in turns),
            above=sum(turn > HIGH for turn in turns),
            reached_mean=round(sum(turns) / REPS),
            reached_most=max(turns),
        )
        log.add(wire.ANGLE, at_ms, reached, boot=boot)
    ended = {"duration_s": 480, "sets": SETS, "reps": SETS * REPS, "rpe": 4}
    log.add(
        wire.SESSION, 480_000, packed(wire.SESSION, event=wire.SESSION_END, **ended, **of_session), boot=boot
    )
