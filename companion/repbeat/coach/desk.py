"""The coach's desk: reads sessions and plans from the store, has the planner decide, files the answer."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta

import msgspec

from repbeat.coach import course, gather, memory, outlook, planned, recovery, shelf, withdraw
from repbeat.coach.planner import Proposal, plan_session
from repbeat.coach.rules import missed_twice
from repbeat.coach.session_rules import Kind
from repbeat.coach.situation import Bounds, Situation, line_of
from repbeat.coach.texts import Text, say
from repbeat.derive.readiness import Readiness, State
from repbeat.store import Database, athletes, plans
from repbeat.store.plans import Change, Plan
from repbeat_protocol import plan as wire

RESTORE = "restore"
RESTORED = Text(RESTORE)


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking for the next plan; `plan` is None when nothing changes."""

    current: Plan | None
    plan: Plan | None
    proposal: Proposal | None
    why_not: str = ""
    overtaken: Plan | None = None
    """A plan on its way that the planner would not file any more."""
    situation: Situation | None = None
    rpe: float | None = None
    content: wire.Plan | None = None
    """The plan to file, before it has a revision of its own."""


def set_plan(
    db: Database,
    athlete_id: str,
    plan: wire.Plan,
    now_ms: int,
    *,
    approved: bool = True,
    rpe: float | None = None,
) -> Plan:
    """File a person's plan under the next revision; PlanError when it is out of bounds or a flag is open."""
    with db.atomic():
        db.hold("athlete", athlete_id)
        before = plans.latest(db, athlete_id)
        athlete = athletes.get(db, athlete_id)
        plan.revision = plans.next_revision(db, athlete_id)
        plan.athlete = athlete.tag
        plan.issued_s = now_ms // 1000
        course.say_heart_rates(plan, athlete)
        if withdraw.held_back(db, athlete_id, plan):
            raise wire.PlanLocked("a red flag is open: ask for less, or have it cleared first")
        filed = _filed(plan, athlete_id, before, now_ms, plans.PERSON, approved)
        plans.put(db, filed, [])
        planned.keep(db, athlete_id, filed.revision, rpe)
    return filed


def judge(
    db: Database,
    athlete_id: str,
    now_ms: int,
    *,
    readiness: Readiness | None = None,
    smallest_plate_g: int = 0,
) -> Filed:
    """What the planner says of the plan in force, with its reasons; nothing is filed.

    `smallest_plate_g` takes the place of the athlete's own smallest steps of load (0: those stay). What else
    bounds the planner is the athlete's and the programme's, whoever asks.
    """
    current = plans.latest(db, athlete_id, plans.APPLIED)
    newest = plans.latest(db, athlete_id, plans.PROPOSED, plans.PENDING, plans.PUSHED)
    if current is None:
        return Filed(current=None, plan=None, proposal=None, why_not="no plan is in force on a device yet")
    waiting = newest if newest is not None and newest.revision > current.revision else None
    if waiting is not None and waiting.origin == plans.PERSON:
        return _already(current, waiting)
    done = gather.trained(db, athlete_id)
    day = day_of(now_ms, athletes.get(db, athlete_id).utc_offset_min)
    session = course.next_session(db, athlete_id, _base(db, athlete_id, current), done, now_ms)
    content = session.content
    today = readiness or recovery.readiness_on(db, athlete_id, day)
    situation = Situation(
        day=day,
        base=tuple(line_of(item) for item in content.items),
        light=session.light,
        trials=session.trials,
        week_ago=session.week_ago,
        chances=outlook.chances(db, athlete_id, day, content, session),
        readiness=today,
        recent=_recent(db, athlete_id, day, today, session),
        red_flags=_open_flags(db, athlete_id, done),
        deload=session.deload,
        bounds=_with_plate(session.bounds, smallest_plate_g),
    )
    proposal = plan_session(situation)
    if waiting is not None and _still_wanted(db, waiting, proposal):
        return _already(current, waiting)
    wanted = _content(content, proposal, current, plans.next_revision(db, athlete_id), now_ms)
    filed = Filed(
        current=current, plan=None, proposal=proposal, overtaken=waiting, situation=situation, rpe=session.rpe
    )
    if _asked(wanted) == _asked(current.wire()):
        trained = any(row.plan_revision == current.revision for one in done for row in one.sets)
        why_not = "nothing changes" if trained else "no finished session with this plan is here yet"
        return msgspec.structs.replace(filed, why_not=why_not)
    if _refused_today(db, athlete_id, wanted, day):
        return msgspec.structs.replace(filed, why_not="the same was refused today: tomorrow it is asked anew")
    if situation.red_flags and withdraw.rises(wanted, current.wire()):
        return msgspec.structs.replace(filed, why_not="a red flag is open: nothing rises until it is cleared")
    return msgspec.structs.replace(filed, content=wanted)


