"""The routes: each reads its view and draws it. Reading changes nothing."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.coach import desk
from repbeat.coach import surroundings as where
from repbeat.people import consent, tokens
from repbeat.people.roles import Role, needs
from repbeat.store import devices as known_devices
from repbeat.store import sessions as kept
from repbeat.store.sessions import Key
from repbeat.web import band_pages, form, session_view, trend_views, typed, views, words
from repbeat.web import live as live_view
from repbeat.web.context import companion, gate, now_ms, store, unix_s
from repbeat.web.errors import told
from repbeat_protocol import exercises

pages = Blueprint("pages", __name__)
PAGE_SIZE = 25
LAST_PAGE = 4000  # 100,000 sessions


def _live() -> dict[str, dict[str, object]]:
    """Each device's state now, of those whose athlete lets the viewer look."""
    return live_view.visible(gate(), companion().live())


@pages.get("/")
@needs(Role.SIGNED_IN)
def today() -> str:
    return render_template(
        "today.html",
        cards=views.today(gate(), unix_s()),
        live=_live(),
        tone=views.STATUS_TONE,
        status=words.PLAN_STATUS,
        readiness=words.READINESS,
    )


@pages.get("/live")
@needs(Role.SIGNED_IN)
def live_now() -> str:
    """Who trains now, large."""
    forms = {name: _(name) for name in words.FORM_BITS.values()}
    return render_template("live.html", worn=views.worn(gate()), live=_live(), forms=forms)


@pages.get("/sessions")
@needs(Role.SIGNED_IN)
def sessions() -> str:
    number = min(LAST_PAGE, max(1, request.args.get("page", 1, type=int)))
    wanted = views.Wanted(request.args.get("exercise", 0, type=int), _day("from"), _day("to"))
    lines = views.history(gate(), PAGE_SIZE + 1, (number - 1) * PAGE_SIZE, wanted)
    several = len({name for name, _line in lines}) > 1 or len(gate().known()) > 1
    return render_template(
        "sessions.html",
        lines=lines[:PAGE_SIZE],
        number=number,
        more=len(lines) > PAGE_SIZE,
        wanted=wanted,
        several=several,
        exercises=sorted(
            ((code, form.exercise(code)) for code in exercises.CODES.values() if code), key=lambda one: one[1]
        ),
    )


def _exercises() -> list[tuple[int, str]]:
    """(code, name), by name."""
    named = [(code, form.exercise(code)) for code in exercises.CODES.values() if code]
    return sorted(named, key=lambda one: one[1])


def _day(name: str) -> date | None:
    """A day of the query; None where none was asked for, or said that it is none."""
    asked = request.args.get(name, "")
    try:
        return typed.day(asked) if asked else None
    except typed.NotADay as error:
        flash(told(error), "bad")
        return None


@pages.get("/sessions/<device_id>/<log>/<int:session_seq>")
@needs(Role.SIGNED_IN)
def session(device_id: str, log: str, session_seq: int) -> str:
    found = kept.get(store(), _session_key(device_id, log, session_seq))
    gate().check_session(found)
    view = session_view.view(gate(), found)
    return render_template("session.html", view=view, chart=view.chart(), form_bits=words.FORM_BITS)


@pages.post("/sessions/<device_id>/<log>/<int:session_seq>")
@needs(Role.ATHLETE)
def surroundings(device_id: str, log: str, session_seq: int) -> ResponseReturnValue:
    """Temperature and altitude of one's own session; an empty field is not known."""
    key = _session_key(device_id, log, session_seq)
    gate().check_own(kept.get(store(), key).athlete_id or "")
    try:
        where.keep(store(), key, _entered("temperature_c"), _entered("altitude_m"), now_ms())
    except ValueError:
        flash(_("A temperature lies within -40 and 60 °C, an altitude within -430 and 9000 m."), "bad")
    return redirect(url_for("pages.session", device_id=device_id, log=log, session_seq=session_seq))


def _entered(name: str) -> float | None:
    """A number of the form; None where it was left empty, ValueError where it is none."""
    return typed.number(request.form.get(name, ""))


def _session_key(device_id: str, log: str, session_seq: int) -> Key:
    try:
        log_id = int(log, 16)
    except ValueError:
        abort(404, "A log is named by eight hexadecimal digits.")
    if log_id >> 32 or session_seq >> 32:
        abort(404, "No session has such a number.")
    return Key(device_id, log_id, session_seq)


@pages.get("/trends")
@needs(Role.SIGNED_IN)
def trends() -> str:
    """How weeks went, of one athlete whose daily values the viewer may see."""
    known = gate().athletes(consent.VALUES)
    asked = request.args.get("athlete", "")
    own = sorted(known, key=lambda one: one.athlete_id not in gate().viewer.own)
    athlete = next((one for one in known if one.athlete_id == asked), own[0] if own else None)
    span = request.args.get("days", trend_views.SPANS[1], type=int)
    span = span if span in trend_views.SPANS else trend_views.SPANS[1]
    charts = []
    if athlete is not None:
        gate().seen(athlete.athlete_id, consent.VALUES)
        day = desk.day_of(now_ms(), athlete.utc_offset_min)
        if gate().may(athlete.athlete_id, consent.HEART):
            charts += trend_views.recovery_charts(store(), athlete.athlete_id, day, span)
        charts += trend_views.load_charts(store(), athlete.athlete_id, day, span)
    return render_template(
        "trends.html", athletes=known, athlete=athlete, charts=charts, span=span, spans=trend_views.SPANS
    )


@pages.get("/devices")
@needs(Role.SIGNED_IN)
def devices() -> str:
    seen = [one for one in known_devices.every(store()) if gate().may_device(one)]
    lines = views.fleet(gate(), seen, unix_s())
    free = [one.device for one in lines if one.device.role == "band" and one.free]
    people = {one.device_id: band_pages.wearers(one) for one in free}
    return render_template("devices.html", lines=lines, live=_live(), people=people)


@pages.get("/live.json")
@needs(Role.SIGNED_IN, tokens.LIVE)
def live() -> ResponseReturnValue:
    """Each device's state now, for the pages' own scripts."""
    return jsonify(_live())
