"""People in the loop: a coach or the athlete decides about a proposal, and who did what is kept.

The caller has seen to it that the actor may do it (roles and consent); here it is done and written down.
"""

from __future__ import annotations

import copy

from repbeat.coach import planned, shelf, withdraw
from repbeat.coach.desk import day_of
from repbeat.coach.session_rules import Kind, lines_of
from repbeat.coach.shelf import Act, Kept
from repbeat.coach.situation import Line, line_of
from repbeat.store import Database, athletes, plans
from repbeat.store.plans import Plan
from repbeat_protocol import plan as wire

APPROVE, EDIT, REJECT, COMMENT, LIGHTER = "approve", "edit", "reject", "comment", "lighter"


class ActError(ValueError):
    """The act does not fit the proposal's state; the message says what to do."""


def approve(db: Database, proposal_id: str, actor: str, now_ms: int, reason: str = "") -> Act:
    """Have the proposal's plan pushed."""
    with db.atomic():
        kept, plan = _waiting(db, proposal_id)
        _check_day(db, kept, now_ms)
        _check_flags(db, kept.athlete_id, plan.wire())
        plans.approve(db, kept.athlete_id, plan.revision)
        lines = _lines(plan)
        return shelf.add_act(db, kept, now_ms, actor, APPROVE, reason, lines, lines)


def reject(db: Database, proposal_id: str, actor: str, now_ms: int, reason: str) -> Act:
    """The plan in force stays."""
    with db.atomic():
        kept, plan = _waiting(db, proposal_id)
        plans.set_status(db, kept.athlete_id, plan.revision, plans.REFUSED, f"rejected by {actor}: {reason}")
        return shelf.add_act(db, kept, now_ms, actor, REJECT, reason, _lines(plan), ())


def edit(
    db: Database, proposal_id: str, actor: str, now_ms: int, lines: tuple[Line, ...], reason: str
) -> Act:
    """Put other lines in the plan's place and approve them; the device's own bounds hold for a person too."""
    with db.atomic():
        kept, plan = _waiting(db, proposal_id)
        _check_day(db, kept, now_ms)
        return _replace(db, kept, plan, lines, actor, now_ms, EDIT, reason)


def comment(db: Database, proposal_id: str, actor: str, now_ms: int, words: str) -> Act:
    """Say something about a proposal."""
    kept = shelf.proposal(db, proposal_id)
    return shelf.add_act(db, kept, now_ms, actor, COMMENT, words)


def lighter(db: Database, proposal_id: str, actor: str, now_ms: int, reason: str = "") -> Act:
    """The athlete takes the light session instead: always allowed, needs nobody."""
    with db.atomic():
        kept, plan = _waiting(db, proposal_id)
        known = kept.known()
        lines = lines_of(Kind.LIGHT, known.base, known.light)
        return _replace(db, kept, plan, lines, actor, now_ms, LIGHTER, reason)


def _waiting(db: Database, proposal_id: str) -> tuple[Kept, Plan]:
    kept = shelf.proposal(db, proposal_id)
    db.hold("athlete", kept.athlete_id)
    if kept.revision is None:
        raise ActError("no plan came of this proposal: there is nothing to decide")
    plan = plans.get(db, kept.athlete_id, kept.revision)
    if plan.status not in (plans.PROPOSED, plans.PENDING):
        raise ActError(f"revision {plan.revision} is already {plan.status}: wait for the next proposal")
    return kept, plan


def _check_day(db: Database, kept: Kept, now_ms: int) -> None:
    """What was known then says nothing of a day beyond the proposal's last."""
    today = day_of(now_ms, athletes.get(db, kept.athlete_id).utc_offset_min)
    if today.isoformat() > kept.expires:
        raise ActError(f"the proposal held until {kept.expires}: reject it, and the next one looks anew")


def _check_flags(db: Database, athlete_id: str, content: wire.Plan) -> None:
    if withdraw.held_back(db, athlete_id, content):
        raise ActError(
            "a red flag is open and this plan rises: choose a lighter one, or have it cleared first"
        )


def _lines(plan: Plan) -> tuple[Line, ...]:
    return tuple(line_of(item) for item in plan.wire().items)


def _replace(
    db: Database,
    kept: Kept,
    plan: Plan,
    lines: tuple[Line, ...],
    actor: str,
    now_ms: int,
    act: str,
    reason: str,
) -> Act:
    content = copy.copy(plan.wire())
    content.revision = plans.next_revision(db, kept.athlete_id)
    content.issued_s = now_ms // 1000
    content.items = [line.item() for line in lines]
    wire.check(content)
    _check_flags(db, kept.athlete_id, content)
    in_force = plans.latest(db, kept.athlete_id, plans.APPLIED)
    wire.check_step(content, in_force.wire() if in_force else None, content.athlete)
    plans.put(
        db,
        Plan(
            athlete_id=kept.athlete_id,
            revision=content.revision,
            previous_revision=plan.revision,
            created_ms=now_ms,
            origin=plans.PERSON,
            status=plans.PENDING,
            reason="",
            content=wire.encode(content),
        ),
        [],
    )
    meant = planned.rpe(db, kept.athlete_id, plan.revision)
    planned.keep(db, kept.athlete_id, content.revision, meant)
    return shelf.add_act(db, kept, now_ms, actor, act, reason, _lines(plan), lines)
