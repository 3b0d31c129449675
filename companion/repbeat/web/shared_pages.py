"""Shared sessions for people: begin one, join one by its code, see everybody in it as it goes."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from repbeat.community.errors import CommunityError
from repbeat.community.shared import identity, sessions
from repbeat.community.shared.errors import NotYours, UnknownCode
from repbeat.community.shared.guest import Guest
from repbeat.community.shared.reporter import SERVICE
from repbeat.community.shared.sessions import COUNTDOWN_MS, Shared
from repbeat.people import consent
from repbeat.people.accounts import clean_name
from repbeat.people.errors import PeopleError
from repbeat.people.roles import Role, needs
from repbeat.services.connections import end_consent
from repbeat.store import athletes
from repbeat.web import shared_state
from repbeat.web.context import companion, gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.i18n import local
from repbeat.web.own import own_athletes

shared = Blueprint("shared", __name__)


@shared.get("/shared")
@needs(Role.ATHLETE)
def every() -> str:
    """The sessions that one's own athletes take part in, and the ways into one."""
    mine = {code for athlete_id in own_athletes() for code, _ in sessions.own(store(), athlete_id)}
    return render_template(
        "shared.html",
        sessions=[one for one in sessions.every(store()) if one.code in mine],
        athletes=[athletes.get(store(), one) for one in own_athletes()],
    )


@shared.post("/shared")
@needs(Role.ATHLETE)
def create() -> ResponseReturnValue:
    """A session hosted here; whoever begins it takes part."""
    try:
        name = clean_name(request.form.get("name", ""))
        _check()
    except PeopleError as error:
        return _refused(error)
    breathing = request.form.get("kind") == sessions.BREATHING
    session = sessions.create(store(), name, now_ms(), sessions.BREATHING if breathing else sessions.TRAINING)
    _take_part(session.code)
    return redirect(url_for("shared.one", code=session.code))


@shared.post("/shared/join")
@needs(Role.ATHLETE)
def join() -> ResponseReturnValue:
    """Join by a code: here, or at the companion whose address was given."""
    form = request.form
    code, host = form.get("code", "").strip().upper(), form.get("host", "").strip()
    try:
        _check()
        if host:
            with httpx.Client() as client:
                guest = Guest(store(), client, lambda: companion().unix_s() * 1000)
                guest.join(host, code)
        sessions.get(store(), code, now_ms())
    except (CommunityError, PeopleError) as error:
        return _refused(error)
    _take_part(code)
    return redirect(url_for("shared.one", code=code))


@shared.get("/shared/<code>")
@needs(Role.ATHLETE)
def one(code: str) -> str:
    """Everybody in it, and the countdown."""
    session = _taken_part_in(code)
    return render_template(
        "shared_session.html",
        session=session,
        state=_state(session),
        pace=shared_state.PACE if session.kind == sessions.BREATHING else None,
    )


@shared.get("/shared/<code>/state.json")
@needs(Role.ATHLETE)
def state(code: str) -> ResponseReturnValue:
    """The same for the page's script."""
    return jsonify(_state(_taken_part_in(code)))


@shared.post("/shared/<code>/start")
@needs(Role.ATHLETE)
def start(code: str) -> ResponseReturnValue:
    """Begin the countdown, on the companion that hosts."""
    session = _taken_part_in(code)
    if not session.host:
        sessions.begin(store(), code, now_ms() + COUNTDOWN_MS)
    return redirect(url_for("shared.one", code=code))


@shared.post("/shared/<code>/leave")
@needs(Role.ATHLETE)
def leave(code: str) -> ResponseReturnValue:
    """Leave: nothing more is said of one's own athletes."""
    db = store()
    _taken_part_in(code)
    for athlete_id in own_athletes():
        for of, member in sessions.own(db, athlete_id):
            if of == code:
                sessions.leave(db, code, member)
        if not sessions.own(db, athlete_id):
            end_consent(db, athlete_id, SERVICE, now_ms())
    return redirect(url_for("shared.every"))


def _state(session: Shared) -> dict[str, Any]:
    return {
        "name": session.name,
        "starts_in_ms": shared_state.starts_in_ms(session, now_ms()),
        "problem": session.problem,
        "members": shared_state.members(store(), session),
    }


def _take_part(code: str) -> None:
    """One's athlete takes part under a nickname: joining consents to be seen live, a tick to the heart."""
    db, athlete_id = store(), request.form.get("athlete", "")
    nickname = clean_name(request.form.get("nickname", ""))
    scopes = [consent.LIVE, *([consent.HEART] if request.form.get("heart") == "1" else [])]
    with db.atomic():
        end_consent(db, athlete_id, SERVICE, now_ms())
        consent.give(db, athlete_id, consent.SERVICE, SERVICE, scopes, now_ms())
        known = [member for of, member in sessions.own(db, athlete_id) if of == code]
        if not known:
            member = sessions.new_member(nickname, local().language, athlete_id, identity.of(db).public)
            with contextlib.suppress(NotYours):
                sessions.add_member(db, code, member)


def _check() -> None:
    """The athlete is one's own, the nickname a name: before anything is made."""
    gate().check_own(request.form.get("athlete", ""))
    clean_name(request.form.get("nickname", ""))


def _taken_part_in(code: str) -> Shared:
    """A session that one's own athletes take part in; what others do is not told."""
    session = sessions.get(store(), code, now_ms())
    if not any(of == code for athlete_id in own_athletes() for of, _ in sessions.own(store(), athlete_id)):
        raise UnknownCode("no shared session of yours has this code")
    return session


def _refused(error: Exception) -> ResponseReturnValue:
    flash(told(error), "bad")
    return redirect(url_for("shared.every"))
