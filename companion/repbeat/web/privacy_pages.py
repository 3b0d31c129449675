"""What athletes decide about their data: consent, visibility, their log, export and erasure."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.people import accounts, archive, audit, consent, erase, signin, tenants
from repbeat.people.errors import PeopleError, UnknownScope
from repbeat.people.roles import Role, needs
from repbeat.people.spool import read_along
from repbeat.store import Database, NotFound, StoreFull, athletes
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.guard import SIGN_IN

privacy = Blueprint("privacy", __name__)

_DAY_MS = 24 * 3600 * 1000
_RECEIPT_DIGITS = 15  # a moment in ms


@privacy.get("/privacy")
@needs(Role.ATHLETE)
def choose() -> ResponseReturnValue:
    """Whose data: at once one's own where there is one athlete."""
    own = sorted(gate().viewer.own) or [one.athlete_id for one in gate().known()]
    if len(own) == 1:
        return redirect(url_for("privacy.of_athlete", athlete_id=own[0]))
    return render_template("privacy_choose.html", athletes=[athletes.get(store(), one) for one in own])


@privacy.get("/privacy/<athlete_id>")
@needs(Role.ATHLETE)
def of_athlete(athlete_id: str) -> str:
    """Consents, visibility and the log of one athlete."""
    gate().check_own(athlete_id)
    db = store()
    return render_template(
        "privacy.html",
        athlete=athletes.get(db, athlete_id),
        consents=[(one, _grantee(db, one)) for one in consent.every(db, athlete_id)],
        now_ms=now_ms(),
        levels=consent.levels(db, athlete_id),
        level_names=consent.LEVELS,
        widest=consent.GYMS,
        kinds=consent.KINDS,
        scopes=consent.SCOPES,
        groups=[
            (gym, [one for one in tenants.groups(db, gym.gym_id) if not one.workplace])
            for gym in _own_gyms(db)
        ],
        entries=audit.of_athlete(db, athlete_id),
    )


@privacy.post("/privacy/<athlete_id>/consents")
@needs(Role.ATHLETE)
def give(athlete_id: str) -> ResponseReturnValue:
    """Give consent to an account, a group, a gym or a service."""
    gate().check_own(athlete_id)
    db, form = store(), request.form
    try:
        kind, grantee = _named(db, form.get("to", ""), form.get("name", ""))
        days = form.get("days", type=int)
        until_ms = now_ms() + days * _DAY_MS if days and 0 < days <= 3660 else None
        given = consent.give(db, athlete_id, kind, grantee, form.getlist("scope"), now_ms(), until_ms)
        scopes = ", ".join(one.scope for one in given)
        _note(athlete_id, "gave consent", f"{kind}: {scopes}")
    except (PeopleError, NotFound) as error:
        flash(told(error), "bad")
    return _back(athlete_id)


@privacy.post("/privacy/<athlete_id>/consents/<consent_id>/revoke")
@needs(Role.ATHLETE)
def revoke(athlete_id: str, consent_id: str) -> ResponseReturnValue:
    """End a consent."""
    gate().check_own(athlete_id)
    ended = consent.revoke(store(), athlete_id, consent_id, now_ms())
    _note(athlete_id, "revoked consent", f"{ended.grantee_kind}: {ended.scope}")
    return _back(athlete_id)


@privacy.post("/privacy/<athlete_id>/visibility")
@needs(Role.ATHLETE)
def narrow(athlete_id: str) -> ResponseReturnValue:
    """Set how far each kind of data may go."""
    gate().check_own(athlete_id)
    try:
        for kind in consent.KINDS:
            level = request.form.get(kind, type=int)
            if level is not None:
                consent.set_level(store(), athlete_id, kind, level)
    except PeopleError as error:
        flash(told(error), "bad")
    else:
        _note(athlete_id, "changed visibility", "")
    return _back(athlete_id)


