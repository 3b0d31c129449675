"""A coach's own pages: who needs attention first, two sessions side by side, and notes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from repbeat.coach import desk, notes, recovery, shelf
from repbeat.coach.shelf import Kept
from repbeat.derive.readiness import State
from repbeat.people import consent
from repbeat.people.roles import Role, needs
from repbeat.store import plans, sessions
from repbeat.store.athletes import Athlete
from repbeat.store.sessions import Session
from repbeat.web import session_view, views, words
from repbeat.web.context import gate, now_ms, store

roster = Blueprint("roster", __name__)

QUIET_DAYS = 7  # without a session: worth a word
CHOICES = 20
_ORDER = {State.RED: 3, State.AMBER: 2, State.UNKNOWN: 0, State.GREEN: 0}


@roster.get("/roster")
@needs(Role.COACH)
def everyone() -> str:
    """Athletes who consented, by need: red flags, what waits, recovery, then long silence."""
    lines = [_line(athlete) for athlete in gate().athletes(consent.PLANS)]
    own = gate().viewer.own  # a coach who does not train is no athlete of theirs
    lines = [line for line in lines if line["last"] or line["athlete"].athlete_id not in own]
    lines.sort(key=lambda line: (-line["need"], line["athlete"].name))
    return render_template("roster.html", lines=lines, readiness=words.READINESS)


@roster.get("/roster/<athlete_id>")
@needs(Role.COACH)
def one(athlete_id: str) -> str:
    """Notes about an athlete, and two of their sessions to compare."""
    gate().check(athlete_id, consent.SESSIONS)
    known = [found for found in sessions.latest(store(), athlete_id, CHOICES) if gate().may_session(found)]
    pair = [_chosen(known, name, place) for place, name in enumerate(("first", "second"))]
    return render_template(
        "roster_one.html",
        line=_line(next(a for a in gate().known() if a.athlete_id == athlete_id)),
        readiness=words.READINESS,
        notes=notes.of_athlete(store(), athlete_id, gate().viewer.account_id),
        known=[(_name(found), found) for found in known],
        pair=[(_name(found), session_view.view(gate(), found)) for found in pair if found],
    )


@roster.post("/roster/<athlete_id>/notes")
@needs(Role.COACH)
def note(athlete_id: str) -> ResponseReturnValue:
    """Keep a note of one's own about an athlete who consented."""
    gate().check(athlete_id, consent.SESSIONS)
    text = request.form.get("text", "").strip()
    if not 1 <= len(text) <= notes.LONGEST:
        abort(422, f"A note has 1 to {notes.LONGEST} characters.")
    notes.add(store(), athlete_id, gate().viewer.account_id, text, now_ms())
    return redirect(url_for("roster.one", athlete_id=athlete_id))


def _line(athlete: Athlete) -> dict[str, Any]:
    db, athlete_id = store(), athlete.athlete_id
    state = None
    if gate().may(athlete_id, consent.VALUES):
        day = desk.day_of(now_ms(), athlete.utc_offset_min)
        state = recovery.readiness_on(db, athlete_id, day)
    flags = [flag for flag in shelf.flags(db, athlete_id) if flag.cleared_ms is None]
    waiting = _waiting(athlete_id) if gate().may(athlete_id, consent.PLANS) else None
    last = next(iter(sessions.latest(db, athlete_id, 1)), None)
    last = last if last and gate().may_session(last) else None
    days = None
    if last and last.start_ms:  # days of the calendar: Friday evening is three before Monday morning
        today, then = (desk.day_of(ms, athlete.utc_offset_min) for ms in (now_ms(), last.start_ms))
        days = (today - then).days
    quiet = days is None or days >= QUIET_DAYS
    need = 10 * bool(flags) + 4 * bool(waiting) + (_ORDER[state.state] if state else 0) + quiet
    return {
        "athlete": athlete,
        "state": state,
        "flags": flags,
        "waiting": waiting,
        "last": views.line(gate(), last) if last else None,
        "days": days,
        "quiet": quiet,
        "need": need,
    }


def _waiting(athlete_id: str) -> Kept | None:
    plan = plans.latest(store(), athlete_id, plans.PROPOSED)
    return shelf.of_revision(store(), athlete_id, plan.revision) if plan else None


def _name(found: Session) -> str:
    return f"{found.device_id}-{found.log_id:08x}-{found.session_seq}"


def _chosen(known: list[Session], name: str, place: int) -> Session | None:
    """The session that was asked for, else the latest and the one before."""
    asked = request.args.get(name, "")
    found = next((one for one in known if _name(one) == asked), None)
    return found or (known[place] if place < len(known) else None)
