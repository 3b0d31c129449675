"""Proposals: what is proposed and why, decided by a coach or the athlete, who may always choose lighter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.coach import acts, course, outlook, shelf
from repbeat.coach.desk import day_of
from repbeat.coach.explain import explained
from repbeat.coach.shelf import Act, Kept
from repbeat.coach.situation import Line, line_of
from repbeat.people import audit, consent
from repbeat.people.roles import Role, needs
from repbeat.store import Database, athletes, plans
from repbeat.store.athletes import Athlete
from repbeat.store.plans import Plan
from repbeat.web import evidence, typed, words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.form import mass
from repbeat.web.i18n import local
from repbeat.web.views import STATUS_TONE
from repbeat_protocol.plan import PlanError

coaching = Blueprint("coaching", __name__)

EDITED = ("sets", "reps_low", "reps_high", "rest_s")
SHOWN = 30


@coaching.get("/proposals")
@needs(Role.SIGNED_IN)
def proposals() -> str:
    """What waits for an answer, and what was decided last, of all whose plans the viewer may see."""
    rows = []
    for athlete in gate().athletes(consent.PLANS):
        gate().seen(athlete.athlete_id, consent.PLANS)
        rows += [_row(store(), athlete, kept) for kept in shelf.proposals(store(), athlete.athlete_id, SHOWN)]
    rows.sort(key=lambda row: (not row["waits"], -row["kept"].created_ms))
    return render_template("proposals.html", rows=rows[:SHOWN], kinds=words.KINDS)


@coaching.get("/explain/<proposal_id>")
@needs(Role.SIGNED_IN)
def explain(proposal_id: str) -> str:
    """Why a proposal says what it says, decided once more, and the forms to decide about it."""
    kept = _seen(proposal_id)
    db, athlete_id = store(), kept.athlete_id
    plan = plans.get(db, athlete_id, kept.revision) if kept.revision is not None else None
    waits = plan is not None and plan.status in (plans.PROPOSED, plans.PENDING)
    after, by_heart = course.conditioning(db, athlete_id, plan) if plan else ((), True)
    return render_template(
        "explain.html",
        athlete=athletes.get(db, athlete_id),
        told=explained(db, kept, local().language, mass),
        evidence=evidence.rows,
        source=evidence.source,
        base=kept.known().base,
        kinds=words.KINDS,
        conditioning=after,
        by_heart=by_heart,
        lines=[line_of(item) for item in plan.wire().items] if plan else kept.decided().lines,
        plan=plan,
        status=_status(plan),
        values_too=gate().may(athlete_id, consent.VALUES),
        waits=waits,
        decides=waits and _decides(kept),
        approved=plan is not None and plan.status == plans.PENDING,
        needs_coach=waits and not _decides(kept) and gate().may(athlete_id, consent.COACHING),
        own=_own(athlete_id),
    )


@coaching.post("/explain/<proposal_id>/approve")
@needs(Role.SIGNED_IN)
def approve(proposal_id: str) -> ResponseReturnValue:
    """Have the plan pushed as it is."""
    kept = _decided(proposal_id)
    reason = request.form.get("reason", "")
    return _done(kept, lambda: acts.approve(store(), kept.proposal_id, _actor(), now_ms(), reason))


@coaching.post("/explain/<proposal_id>/reject")
@needs(Role.SIGNED_IN)
def reject(proposal_id: str) -> ResponseReturnValue:
    """The plan in force stays."""
    kept = _decided(proposal_id)
    reason = request.form.get("reason", "")
    return _done(kept, lambda: acts.reject(store(), kept.proposal_id, _actor(), now_ms(), reason))


@coaching.post("/explain/<proposal_id>/edit")
@needs(Role.SIGNED_IN)
def edit(proposal_id: str) -> ResponseReturnValue:
    """Put other numbers in its place, within the device's bounds, and have that pushed."""
    kept = _decided(proposal_id)
    reason = request.form.get("reason", "")

    def change() -> Act:
        return acts.edit(store(), kept.proposal_id, _actor(), now_ms(), _edited(kept), reason)

    return _done(kept, change)