def propose_next(
    db: Database,
    athlete_id: str,
    now_ms: int,
    *,
    approved: bool = False,
    readiness: Readiness | None = None,
    smallest_plate_g: int = 0,
) -> Filed:
    """Ask the planner for the plan to follow the one in force, and file it if anything changes.

    With `approved` it is pushed at the next chance, else it waits as a proposal. Asking again changes
    nothing. What waits and is no more what the planner says gives way, as does a rise under a red flag.
    """
    memory.refresh(db, athlete_id, day_of(now_ms, athletes.get(db, athlete_id).utc_offset_min), now_ms)
    with db.atomic():
        db.hold("athlete", athlete_id)
        for one in gather.trained(db, athlete_id):
            if one.unwell:
                shelf.report_flag(db, athlete_id, flag_of(one), "unwell", now_ms)
        withdraw.take_back_rises(db, athlete_id, now_ms)
        judged = judge(db, athlete_id, now_ms, readiness=readiness, smallest_plate_g=smallest_plate_g)
        if judged.overtaken is not None and judged.overtaken.status != plans.PUSHED:
            withdraw.overtake(db, judged.overtaken)
        proposal, situation = judged.proposal, judged.situation
        if proposal is None or situation is None or judged.content is None or judged.current is None:
            return judged
        # Where a coach is required and the change is large, nobody's haste pushes it.
        free = approved and not proposal.needs_approval
        plan = _filed(judged.content, athlete_id, judged.current, now_ms, plans.PLANNER, free)
        plans.put(db, plan, changes_of(proposal, judged.current))
        planned.keep(db, athlete_id, plan.revision, judged.rpe)
        shelf.keep_proposal(db, athlete_id, situation, proposal, now_ms, plan.revision)
    return msgspec.structs.replace(judged, plan=plan)


def _already(current: Plan, waiting: Plan) -> Filed:
    why_not = f"revision {waiting.revision} is already {waiting.status}"
    return Filed(current=current, plan=waiting, proposal=None, why_not=why_not)


def _still_wanted(db: Database, waiting: Plan, proposal: Proposal) -> bool:
    """Whether a plan on its way is what the planner says now.

    One that waits for an answer must be the same, and its last day not be past. One that was approved stays
    until its session is over, unless the morning asks for a lighter one, or for no lighter one any more.
    """
    kept = shelf.of_revision(db, waiting.athlete_id, waiting.revision)
    content = waiting.wire()
    same = [line_of(item) for item in content.items] == list(proposal.lines)
    today = proposal.day.isoformat()
    if waiting.status == plans.PROPOSED:
        return same and kept is not None and today <= kept.expires
    if kept is None or same:
        return True
    light = gather.is_light(content)
    overtaken = light and today > kept.day and waiting.status == plans.PENDING
    return not overtaken if proposal.kind is Kind.FULL else light


def _refused_today(db: Database, athlete_id: str, wanted: wire.Plan, today: date) -> bool:
    """Whether a person or the device has said no to just this today."""
    newest = plans.every(db, athlete_id)[0]
    kept = shelf.of_revision(db, athlete_id, newest.revision)
    refused = newest.status == plans.REFUSED and kept is not None and kept.day == today.isoformat()
    return refused and _asked(newest.wire()) == _asked(wanted)


def _asked(plan: wire.Plan) -> tuple[int, list[dict[str, int]]]:
    return plan.strain_cap_x10, [vars(item) for item in plan.items]


def day_of(now_ms: int, utc_offset_min: int) -> date:
    """The athlete's calendar day of a moment."""
    return (datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(minutes=utc_offset_min)).date()


