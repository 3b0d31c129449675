"""Other platforms, on the page of whose data it is: what goes where, connecting, disconnecting."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.people import audit, consent
from repbeat.people.roles import Role, needs
from repbeat.services import calendar, connections, outbox
from repbeat.services.calendar import CALENDAR
from repbeat.services.errors import NotConnected, ServiceError
from repbeat.services.home_assistant import HOME_ASSISTANT
from repbeat.services.intervals import INTERVALS, planned
from repbeat.services.registry import ABOUT, Services, about
from repbeat.services.strava import STRAVA
from repbeat.store import athletes
from repbeat.web import words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.webhooks import news

services = Blueprint("services", __name__)

AUTHORISING = "strava"  # key in the browser's session: what is being connected
_DAY_MS = 24 * 3600 * 1000


@services.get("/services/<athlete_id>")
@needs(Role.ATHLETE)
def of_athlete(athlete_id: str) -> str:
    """What goes where, and how each connection stands."""
    gate().check_own(athlete_id)
    db = store()
    connected = connections.of_athlete(db, athlete_id)
    address = None
    if CALENDAR in connected:
        key = connections.secret(db, connected[CALENDAR])["key"]
        address = url_for("services.feed", key=key, _external=True)
    return render_template(
        "services.html",
        athlete=athletes.get(db, athlete_id),
        services=[
            (one, connected.get(one.service), outbox.tally(db, athlete_id, one.service))
            for one in ABOUT.values()
        ],
        address=address,
        planned=planned(db, athlete_id),
        callback=url_for("services.authorised", _external=True),
        reaching=news.reaching(db, athlete_id, now_ms()),
        events=words.EVENTS,
    )


@services.post("/services/<athlete_id>/<service>/connect")
@needs(Role.ATHLETE)
def connect(athlete_id: str, service: str) -> ResponseReturnValue:
    """Connect, or begin to: Strava asks in the browser."""
    gate().check_own(athlete_id)
    one = about(service)
    form, known = request.form, Services()
    offers = [scope for scope in one.offers if scope != consent.HEART or form.get("heart") == "1"]
    try:
        if service == STRAVA:
            return _authorise(known, athlete_id, offers)
        if service == CALENDAR:
            calendar.connect(store(), athlete_id, now_ms())
        elif service == INTERVALS:
            remote, key = form.get("remote", "").strip(), form.get("key", "").strip()
            known.intervals.check(remote, key)
            _keep(athlete_id, service, list(one.offers), {"athlete": remote}, {"key": key})
        elif service == HOME_ASSISTANT:
            settings: dict[str, Any] = {
                "host": form.get("host", "").strip(),
                "port": form.get("port", 1883, type=int),
                "user": form.get("user", "").strip(),
                "tls": form.get("tls") == "1",
                "name": "RepBeat",
            }
            secret = {"password": form.get("password", "")}
            known.home_assistant.check(settings, secret)
            _keep(athlete_id, service, offers, settings, secret)
    except ServiceError as error:
        flash(told(error), "bad")
        return _back(athlete_id)
    finally:
        known.close()
    _note(athlete_id, "connected a service", service)
    return _back(athlete_id)


@services.get("/services/strava/authorised")
@needs(Role.ATHLETE)
def authorised() -> ResponseReturnValue:
    """Where Strava sends the browser back to, with a code or without."""
    begun = session.pop(AUTHORISING, None)
    if not isinstance(begun, dict) or not secrets.compare_digest(
        str(begun.get("state", "")), request.args.get("state", "")
    ):
        abort(
            400,
            _("Strava answers a question that this browser did not ask: begin again on the page Services."),
        )
    athlete_id = str(begun["athlete_id"])
    gate().check_own(athlete_id)
    known = Services()
    try:
        secret = known.strava.tokens(begun["client_id"], begun["client_secret"], request.args.get("code", ""))
        settings = {"client_id": begun["client_id"], "from_ms": begun["from_ms"]}
        _keep(athlete_id, STRAVA, begun["offers"], settings, secret)
    except ServiceError as error:
        flash(told(error), "bad")
    else:
        _note(athlete_id, "connected a service", STRAVA)
    finally:
        known.close()
    return _back(athlete_id)


@services.post("/services/<athlete_id>/<service>/disconnect")
@needs(Role.ATHLETE)
def disconnect(athlete_id: str, service: str) -> ResponseReturnValue:
    """Forget the tokens, end the consent."""
    gate().check_own(athlete_id)
    known = Services()
    try:
        left = known.disconnect(store(), athlete_id, about(service).service, now_ms())
    except NotConnected as error:
        flash(told(error), "bad")
        return _back(athlete_id)
    finally:
        known.close()
    if left:
        flash(_("The broker cannot be reached and still holds the last state."), "bad")
    _note(athlete_id, "disconnected a service", service)
    return _back(athlete_id)


@services.get("/calendar/<key>.ics")
@needs(Role.ANYONE)
def feed(key: str) -> Response:
    """The calendar feed; its address is the secret."""
    one = connections.found_by(store(), CALENDAR, key)
    if one is None:
        abort(404, _("No calendar has this address any more."))
    content = calendar.feed(store(), one, now_ms())
    response = Response(content, mimetype="text/calendar")
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


def _authorise(known: Services, athlete_id: str, offers: list[str]) -> ResponseReturnValue:
    """Keep what was begun in the browser's session, and show the way to Strava."""
    form = request.form
    client_id, client_secret = form.get("client_id", "").strip(), form.get("client_secret", "").strip()
    if not client_id.isdigit() or not client_secret:
        flash(_("Strava shows a client id (digits) and a client secret under My API Application."), "bad")
        return _back(athlete_id)
    days = min(max(form.get("days", 0, type=int), 0), 3660)
    state = secrets.token_urlsafe(16)
    session[AUTHORISING] = {
        "state": state,
        "athlete_id": athlete_id,
        "client_id": client_id,
        "client_secret": client_secret,
        "offers": offers,
        "from_ms": now_ms() - days * _DAY_MS,
    }
    url = known.strava.authorise_url(client_id, url_for("services.authorised", _external=True), state)
    return render_template("services_strava.html", athlete=athletes.get(store(), athlete_id), url=url)


def _keep(
    athlete_id: str, service: str, offers: list[str], settings: dict[str, Any], secret: dict[str, Any]
) -> None:
    connections.connect(store(), athlete_id, service, offers, settings, secret, now_ms())


def _note(athlete_id: str, action: str, detail: str) -> None:
    asking = gate().viewer
    audit.note(store(), athlete_id, asking.account_id, asking.actor, action, detail, now_ms())


def _back(athlete_id: str) -> ResponseReturnValue:
    return redirect(url_for("services.of_athlete", athlete_id=athlete_id))