@coaching.post("/explain/<proposal_id>/comment")
@needs(Role.SIGNED_IN)
def comment(proposal_id: str) -> ResponseReturnValue:
    """Say something about it."""
    kept = _seen(proposal_id)
    gate().check(kept.athlete_id, consent.COACHING)
    said = request.form.get("reason", "").strip()[:2000]
    if not said:
        abort(422, _("Write something first."))
    return _done(kept, lambda: acts.comment(store(), kept.proposal_id, _actor(), now_ms(), said))


@coaching.post("/explain/<proposal_id>/lighter")
@needs(Role.ATHLETE)
def lighter(proposal_id: str) -> ResponseReturnValue:
    """The athlete takes the light session: needs nobody."""
    kept = shelf.proposal(store(), proposal_id)
    gate().check_own(kept.athlete_id)
    return _done(kept, lambda: acts.lighter(store(), kept.proposal_id, _actor(), now_ms()))


@coaching.get("/learned/<athlete_id>")
@needs(Role.SIGNED_IN)
def learned(athlete_id: str) -> str:
    """What the athlete's own record has taught, how surely, and how forecasts from it have done."""
    gate().check(athlete_id, consent.VALUES)
    athlete = athletes.get(store(), athlete_id)
    day = day_of(now_ms(), athlete.utc_offset_min)
    return render_template(
        "learned.html",
        athlete=athlete,
        seen=outlook.look(store(), athlete_id, day),
        estimates=words.ESTIMATES,
        forecasts=words.FORECASTS,
    )


def _row(db: Database, athlete: Athlete, kept: Kept) -> dict[str, Any]:
    plan = plans.get(db, athlete.athlete_id, kept.revision) if kept.revision is not None else None
    decided = kept.decided()
    return {
        "kept": kept,
        "athlete": athlete,
        "kind": decided.kind.value,
        "changes": decided.changes,
        "needs_approval": decided.needs_approval,
        "status": _status(plan),
        "waits": plan is not None and plan.status == plans.PROPOSED,
    }


def _status(plan: Plan | None) -> tuple[str, str]:
    return (words.PLAN_STATUS[plan.status], STATUS_TONE.get(plan.status, "")) if plan else ("", "")


def _own(athlete_id: str) -> bool:
    viewer = gate().viewer
    return viewer.everything or athlete_id in viewer.own


def _seen(proposal_id: str) -> Kept:
    kept = shelf.proposal(store(), proposal_id)
    gate().check(kept.athlete_id, consent.PLANS)
    return kept


def _decides(kept: Kept) -> bool:
    """Whether the viewer may: where a coach is required, no athlete approves their own large changes."""
    viewer = gate().viewer
    if not gate().may(kept.athlete_id, consent.COACHING):
        return False
    own = kept.athlete_id in viewer.own and not viewer.everything
    return not (own and kept.decided().needs_approval and Role.COACH not in viewer.roles)


def _decided(proposal_id: str) -> Kept:
    kept = _seen(proposal_id)
    gate().check(kept.athlete_id, consent.COACHING)
    if not _decides(kept):
        abort(403, _("More than you may change alone: your coach decides, or you choose lighter."))
    return kept


def _actor() -> str:
    return gate().viewer.name


def _edited(kept: Kept) -> tuple[Line, ...]:
    plan = plans.get(store(), kept.athlete_id, kept.revision or 0)
    lines = []
    for number, item in enumerate(plan.wire().items):
        line = line_of(item)
        found = {field: typed.whole(request.form.get(f"{field}-{number}", "")) for field in EDITED}
        given: dict[str, int] = {field: value for field, value in found.items() if value is not None}
        load_g = typed.grams(request.form.get(f"load-{number}", ""))
        if load_g is not None:
            given["load_g"] = round(load_g / 10) * 10
        lines.append(msgspec.structs.replace(line, **given))
    return tuple(lines)


def _done(kept: Kept, change: Callable[[], Act]) -> ResponseReturnValue:
    """Do it, note it in the athlete's log, and show the proposal again, or why not."""
    viewer = gate().viewer
    try:
        act = change()
    except (acts.ActError, PlanError, typed.NotANumber) as error:
        flash(told(error), "bad")
    else:
        detail = f"plan {kept.revision}: {act.act}"
        audit.note(store(), kept.athlete_id, viewer.account_id, viewer.actor, "decided", detail, now_ms())
        flash(_("Done."), "good")
    return redirect(url_for("coaching.explain", proposal_id=kept.proposal_id))