@privacy.post("/privacy/<athlete_id>/export")
@needs(Role.ATHLETE)
def take_out(athlete_id: str) -> Response:
    """Everything as one ZIP."""
    gate().check_own(athlete_id)
    _note(athlete_id, "exported everything", "")
    day = datetime.fromtimestamp(now_ms() / 1000, UTC).date().isoformat()
    answer = Response(_exported(athlete_id), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=f"repbeat-{day}.zip")
    receipt = request.form.get("receipt", "")
    if receipt.isascii() and receipt.isdecimal():  # by it the page that waits sees that it has begun
        answer.set_cookie(
            "receipt", receipt[:_RECEIPT_DIGITS], max_age=60, path="/privacy", samesite="Strict"
        )
    return answer


def _exported(athlete_id: str) -> Iterator[bytes]:
    """The ZIP as it is written: of many years that takes minutes; StoreFull."""
    db, moment_ms = store(), now_ms()

    def write(to: IO[bytes]) -> None:
        try:
            archive.export(db, athlete_id, to, moment_ms)
        except OSError as error:
            raise StoreFull(
                f"no room for the export in {tempfile.gettempdir()} ({error.strerror}): free some, or name "
                "another folder by TMPDIR, and ask for it again"
            ) from error
        finally:
            db.leave()

    return read_along(write)


@privacy.post("/privacy/<athlete_id>/erase")
@needs(Role.ATHLETE)
def forget(athlete_id: str) -> ResponseReturnValue:
    """Erase an athlete for good, after the name was typed and, where there are accounts, the password."""
    gate().check_own(athlete_id)
    db, form = store(), request.form
    asking = gate().viewer
    athlete = athletes.get(db, athlete_id)
    if form.get("name", "").strip() != athlete.name:
        flash(_("Nothing was erased: type the athlete’s name exactly."), "bad")
        return _back(athlete_id)
    try:
        if asking.account_id:
            mine = accounts.get(db, asking.account_id)
            signin.sign_in(db, mine.name, form.get("password", ""), request.remote_addr or "", now_ms())
        erased = erase.erase(db, athlete_id, time.time_ns() // 1_000_000)
    except PeopleError as error:
        flash(_("Nothing was erased: %(why)s", why=told(error)), "bad")
        return _back(athlete_id)
    if asking.account_id in erased.accounts:
        session.pop(SIGN_IN, None)
    return render_template("erased.html", erased=erased)


def _named(db: Database, to: str, name: str) -> tuple[str, str]:
    """(kind of grantee, grantee) of a form's choice."""
    kind, _colon, grantee = to.partition(":")
    if kind == consent.ACCOUNT:
        found = accounts.find(db, name)
        if found is None:
            raise NotFound("nobody here has that name: ask them for the name they sign in with")
        return kind, found.account_id
    if kind == consent.SERVICE and name.strip():
        return kind, accounts.clean_name(name)
    gyms = {gym.gym_id for gym in _own_gyms(db)}
    if kind in (consent.GYM, consent.GROUP) and grantee.partition("/")[0] in gyms:
        return kind, grantee
    raise UnknownScope("choose to whom you consent")


def _grantee(db: Database, one: consent.Consent) -> str:
    """A grantee in words."""
    if one.grantee_kind == consent.ACCOUNT:
        try:
            return accounts.get(db, one.grantee).name
        except NotFound:
            return _("an account that is gone")
    if one.grantee_kind == consent.SERVICE:
        return _("the service %(name)s", name=one.grantee)
    gym_id, _slash, group_id = one.grantee.partition("/")
    names = {gym.gym_id: gym.name for gym in tenants.gyms(db)}
    names |= {group.group_id: group.name for group in tenants.groups(db, gym_id)}
    name = names.get(group_id or gym_id, _("that is gone"))
    return _("the group %(name)s", name=name) if group_id else _("the gym %(name)s", name=name)


def _own_gyms(db: Database) -> list[tenants.Gym]:
    """The gyms that whoever asks belongs to."""
    belongs = {one.gym_id for one in tenants.of_account(db, gate().viewer.account_id)}
    return [gym for gym in tenants.gyms(db) if gym.gym_id in belongs]


def _note(athlete_id: str, action: str, detail: str) -> None:
    asking = gate().viewer
    audit.note(store(), athlete_id, asking.account_id, asking.actor, action, detail, now_ms())


def _back(athlete_id: str) -> ResponseReturnValue:
    return redirect(url_for("privacy.of_athlete", athlete_id=athlete_id))
