"""A companion as ten weeks fill it: two athletes with bands, their coach, an operator.

Every session came in as records, every plan from the planner; strength grows a little each week. The clock
stands still, so that a picture shows the same tomorrow.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import msgspec

from repbeat.coach import desk, recovery
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import CheckIn
from repbeat.ingest.batch import ingest
from repbeat.people import consent, setup, tenants
from repbeat.store import Database, athletes, devices, plans
from repbeat.store.plans import Plan
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire
from repbeat_tools.faces.training import Training, Work, write
from repbeat_tools.sample import DeviceLog

PASSWORD = "four words for pictures"  # noqa: S105 - of a store that lives for a minute
TODAY = date(2026, 10, 26)  # a Monday
NOW_MS = round(datetime(2026, 10, 26, 7, 30, tzinfo=UTC).timestamp() * 1000)
WEEKS = 10
ON = (0, 2, 4)  # Monday, Wednesday, Friday
OFFSET_MIN = 60
EPLEY = 30  # load = maximum / (1 + repetitions / 30)
WEEKLY_GAIN = 0.011
BAND_OFF = range(24, 28)  # days ago without a morning: a gap to be shown
POOR = 6  # days of poor recovery at the end, of the second athlete
GYM = "club"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An athlete of the club; `maximum_kg` by exercise at the beginning."""

    name: str
    device_id: str
    log_id: int
    maximum_kg: dict[str, float]
    resting_bpm: int
    max_bpm: int
    rmssd_ms: float
    poor: bool = False


PEOPLE = (
    Person(
        name="Athlete A",
        device_id="00000000000000a1",
        log_id=0x5EED0001,
        maximum_kg={"squat": 92, "bench_press": 70, "seated_row": 66},
        resting_bpm=54,
        max_bpm=188,
        rmssd_ms=62,
    ),
    Person(
        name="Athlete B",
        device_id="00000000000000b2",
        log_id=0x5EED0002,
        maximum_kg={"deadlift": 118, "shoulder_press": 44, "lat_pulldown": 62},
        resting_bpm=60,
        max_bpm=182,
        rmssd_ms=48,
        poor=True,
    ),
)


def fill(db: Database) -> None:
    """Fill an empty store."""
    started_ms = NOW_MS - WEEKS * 7 * 86_400_000
    setup.first_account(db, "CODE", "CODE", "Administrator", PASSWORD, "", started_ms)
    tenants.add_gym(db, "Club", GYM)
    for person in PEOPLE:
        athletes.add(
            db,
            person.name,
            started_ms,
            resting_bpm=person.resting_bpm,
            max_bpm=person.max_bpm,
            utc_offset_min=OFFSET_MIN,
        )
        setup.member(db, person.name, PASSWORD, started_ms, athlete=person.name)
        _train(db, person, started_ms)
        _mornings(db, person)
    for name, role in (("Coach", tenants.COACH), ("Operator", tenants.OPERATOR)):
        account = setup.member(db, name, PASSWORD, started_ms, gym_id=GYM)
        tenants.join(db, account.account_id, GYM, role, started_ms)
        if role == tenants.COACH:
            for person in PEOPLE:
                athlete = athletes.named(db, person.name)
                consent.give(
                    db, athlete.athlete_id, consent.ACCOUNT, account.account_id, consent.SCOPES, started_ms
                )


