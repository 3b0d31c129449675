"""The coach's desk: reads sessions and plans from the store, has the rules judge them, files the answer."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

import msgspec

from repbeat.coach.planner import Proposal, propose
from repbeat.coach.rules import DoneSet, Prescribed, Readiness, Trial
from repbeat.store import Database, NotFound, athletes, plans, sessions
from repbeat.store.plans import Plan
from repbeat.store.sessions import Key, Rep, Session, Set
from repbeat_protocol import plan as wire
from repbeat_protocol import records

WEEK_MS = 7 * 24 * 3600 * 1000
SESSIONS_READ = 30  # far more than the rules look back


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking for the next plan; `plan` is None when nothing changes."""

    current: Plan | None
    plan: Plan | None
    proposal: Proposal | None
    why_not: str = ""


def set_plan(db: Database, athlete_id: str, plan: wire.Plan, now_ms: int, *, approved: bool = True) -> Plan:
    """File a person's plan under the next revision; PlanError when it is out of bounds."""
    with db.atomic():
        before = plans.latest(db, athlete_id)
        athlete = athletes.get(db, athlete_id)
        plan.revision = plans.next_revision(db, athlete_id)
        plan.athlete = athlete.tag
        plan.issued_s = now_ms // 1000
        plan.resting_bpm = plan.resting_bpm or athlete.resting_bpm
        plan.max_bpm = plan.max_bpm or athlete.max_bpm
        filed = _filed(plan, athlete_id, before, now_ms, plans.PERSON, approved)
        plans.put(db, filed, [])
    return filed


def judge(
    db: Database,
    athlete_id: str,
    now_ms: int,
    *,
    readiness: Readiness = Readiness.UNKNOWN,
    plate_g: int | None = None,
) -> Filed:
    """What the rules say of the plan in force, with their reasons; nothing is filed."""
    current = plans.latest(db, athlete_id, plans.APPLIED)
    newest = plans.latest(db, athlete_id, plans.PROPOSED, plans.PENDING, plans.PUSHED)
    if current is None:
        return Filed(current=None, plan=None, proposal=None, why_not="no plan is in force on a device yet")
    if newest is not None and newest.revision > current.revision:
        why_not = f"revision {newest.revision} is already {newest.status}"
        return Filed(current=current, plan=newest, proposal=None, why_not=why_not)
    trained = _trained(db, athlete_id)
    if not any(row.plan_revision == current.revision for _, sets in trained for row in sets):
        why_not = "no finished session with this plan is here yet"
        return Filed(current=current, plan=None, proposal=None, why_not=why_not)
    content = current.wire()
    proposal = propose(
        content,
        plans.next_revision(db, athlete_id),
        now_ms // 1000,
        _trials(db, athlete_id, content, current.revision, trained),
        _week_ago(db, athlete_id, content, now_ms),
        readiness,
        _red_flag(trained[0][1]),
        plate_g,
    )
    why_not = "" if proposal.plan else "nothing changes"
    return Filed(current=current, plan=None, proposal=proposal, why_not=why_not)


def propose_next(
    db: Database,
    athlete_id: str,
    now_ms: int,
    *,
    approved: bool = False,
    readiness: Readiness = Readiness.UNKNOWN,
    plate_g: int | None = None,
) -> Filed:
    """Ask the rules for the plan to follow the one in force, and file it if anything changes.

    With `approved` it is pushed at the next chance, else it waits as a proposal. Asking again changes
    nothing: while a later revision waits or is on its way there is no other.
    """
    with db.atomic():
        judged = judge(db, athlete_id, now_ms, readiness=readiness, plate_g=plate_g)
        proposal = judged.proposal
        if proposal is None or proposal.plan is None:
            return judged
        plan = _filed(proposal.plan, athlete_id, judged.current, now_ms, plans.PLANNER, approved)
        plans.put(db, plan, list(proposal.changes))
    return msgspec.structs.replace(judged, plan=plan)


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


def _trained(db: Database, athlete_id: str) -> list[tuple[Session, list[Set]]]:
    """The athlete's finished sessions with their sets, latest first.

    A session that no clock has dated yet is left out: nobody knows which one came last.
    """
    return [
        (session, sessions.sets(db, _key(session)))
        for session in sessions.latest(db, athlete_id, limit=SESSIONS_READ)
        if session.end_seq is not None and session.start_ms is not None
    ]


def _trials(
    db: Database,
    athlete_id: str,
    current: wire.Plan,
    revision: int,
    trained: list[tuple[Session, list[Set]]],
) -> dict[int, list[Trial]]:
    """For each item of the plan in force: how its exercise went, session by session, latest first.

    Earlier revisions count as long as the item of the same place is the same exercise; an item that was
    not trained under the revision in force has no trials, for it was judged before.
    """
    out: dict[int, list[Trial]] = defaultdict(list)
    contents = {revision: current}
    for session, sets in trained:
        confidence = _confidence(sessions.reps(db, _key(session)))
        by_item: dict[tuple[int, int], list[Set]] = defaultdict(list)
        for row in sets:
            if row.plan_item is not None:
                by_item[row.plan_revision, row.plan_item].append(row)
        for (of_revision, number), rows in by_item.items():
            item = _item(db, athlete_id, contents, of_revision, number)
            if item is None or number >= len(current.items):
                continue
            if item.exercise != current.items[number].exercise or (
                of_revision != revision and not out[number]
            ):
                continue
            out[number].append(
                Trial(
                    prescribed=Prescribed(
                        sets=item.sets, reps_low=item.reps_low, reps_high=item.reps_high, load_g=item.load_g
                    ),
                    done=tuple(
                        DoneSet(
                            reps=row.reps,
                            load_g=row.load_g,
                            end_reason=row.end_reason,
                            confidence=confidence.get(row.set_index),
                        )
                        for row in rows
                    ),
                )
            )
    return out


def _item(
    db: Database, athlete_id: str, contents: dict[int, wire.Plan], revision: int, number: int
) -> wire.Item | None:
    """An item of one of the athlete's revisions; None where the store has no such revision or item."""
    if revision not in contents:
        try:
            contents[revision] = plans.get(db, athlete_id, revision).wire()
        except NotFound:
            return None
    items = contents[revision].items
    return items[number] if number < len(items) else None


def _confidence(reps: list[Rep]) -> dict[int, float]:
    """Mean confidence of the counted repetitions, by set."""
    by_set: dict[int, list[int]] = defaultdict(list)
    for rep in reps:
        if not rep.reject_reason:
            by_set[rep.set_index].append(rep.confidence)
    return {set_index: fmean(values) for set_index, values in by_set.items()}


def _week_ago(db: Database, athlete_id: str, current: wire.Plan, now_ms: int) -> dict[int, int]:
    """Each item's load a week ago, or the first one since when it is newer than that."""
    out = {number: item.load_g for number, item in enumerate(current.items)}
    for plan in plans.every(db, athlete_id):
        if plan.status not in (plans.APPLIED, plans.PUSHED):
            continue
        for number, item in enumerate(plan.wire().items):
            if number in out and item.exercise == current.items[number].exercise:
                out[number] = item.load_g
        if plan.created_ms <= now_ms - WEEK_MS:
            break
    return out


def _red_flag(sets: list[Set]) -> bool:
    return any(row.end_reason == records.END_UNWELL for row in sets)


def _key(session: Session) -> Key:
    return Key(session.device_id, session.log_id, session.session_seq)
