"""What is on its way and no longer right is taken back: rises under a red flag, and what its day overtook."""

from __future__ import annotations

import copy

import msgspec

from repbeat.coach import planned, shelf
from repbeat.coach.texts import Text, say
from repbeat.store import Database, plans
from repbeat.store.plans import Change, Plan
from repbeat_protocol import plan as wire

RED_FLAG = Text("recalled")
OVERTAKEN = "withdrawn: what was known of the day has changed since"
VERSION = 1


def rises(plan: wire.Plan, before: wire.Plan) -> bool:
    """Whether a plan asks for more than another: sets in all, or load or repetitions of an exercise of both.

    Sets and loads as the device's own lock sees them (`check_step`), so that what passes here passes there.
    """
    if wire.total_sets(plan) > wire.total_sets(before):
        return True
    for item in plan.items:
        same = [
            old
            for old in before.items
            if old.exercise == item.exercise and old.flags & wire.WARM_UP == item.flags & wire.WARM_UP
        ]
        if same and item.load_g > max(old.load_g for old in same):
            return True
        if same and item.reps_high > max(old.reps_high for old in same):
            return True
    return False


def open_flag(db: Database, athlete_id: str) -> bool:
    """Whether a red flag is reported and not cleared."""
    return any(flag.cleared_ms is None for flag in shelf.flags(db, athlete_id))


def held_back(db: Database, athlete_id: str, plan: wire.Plan) -> bool:
    """Whether an open red flag forbids a plan, because it rises against the one in force."""
    current = plans.latest(db, athlete_id, plans.APPLIED)
    return current is not None and open_flag(db, athlete_id) and rises(plan, current.wire())


def take_back_rises(db: Database, athlete_id: str, now_ms: int) -> None:
    """Under an open red flag: what waits or is to be pushed and rises goes no further.

    A rise that a device may hold already is replaced by the plan before it, as a revision of its own.
    """
    current = plans.latest(db, athlete_id, plans.APPLIED)
    if current is None or not open_flag(db, athlete_id):
        return
    in_force = current.wire()
    for plan in plans.every(db, athlete_id):
        if plan.revision < current.revision or not rises(plan.wire(), in_force):
            continue
        if plan.status in (plans.PROPOSED, plans.PENDING):
            overtake(db, plan, say(RED_FLAG))
        elif plan.status == plans.PUSHED:
            _recall(db, plan, current, now_ms)


def overtake(db: Database, plan: Plan, reason: str = OVERTAKEN) -> None:
    """A plan that no device holds yet goes no further."""
    plans.set_status(db, plan.athlete_id, plan.revision, plans.SUPERSEDED, reason)


def _recall(db: Database, pushed: Plan, current: Plan, now_ms: int) -> None:
    content = copy.copy(current.wire())
    content.revision = plans.next_revision(db, pushed.athlete_id)
    content.issued_s = now_ms // 1000
    plan = Plan(
        athlete_id=pushed.athlete_id,
        revision=content.revision,
        previous_revision=pushed.revision,
        created_ms=now_ms,
        origin=plans.PLANNER,
        status=plans.PENDING,
        reason="",
        content=wire.encode(content),
    )
    plans.put(db, plan, _changes(pushed.wire(), content))
    planned.keep(db, plan.athlete_id, plan.revision, planned.rpe(db, plan.athlete_id, current.revision))


def _changes(pushed: wire.Plan, content: wire.Plan) -> list[Change]:
    return [
        Change(
            item=number,
            exercise=new.exercise,
            field=field,
            old=getattr(old, field),
            new=getattr(new, field),
            rule="red_flag",
            version=VERSION,
            why=say(RED_FLAG),
            inputs={"text": msgspec.to_builtins(RED_FLAG)},
        )
        for number, (old, new) in enumerate(zip(pushed.items, content.items, strict=False))
        for field in ("sets", "reps_high", "load_g")
        if old.exercise == new.exercise and getattr(old, field) != getattr(new, field)
    ]
