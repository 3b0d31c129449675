"""What the club's people share: the gym's machines, a class with its boards, a session joined by code."""

from __future__ import annotations

import io
import threading
from datetime import timedelta

from repbeat.community import challenges, encouragement, invites, motivation, recovery_log, standings
from repbeat.community.boards import KINDS
from repbeat.community.shared import sessions
from repbeat.gym import attribution, desk, fleet, machines
from repbeat.ingest.batch import ingest
from repbeat.interop import jobs, stored, tcx
from repbeat.people import accounts, setup, tenants
from repbeat.store import Database, athletes, devices
from repbeat.store import sessions as training
from repbeat_protocol import exercises
from repbeat_protocol import live as live_wire
from repbeat_tools.faces import club, knee
from repbeat_tools.faces.training import Training, Work, write
from repbeat_tools.sample import DeviceLog

GUARDIAN = "Guardian"  # of more than one athlete, who are asked for by name
WARD = "Athlete C"
NICKNAMES = ("Fox", "Owl")
CLASS = "Morning class"
HOURS = (7, 12, 17, 18, 19)  # when machines are used most
MACHINES = (
    ("00000000000000c1", 0x5EED0003, "Leg press 1", "leg_press"),
    ("00000000000000c2", 0x5EED0004, "Lat pulldown 1", "lat_pulldown"),
    ("00000000000000c3", 0x5EED0005, "Chest press 1", "chest_press"),
)


def fill(db: Database) -> None:
    """Add to a filled club."""
    for number, machine in enumerate(MACHINES):
        _machine(db, *machine, number)
    attribution.catch_up(db)
    setup.member(db, GUARDIAN, club.PASSWORD, club.NOW_MS)
    athletes.add(db, WARD, club.NOW_MS)
    accounts.own(
        db,
        athletes.named(db, WARD).athlete_id,
        accounts.named(db, GUARDIAN).account_id,
        club.NOW_MS,
    )
    knee.fill(db, WARD)
    for person in club.PEOPLE:
        account_id = accounts.named(db, person.name).account_id
        tenants.join(db, account_id, club.GYM, tenants.ATHLETE, club.NOW_MS)
        athlete_id = athletes.named(db, person.name).athlete_id
        since = club.TODAY - timedelta(weeks=club.WEEKS)
        motivation.choose(db, athlete_id, hidden=False, weekdays=club.ON, today=since)
    _class(db)
    _together(db)
    _beside(db)
    first = next(one for one in machines.every(db) if one.name == MACHINES[0][2])
    desk.claim(db, first.machine_id, athletes.named(db, club.PEOPLE[0].name).athlete_id, club.NOW_MS - 60_000)


def _machine(db: Database, device_id: str, log_id: int, name: str, slug: str, number: int) -> None:
    """A machine with a sensor, and a week of sets that nobody claimed."""
    made = machines.add(
        db, name, club.NOW_MS - 30 * 86_400_000, gym_id=club.GYM, exercise=exercises.code(slug)
    )
    log = DeviceLog()
    for boot, ago in enumerate(range(9, 2, -1)):
        hour = HOURS[(boot + number) % len(HOURS)]
        work = Work(
            exercise=exercises.code(slug), load_kg=40.0 + 20 * number, reps=(12, 10, 9)[: 3 - number % 2]
        )
        begun_ms = club.moment_ms(club.TODAY - timedelta(days=ago), hour, 10)
        training = Training(unix_ms=begun_ms, work=(work,), offset_min=club.OFFSET_MIN)
        write(log, training, boot=boot + 1, seed=log_id + boot)
    seen_ms = club.NOW_MS - (60_000, 240_000, 2 * 86_400_000)[number]
    club.seen(db, device_id, f"Sensor {number + 1}", log_id, "machine", log.next_seq, seen_ms)
    machines.mount(db, device_id, made.machine_id, 0)
    ingest(db, device_id, log_id, log.records, seen_ms)
    devices.caught_up(db, device_id, log.next_seq, seen_ms)
    fleet.heard(db, device_id, -58 - 9 * number, seen_ms)


def _class(db: Database) -> None:
    group = tenants.add_group(db, club.GYM, CLASS)
    coach = accounts.named(db, "Coach")
    lead = invites.invite(db, club.GYM, group.group_id, club.NOW_MS, tenants.COACH)
    invites.accept(db, lead, coach.account_id, None, "Coach", club.NOW_MS)
    race = challenges.begin(
        db,
        club.GYM,
        group.group_id,
        "Autumn",
        "repetitions",
        ["Foxes", "Owls"],
        club.TODAY - timedelta(weeks=2),
        4,
        typed_counts=False,
    )
    for team, (person, nickname) in enumerate(zip(club.PEOPLE, NICKNAMES, strict=True)):
        text = invites.invite(db, club.GYM, group.group_id, club.NOW_MS)
        athlete_id = athletes.named(db, person.name).athlete_id
        account_id = accounts.named(db, person.name).account_id
        invites.accept(db, text, account_id, athlete_id, nickname, club.NOW_MS)
        challenges.join(db, athlete_id, race, team)
        for kind in KINDS:
            standings.opt_in(db, athlete_id, club.GYM, group.group_id, kind, club.NOW_MS)
    first = athletes.named(db, club.PEOPLE[0].name).athlete_id
    encouragement.send(db, coach.account_id, first, "Steady work these ten weeks.", club.NOW_MS)
    note = encouragement.send(db, coach.account_id, first, "Monday again, no excuses.", club.NOW_MS)
    encouragement.report(db, first, note.note_id, club.NOW_MS)


def _beside(db: Database) -> None:
    """What an athlete brings in: days of recovery, and a file of what the band recorded as well."""
    athlete_id = athletes.named(db, club.PEOPLE[0].name).athlete_id
    for ago, modality, minutes in ((6, "foam_roller", 10), (3, "massage", 45), (1, "sauna", 15)):
        recovery_log.add(db, athlete_id, club.TODAY - timedelta(days=ago), modality, minutes)
    (last,) = training.latest(db, athlete_id, 1)
    content = tcx.write(stored.activity_of(db, last))
    job = jobs.begin(db, athlete_id, "watch.tcx", len(content), club.NOW_MS)
    jobs.work(db, job, io.BytesIO(content), lambda: club.NOW_MS, threading.Event())


def _together(db: Database) -> None:
    """Two in a session, one in a set and one at rest."""
    session = sessions.create(db, "Monday morning", club.NOW_MS - 600_000)
    reports = (
        sessions.Report(
            phase=live_wire.IN_SET, exercise=exercises.code("squat"), set=1, reps=7, zone=3, bpm=141
        ),
        sessions.Report(phase=live_wire.REST, exercise=exercises.code("deadlift"), set=0, reps=10, zone=1),
    )
    for person, nickname, report in zip(club.PEOPLE, NICKNAMES, reports, strict=True):
        member = sessions.new_member(nickname, "en", athletes.named(db, person.name).athlete_id, "")
        sessions.add_member(db, session.code, member)
        sessions.say(db, session.code, member.member_id, report, club.NOW_MS, hosted=True)
