"""A stored session as the learner sees it: what its sets say of strength, velocity, recovery and dose."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import fmean

import msgspec

from repbeat.coach import gather, planned
from repbeat.coach.learn.person import Lifted, Person, needed_ln_max
from repbeat.derive.strength import muscular_load
from repbeat.ingest.days import day_of
from repbeat.store import Database, heart_blocks, samples, sessions
from repbeat.store.sessions import Key, Session, Set
from repbeat_protocol import heart, records
from repbeat_protocol import plan as wire

RPE_MOST = 10
# Epley's formula strays with many repetitions: beyond this, done and in reserve, a set tells no maximum.
MOST_REPS = 20
RECOVERY_S = 60
AROUND_S = 2  # values either side of a moment that are averaged
MILLI = 1000


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """A finished session, and the day on which it counts."""

    day: date
    session: Session

    @property
    def key(self) -> Key:
        """Which session."""
        return Key(self.session.device_id, self.session.log_id, self.session.session_seq)


def first_day(db: Database, athlete_id: str) -> date | None:
    """The day of the earliest night, answer or session."""
    days = [
        db.value(f"SELECT MIN(day) FROM {table} WHERE athlete_id = :athlete_id", athlete_id=athlete_id)  # noqa: S608
        for table in ("mornings", "check_ins")
    ]
    start_ms = db.value(
        "SELECT MIN(start_ms) FROM sessions WHERE athlete_id = :athlete_id", athlete_id=athlete_id
    )
    found = [date.fromisoformat(day) for day in days if day]
    if start_ms is not None:
        found.append(day_of(start_ms, 0))
    return min(found, default=None)


def sessions_of(db: Database, athlete_id: str, first: date, through: date) -> list[Observed]:
    """Finished and dated sessions of these days, in order."""
    # A day begins where the athlete was: a day either side is read too.
    begin, end = first - timedelta(days=1), through + timedelta(days=2)
    found = db.all(
        Session,
        """SELECT * FROM sessions WHERE athlete_id = :athlete_id AND start_ms >= :from_ms
             AND start_ms < :until_ms AND end_seq IS NOT NULL ORDER BY start_ms""",
        athlete_id=athlete_id,
        from_ms=_ms(begin),
        until_ms=_ms(end),
    )
    dated = [
        Observed(day=day_of(one.start_ms, one.utc_offset_min), session=one)
        for one in found
        if one.start_ms is not None
    ]
    return [one for one in dated if first <= one.day <= through]


def teach(db: Database, person: Person, one: Observed) -> float:
    """Let a session teach; its muscular load, by what was known of the lifts before."""
    rows = [row for row in sessions.sets(db, one.key) if row.reps]
    felt = float(one.session.rpe) if one.session.rpe is not None and one.session.rpe <= RPE_MOST else None
    dose = math.fsum(_dose(person, row, felt) for row in rows)
    best = _best_velocities(db, one.key)
    by_exercise: dict[int, list[Set]] = defaultdict(list)
    for row in rows:
        by_exercise[row.exercise].append(row)
    contents: dict[int, wire.Plan | None] = {}
    athlete_id = one.session.athlete_id or ""
    meant = planned.every(db, athlete_id)
    for exercise, sets in by_exercise.items():
        for row in sets:
            if row.plan_revision not in contents:
                contents[row.plan_revision] = gather.content(db, athlete_id, row.plan_revision)
        seen = _lifted(sets, felt, best, contents, meant)
        if seen is not None:
            person.lifted(exercise, seen)
    for fall_bpm in _recoveries(db, one.session, rows):
        person.recovery.update(fall_bpm)
    return dose


def _lifted(
    sets: list[Set],
    felt: float | None,
    best: dict[int, float],
    contents: dict[int, wire.Plan | None],
    meant: dict[int, float],
) -> Lifted | None:
    """What the heaviest working set tells; None without a load or a word on how hard it was.

    Lighter sessions ask for less on purpose: they tell nothing of what could be lifted.
    """
    working = []
    for row in sets:
        item = gather.item(contents.get(row.plan_revision), row.plan_item)
        if row.load_g and not (item and item.flags & (wire.WARM_UP | wire.LIGHT)):
            working.append(row)
    if felt is None or not working:
        return None
    top = max(working, key=lambda row: row.load_g)
    told = top.reps + RPE_MOST - felt
    if told > MOST_REPS or top.end_reason == records.END_UNWELL:
        return None
    asked = top.reps_high > 0
    load_kg, rpe = top.load_g / MILLI, meant.get(top.plan_revision, RPE_MOST)
    return Lifted(
        ln_max=math.log(load_kg * (1 + told / 30)),
        needed=needed_ln_max(load_kg, top.reps_high, 1, rpe) if asked else None,
        reached=asked and top.reps >= top.reps_high,
        velocities=tuple((row.load_g / MILLI, best[row.seq]) for row in working if row.seq in best),
    )


def _dose(person: Person, row: Set, felt: float | None) -> float:
    lift = person.lifts.get(row.exercise)
    max_kg = math.exp(lift.response.predict().mean) if lift else None
    loss = row.velocity_loss_permille / MILLI if row.velocity_loss_permille else None
    return muscular_load(row.reps, row.load_g / MILLI or None, max_kg, felt, loss)


def _best_velocities(db: Database, key: Key) -> dict[int, float]:
    """The best repetition of each set, m/s, by the SET record's number; none where none was measured."""
    by_set: dict[int, float] = {}
    for rep in sessions.reps(db, key):
        if not rep.reject_reason and rep.mean_velocity_mm_s:
            velocity = rep.mean_velocity_mm_s / MILLI
            by_set[rep.set_index] = max(velocity, by_set.get(rep.set_index, 0.0))
    return {row.seq: by_set[row.set_index] for row in sessions.sets(db, key) if row.set_index in by_set}


def _recoveries(db: Database, session: Session, sets: list[Set]) -> list[float]:
    """How far the heart rate had fallen a minute after each set that a long enough rest followed, bpm."""
    of_boot = [row for row in sets if row.boot == session.boot]
    if not of_boot:
        return []
    bpm = _good_seconds(db, session, of_boot[-1].end_uptime_ms + 2 * RECOVERY_S * MILLI)
    falls = []
    for row, after in zip(of_boot, [*of_boot[1:], None], strict=True):
        if after is not None and after.rest_before_s <= RECOVERY_S:
            continue
        end_s = row.end_uptime_ms // MILLI
        peak, later = _around(bpm, end_s), _around(bpm, end_s + RECOVERY_S)
        if peak is not None and later is not None:
            falls.append(peak - later)
    return falls


def _good_seconds(db: Database, session: Session, until_ms: int) -> dict[int, int]:
    """bpm by the second of uptime, of values that may be used automatically."""
    found = {}
    for block in heart_blocks.packed(
        db, session.device_id, session.log_id, session.boot, records.HEART, session.uptime_ms, until_ms
    ):
        for index, (bpm, state) in enumerate(samples.read_heart(block.payload)[2]):
            if state >= heart.FAIR:
                found[block.uptime_ms // MILLI + index] = bpm
    return found


def _around(bpm: dict[int, int], second: int) -> float | None:
    near = [bpm[at] for at in range(second - AROUND_S, second + AROUND_S + 1) if at in bpm]
    return fmean(near) if near else None


def _ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * MILLI)