def _train(db: Database, person: Person, started_ms: int) -> None:
    athlete = athletes.named(db, person.name)
    chance = random.Random(person.log_id)
    seen(db, person.device_id, f"Band of {person.name}", person.log_id, "band", 0, started_ms)
    devices.assign(db, person.device_id, person.log_id, athlete.athlete_id)
    first = wire.Plan(1, [_item(slug, maximum) for slug, maximum in person.maximum_kg.items()], "Full body")
    _apply(db, desk.set_plan(db, athlete.athlete_id, first, started_ms))
    first_day = TODAY - timedelta(days=WEEKS * 7)
    days = [first_day + timedelta(days=n) for n in range(WEEKS * 7)]
    days = [day for day in days if day.weekday() in ON and chance.random() > 0.08]
    seq = 0
    for number, day in enumerate(days):
        plan = plans.latest(db, athlete.athlete_id, plans.APPLIED)
        if plan is None:
            raise RuntimeError("the first plan was not applied")
        begun_ms = moment_ms(day, 17, chance.randrange(60))
        log = DeviceLog(seq)
        training = Training(
            unix_ms=begun_ms,
            work=_work(plan.wire(), person, (day - first_day).days / 7, chance),
            plan_revision=plan.revision,
            resting_bpm=person.resting_bpm,
            max_bpm=person.max_bpm,
            rpe=chance.choice((6, 7, 7, 8)),
            offset_min=OFFSET_MIN,
            window_at=(1, 5) if day == days[-1] else None,
        )
        write(log, training, boot=number + 1, seed=person.log_id + number)
        seq = log.next_seq
        ended_ms = begun_ms + 3_600_000
        seen(db, person.device_id, f"Band of {person.name}", person.log_id, "band", seq, ended_ms)
        ingest(db, person.device_id, person.log_id, log.records, ended_ms)
        devices.caught_up(db, person.device_id, seq, ended_ms)
        if day != days[-1]:
            filed = desk.propose_next(db, athlete.athlete_id, ended_ms, approved=True)
            if filed.plan is not None:
                _apply(db, filed.plan)
    last = plans.latest(db, athlete.athlete_id, plans.APPLIED)
    devices.plan_in_force(db, person.device_id, person.log_id, last.revision if last else 0)


def _mornings(db: Database, person: Person) -> None:
    """Ten weeks of nights and some check-ins, then the planner's word for today."""
    athlete = athletes.named(db, person.name)
    chance = random.Random(person.log_id + 1)
    for ago in range(75, -1, -1):
        if ago in BAND_OFF:
            continue
        low = person.poor and ago < POOR
        night = Morning(
            TODAY - timedelta(days=ago),
            person.device_id,
            person.rmssd_ms * chance.uniform(0.88, 1.12) * (0.66 if low else 1),
            person.resting_bpm + chance.uniform(-2, 2) + (5 if low else 0),
            chance.uniform(300, 345) if low else chance.uniform(420, 490),
        )
        recovery.add_morning(db, athlete.athlete_id, night)
    answers = (2, 2, 3, 2, 3) if person.poor else (4, 4, 3, 4, 5)
    recovery.check_in(db, athlete.athlete_id, CheckIn(TODAY, *answers), NOW_MS)
    desk.propose_next(db, athlete.athlete_id, NOW_MS)


def _work(plan: wire.Plan, person: Person, week: float, chance: random.Random) -> tuple[Work, ...]:
    """What the athlete can do of a plan: as many repetitions as strength and tiredness allow."""
    out = []
    for item in plan.items:
        maximum_kg = person.maximum_kg[exercises.slug(item.exercise)] * (1 + WEEKLY_GAIN * week)
        load_kg = item.load_g / 1000
        able = EPLEY * (maximum_kg / load_kg - 1) + chance.uniform(-0.6, 0.6)
        reps = tuple(max(5, min(item.reps_high, int(able - 0.7 * n))) for n in range(item.sets))
        out.append(
            Work(
                exercise=item.exercise,
                load_kg=load_kg,
                reps=reps,
                rest_s=item.rest_s,
                reps_low=item.reps_low,
                reps_high=item.reps_high,
                velocity_mm_s=round(900 - 600 * load_kg / maximum_kg),
            )
        )
    return tuple(out)


def _item(slug: str, maximum_kg: float) -> wire.Item:
    load_g = round(maximum_kg * 0.7 / 2.5) * 2500
    return wire.Item(exercises.code(slug), 3, 8, 10, load_g, 120)


def _apply(db: Database, plan: Plan) -> None:
    """As if the band had proved it."""
    plans.set_status(db, plan.athlete_id, plan.revision, plans.APPLIED)


def seen(db: Database, device_id: str, name: str, log_id: int, role: str, head_seq: int, now_ms: int) -> None:
    devices.seen(
        db,
        device_id,
        name=name,
        address=":".join(f"C0000000{device_id[-4:]}"[n : n + 2] for n in range(0, 12, 2)).upper(),
        log_id=log_id,
        head_seq=head_seq,
        boot=1,
        plan_revision=1,
        firmware="0.1.0",
        now_ms=now_ms,
        role=role,
    )


def moment_ms(day: date, hour: int, minute: int) -> int:
    """A moment in ms of UTC."""
    at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    return round(at.timestamp() * 1000)
