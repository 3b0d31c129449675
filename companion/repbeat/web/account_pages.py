"""Setting up, signing in and out, and a person's own account: password, browsers, tokens."""

from __future__ import annotations

import zoneinfo

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from repbeat.people import accounts, passwords, setup, signin, tokens
from repbeat.people import preferences as liked
from repbeat.people.accounts import Account
from repbeat.people.errors import PeopleError, Throttled, WrongPassword
from repbeat.people.roles import Role, needs
from repbeat.web import i18n
from repbeat.web.access import Accounts
from repbeat.web.context import companion, gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.guard import SIGN_IN, local_path

account = Blueprint("account", __name__)


@account.get("/setup")
@needs(Role.ANYONE)
def set_up() -> ResponseReturnValue:
    """Make the first account; once there is one, sign in."""
    if not setup.is_due(store()):
        return redirect(url_for("account.sign_in"))
    return render_template("setup.html", code=request.args.get("code", ""))


@account.post("/setup")
@needs(Role.ANYONE)
def make_first() -> ResponseReturnValue:
    """Make the first account and sign in with it."""
    access = companion().access
    form = request.form
    try:
        made = setup.first_account(
            store(),
            access.setup_code if isinstance(access, Accounts) else None,
            form.get("code", ""),
            form.get("name", ""),
            form.get("password", ""),
            request.remote_addr or "",
            now_ms(),
        )
    except Throttled:
        raise
    except PeopleError as error:
        flash(told(error), "bad")
        return render_template("setup.html", code=form.get("code", "")), 422
    _begin(made)
    return redirect(url_for("pages.today"))


@account.get("/signin")
@needs(Role.ANYONE)
def sign_in() -> ResponseReturnValue:
    """The form to sign in."""
    if gate().viewer.signed_in:
        return redirect(local_path(request.args.get("to")) or url_for("pages.today"))
    if setup.is_due(store()):
        return redirect(url_for("account.set_up"))
    return render_template("signin.html", to=request.args.get("to", ""))


@account.post("/signin")
@needs(Role.ANYONE)
def enter() -> ResponseReturnValue:
    """Sign in and go on to where one was going."""
    form = request.form
    to = local_path(form.get("to"))
    try:
        found = signin.sign_in(
            store(), form.get("name", ""), form.get("password", ""), request.remote_addr or "", now_ms()
        )
    except WrongPassword as error:
        flash(told(error), "bad")
        return render_template("signin.html", to=to or "", name=form.get("name", "")), 401
    _begin(found)
    return redirect(to or url_for("pages.today"))


@account.post("/signout")
@needs(Role.SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """Sign this browser out."""
    secret = session.pop(SIGN_IN, "")
    signin.end(store(), secret)
    session.clear()
    answer = redirect(url_for("account.sign_in"))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'  # the last states kept for offline
    return answer


@account.get("/account")
@needs(Role.SIGNED_IN)
def own() -> str:
    """One's own account."""
    return _page()


@account.post("/account/password")
@needs(Role.SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change the password; other browsers are signed out."""
    db, form = store(), request.form
    mine = _mine()
    try:
        passwords.check(form.get("new", ""), mine.name)
        signin.sign_in(db, mine.name, form.get("old", ""), request.remote_addr or "", now_ms())
        keep = signin.hash_of(str(session.get(SIGN_IN, "")))
        accounts.set_password(db, mine.account_id, form.get("new", ""), keep_sign_in=keep)
        flash(_("The password is changed; all other browsers are signed out."), "good")
    except Throttled:
        raise
    except PeopleError as error:
        flash(told(error), "bad")
    return redirect(url_for("account.own"))


@account.get("/preferences")
@needs(Role.SIGNED_IN)
def preferences() -> str:
    """Language, units and calendar of one's pages, and quiet hours."""
    return render_template(
        "preferences.html",
        wanted=liked.of(store(), gate().viewer.account_id),
        zones=sorted(zoneinfo.available_timezones()),
    )


@account.post("/preferences")
@needs(Role.SIGNED_IN)
def keep_preferences() -> ResponseReturnValue:
    """Change them."""
    chosen = {
        name: request.form.get(name, "").strip()
        for name in ("language", "units", "decimal_mark", "week_start", "zone", "quiet_from", "quiet_until")
    }
    wanted = liked.Preferences(account_id=gate().viewer.account_id, **chosen)
    try:
        liked.keep(store(), wanted, tuple(i18n.LANGUAGES))
    except PeopleError as error:
        flash(told(error), "bad")
    else:
        g.pop("local", None)  # say so in the language just chosen
        flash(_("Kept."), "good")
    return redirect(url_for("account.preferences"))


@account.post("/account/others")
@needs(Role.SIGNED_IN)
def sign_others_out() -> ResponseReturnValue:
    """Sign all other browsers of one's account out."""
    gone = signin.end_others(store(), _mine().account_id, str(session.get(SIGN_IN, "")))
    flash(ngettext("%(num)s other browser signed out.", "%(num)s other browsers signed out.", gone), "good")
    return redirect(url_for("account.own"))


@account.post("/account/tokens")
@needs(Role.SIGNED_IN)
def make_token() -> ResponseReturnValue:
    """Make a token; its text is on the answer and nowhere else."""
    mine, form = _mine(), request.form
    try:
        _, text = tokens.make(store(), mine.account_id, form.get("name", ""), form.getlist("scope"), now_ms())
    except PeopleError as error:
        flash(told(error), "bad")
        return redirect(url_for("account.own"))
    return _page(text)


@account.post("/account/tokens/<token_id>/revoke")
@needs(Role.SIGNED_IN)
def revoke_token(token_id: str) -> ResponseReturnValue:
    """Take one of one's tokens away."""
    tokens.revoke(store(), _mine().account_id, token_id)
    flash(_("The token works no longer."), "good")
    return redirect(url_for("account.own"))


def _page(fresh: str = "") -> str:
    db, mine = store(), _mine()
    return render_template(
        "account.html",
        mine=mine,
        browsers=signin.every(db, mine.account_id),
        here=signin.hash_of(str(session.get(SIGN_IN, ""))),
        tokens=tokens.every(db, mine.account_id),
        scopes=tokens.SCOPES,
        fresh=fresh,
    )


def _mine() -> Account:
    """The account that asks; NotFound on an open companion, where nobody has signed in."""
    return accounts.get(store(), gate().viewer.account_id)


def _begin(who: Account) -> None:
    """A new session, so that one planted before signing in is worth nothing."""
    session.clear()
    g.pop("csrf_token", None)
    session[SIGN_IN] = signin.begin(store(), who.account_id, request.user_agent.string or "unknown", now_ms())
    session.permanent = True
