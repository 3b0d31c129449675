"""What athletes do on Today by one tap: take the plan that waits, or the lighter one, for themselves."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.coach import acts, shelf
from repbeat.coach.shelf import Kept
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, plans
from repbeat.web.context import gate, now_ms, store

today = Blueprint("today", __name__)


@today.post("/today/<athlete_id>/accept")
@needs(Role.ATHLETE)
def accept(athlete_id: str) -> ResponseReturnValue:
    """Have the plan that waits pushed; what a coach must look at first is not the athlete's to accept."""
    kept = _waiting(athlete_id)
    if kept.decided().needs_approval:
        flash(_("Your coach looks at this one first."), "bad")
    else:
        acts.approve(store(), kept.proposal_id, _actor(), now_ms())
        flash(_("Accepted: it goes to the band at its next connection."), "good")
    return redirect(url_for("pages.today"))


@today.post("/today/<athlete_id>/lighter")
@needs(Role.ATHLETE)
def lighter(athlete_id: str) -> ResponseReturnValue:
    """Train the light session instead: always allowed."""
    acts.lighter(store(), _waiting(athlete_id).proposal_id, _actor(), now_ms())
    flash(_("Lighter it is: the light session goes to the band."), "good")
    return redirect(url_for("pages.today"))


def _waiting(athlete_id: str) -> Kept:
    gate().check_own(athlete_id)
    plan = plans.latest(store(), athlete_id, plans.PROPOSED)
    kept = shelf.of_revision(store(), athlete_id, plan.revision) if plan else None
    if kept is None:
        raise NotFound("no plan waits here any more: reload Today")
    return kept


def _actor() -> str:
    return gate().viewer.name