def changes_of(proposal: Proposal, current: Plan) -> list[Change]:
    """The proposal's changes as the store keeps them, the sentence's key and parameters among the inputs.

    What only goes back to what it was before a lighter session has no change of the planner's own: it is
    named as restored.
    """
    kept = [
        Change(
            item=change.item,
            exercise=change.exercise,
            field=change.field,
            old=change.old,
            new=change.new,
            rule=change.rule,
            version=change.version,
            why=change.why,
            inputs={**change.inputs, "text": msgspec.to_builtins(change.text)},
        )
        for change in proposal.changes
    ]
    told = {(change.item, change.field) for change in kept}
    before = [line_of(item) for item in current.wire().items]
    for number, (old, new) in enumerate(zip(before, proposal.lines, strict=False)):
        for field in ("sets", "load_g"):
            if (
                old.exercise == new.exercise
                and getattr(old, field) < getattr(new, field)
                and (number, field) not in told
            ):
                kept.append(
                    Change(
                        item=number,
                        exercise=new.exercise,
                        field=field,
                        old=getattr(old, field),
                        new=getattr(new, field),
                        rule=RESTORE,
                        version=1,
                        why=say(RESTORED),
                        inputs={"text": msgspec.to_builtins(RESTORED)},
                    )
                )
    return kept


def _recent(
    db: Database, athlete_id: str, day: date, today: Readiness, session: course.NextSession
) -> tuple[State, ...]:
    """The states of the mornings before, only where a rule asks for them: a quiet day's page stays quick."""
    low = today.state in (State.AMBER, State.RED)
    if not low and not any(missed_twice(trials) for trials in session.trials.values()):
        return ()
    return tuple(one.state for one in recovery.readiness_before(db, athlete_id, day))


def _with_plate(bounds: Bounds, plate_g: int) -> Bounds:
    if not plate_g:
        return bounds
    limits = msgspec.structs.replace(bounds.limits, upper_plate_g=plate_g, lower_plate_g=plate_g)
    return msgspec.structs.replace(bounds, limits=limits)


def _open_flags(db: Database, athlete_id: str, done: list[gather.Trained]) -> tuple[str, ...]:
    """Red flags that nobody has cleared; a set that ended unwell is one, also before it is kept as such."""
    kept = {flag.flag_id: flag for flag in shelf.flags(db, athlete_id)}
    found = [flag.kind for flag in kept.values() if flag.cleared_ms is None]
    found += ["unwell" for one in done if one.unwell and flag_of(one) not in kept]
    return tuple(sorted(set(found)))


def flag_of(one: gather.Trained) -> str:
    """The red flag's id of a session that ended unwell."""
    return f"session/{one.key.device_id}/{one.key.log_id}/{one.key.session_seq}"


def _base(db: Database, athlete_id: str, current: Plan) -> Plan:
    """The plan at full: the one in force, or the newest one before it that is no lighter variant."""
    for plan in plans.every(db, athlete_id):
        if plan.revision > current.revision or plan.status != plans.APPLIED:
            continue
        if not gather.is_light(plan.wire()):
            return plan
    return current


def _content(base: wire.Plan, proposal: Proposal, current: Plan, revision: int, now_ms: int) -> wire.Plan:
    """The proposal as a plan for the device, checked against the device's own bounds."""
    plan = copy.copy(base)
    plan.revision, plan.issued_s = revision, now_ms // 1000
    plan.items = [line.item() for line in proposal.lines]
    # A lighter session is for these days only; a plan at full stays until there is another.
    lighter = proposal.kind is not Kind.FULL
    plan.expires_s = plan.issued_s + (proposal.expires - proposal.day).days * 86_400 if lighter else 0
    wire.check(plan)
    wire.check_step(plan, current.wire(), base.athlete)
    return plan


def _filed(
    plan: wire.Plan, athlete_id: str, before: Plan | None, now_ms: int, origin: str, approved: bool
) -> Plan:
    return Plan(
        athlete_id=athlete_id,
        revision=plan.revision,
        previous_revision=before.revision if before else None,
        created_ms=now_ms,
        origin=origin,
        status=plans.PENDING if approved else plans.PROPOSED,
        reason="",
        content=wire.encode(plan),
    )
