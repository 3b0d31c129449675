"""What comes next for an athlete: the plan in force again, or the next day of the programme they follow."""

from __future__ import annotations

import copy

import msgspec

from repbeat.coach import gather, planned, shelf
from repbeat.coach.conditioning import Conditioning, eased
from repbeat.coach.gather import WEEK_MS, Trained
from repbeat.coach.rules import Prescribed, Trial
from repbeat.coach.session_rules import Kind
from repbeat.coach.shelf import Enrolment
from repbeat.coach.situation import Bounds, Deload, Line
from repbeat.store import Database, athletes, plans
from repbeat.store.athletes import Athlete
from repbeat.store.plans import Plan
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire


class NextSession(msgspec.Struct, frozen=True, kw_only=True):
    """The session at full with what the planner needs of it."""

    content: wire.Plan
    light: tuple[Line, ...]
    trials: dict[int, tuple[Trial, ...]]
    week_ago: dict[int, Prescribed]
    deload: Deload
    bounds: Bounds
    rpe: float | None
    """How hard it is meant to feel; None: its plan does not say."""


def next_session(db: Database, athlete_id: str, base: Plan, done: list[Trained], now_ms: int) -> NextSession:
    """`base` is the plan at full that was last in force."""
    bounds, health = shelf.coaching(db, athlete_id)
    content = base.wire()
    say_heart_rates(content, athletes.get(db, athlete_id))
    enrolled = shelf.enrolment(db, athlete_id)
    if enrolled is None:
        return NextSession(
            content=without_heart(content, health.heart_caps),
            light=(),
            trials=gather.trials_of_plan(db, athlete_id, content, base.revision, done),
            week_ago=gather.week_ago_of_plan(db, athlete_id, content, now_ms),
            deload=_deload(db, athlete_id, 0, now_ms, now_ms),
            bounds=bounds,
            rpe=planned.rpe(db, athlete_id, base.revision),
        )
    programme = enrolled.content()
    number = next_day(enrolled, db, athlete_id, done)
    day = programme.days[number]
    listed = [exercises.code(one.exercise) for one in day.exercises]
    kept = gather.trials_of_day(db, athlete_id, day.name, listed, done)
    lines = []
    for item, exercise in enumerate(day.exercises):
        last = kept[item][0][1].prescribed if kept.get(item) else None
        start_g = enrolled.load_g().get(exercise.exercise)
        lines.append(
            exercise.line(last.load_g, (last.reps_low, last.reps_high)) if last else exercise.line(start_g)
        )
    plan = copy.copy(content)
    compiled = programme.compiled(number, tuple(lines))
    plan.name, plan.items, plan.strain_cap_x10 = compiled.name, compiled.items, compiled.strain_cap_x10
    heart = health.heart_caps and programme.caps.heart_rate
    return NextSession(
        content=without_heart(plan, heart),
        light=tuple(exercise.line() for exercise in day.light),
        trials={item: tuple(trial for _, trial in found) for item, found in kept.items() if found},
        week_ago={item: _week_ago(found, now_ms) for item, found in kept.items() if found},
        deload=_deload(db, athlete_id, programme.deload_every_weeks, enrolled.started_ms, now_ms),
        bounds=msgspec.structs.replace(bounds, limits=programme.caps.limits()),
        rpe=day.rpe,
    )


def conditioning(db: Database, athlete_id: str, plan: Plan) -> tuple[tuple[Conditioning, ...], bool]:
    """What follows the sets of a plan, eased as its session is; and whether heart rate zones may guide it."""
    enrolled = shelf.enrolment(db, athlete_id)
    if enrolled is None or plan.created_ms < enrolled.started_ms:
        return (), True
    programme = enrolled.content()
    name = plan.wire().name
    day = next((one for one in programme.days if one.name == name), None)
    kept = shelf.of_revision(db, athlete_id, plan.revision)
    chosen = all(item.flags & wire.LIGHT for item in plan.wire().items)  # by a person, without a proposal
    kind = kept.decided().kind if kept else Kind.LIGHT if chosen else Kind.FULL
    _, health = shelf.coaching(db, athlete_id)
    return eased(kind, day.conditioning if day else ()), health.heart_caps and programme.caps.heart_rate


def next_day(enrolled: Enrolment, db: Database, athlete_id: str, done: list[Trained]) -> int:
    """The day after the one last trained, in the order of the programme's week; to begin, the first."""
    programme = enrolled.content()
    order = [number - 1 for number in programme.week if number]
    names = [programme.days[number].name for number in order]
    trained = [
        _name(db, athlete_id, one) for one in done if (one.session.start_ms or 0) >= enrolled.started_ms
    ]
    # The same day may stand twice in a week: walk through the sessions in the order they were done.
    position = 0
    for name in reversed(trained):
        ahead = [(position + step) % len(order) for step in range(len(order))]
        found = next((place for place in ahead if names[place] == name), None)
        position = position if found is None else (found + 1) % len(order)
    return order[position]


def _name(db: Database, athlete_id: str, one: Trained) -> str:
    revisions = {row.plan_revision for row in one.sets if row.plan_item is not None}
    for plan in plans.every(db, athlete_id):
        if plan.revision in revisions:
            return plan.wire().name
    return ""


def _week_ago(found: list[tuple[int, Trial]], now_ms: int) -> Prescribed:
    older = [trial for start_ms, trial in found if start_ms <= now_ms - WEEK_MS]
    return (older[0] if older else found[-1][1]).prescribed


def _deload(db: Database, athlete_id: str, every_weeks: int, since_ms: int, now_ms: int) -> Deload:
    """From the proposals that somebody let through: when a lighter week last began, whether it still runs.

    One that waits, was rejected or withdrawn puts no lighter week off.
    """
    taken = {
        plan.revision
        for plan in plans.every(db, athlete_id)
        if plan.status in (plans.PENDING, plans.PUSHED, plans.APPLIED)
    }
    begun = [
        kept.created_ms
        for kept in shelf.proposals(db, athlete_id)
        if kept.revision in taken and kept.created_ms <= now_ms and kept.decided().kind is Kind.DELOAD
    ]
    first = None
    for created_ms in sorted(begun):
        if first is None or created_ms - first >= WEEK_MS:
            first = created_ms
    since = max(since_ms, first or 0)
    return Deload(
        every_weeks=every_weeks,
        weeks_since=max(0, now_ms - since) // WEEK_MS,
        running=first is not None and now_ms - first < WEEK_MS,
    )


def say_heart_rates(plan: wire.Plan, athlete: Athlete) -> None:
    """Write the athlete's resting and maximum heart rate into a plan, where they are known."""
    plan.resting_bpm = athlete.resting_bpm or plan.resting_bpm
    plan.max_bpm = athlete.max_bpm or plan.max_bpm


def heart_limits(plan: wire.Plan) -> tuple[int, ...]:
    """What in a plan is limited by heart rate."""
    return (plan.strain_cap_x10, *(item.rest_until_bpm for item in plan.items))


def without_heart(plan: wire.Plan, heart: bool) -> wire.Plan:
    """Limits by heart rate taken out where they do not hold: beta-blocker, pacemaker, pregnancy."""
    if heart:
        return plan
    bare = copy.deepcopy(plan)
    bare.strain_cap_x10 = 0
    for item in bare.items:
        item.rest_until_bpm = 0
    return bare
