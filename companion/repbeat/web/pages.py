"""The routes: each reads its view and draws it. Reading changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from repbeat.people import tokens
from repbeat.people.roles import Role, needs
from repbeat.store import devices as known_devices
from repbeat.store import sessions as kept
from repbeat.store.sessions import Key
from repbeat.web import live as live_view
from repbeat.web import views, words
from repbeat.web.context import companion, gate, store, unix_s

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
    )


@pages.get("/sessions")
@needs(Role.SIGNED_IN)
def sessions() -> str:
    number = min(LAST_PAGE, max(1, request.args.get("page", 1, type=int)))
    lines = views.history(gate(), PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
    return render_template(
        "sessions.html", lines=lines[:PAGE_SIZE], number=number, more=len(lines) > PAGE_SIZE
    )


@pages.get("/sessions/<device_id>/<log>/<int:session_seq>")
@needs(Role.SIGNED_IN)
def session(device_id: str, log: str, session_seq: int) -> str:
    try:
        log_id = int(log, 16)
    except ValueError:
        abort(404, "A log is named by eight hexadecimal digits.")
    if log_id >> 32 or session_seq >> 32:
        abort(404, "No session has such a number.")
    found = kept.get(store(), Key(device_id, log_id, session_seq))
    gate().check_session(found)
    view = views.session(gate(), found)
    chart: dict[str, Any] = {
        "t": [at for at, _, _ in view.heart],
        "bpm": [bpm for _, bpm, _ in view.heart],
        "sets": view.spans,
    }
    return render_template("session.html", view=view, chart=chart)


@pages.get("/devices")
@needs(Role.SIGNED_IN)
def devices() -> str:
    seen = [one for one in known_devices.every(store()) if gate().may_device(one)]
    return render_template("devices.html", lines=views.fleet(gate(), seen, unix_s()), live=_live())


@pages.get("/live.json")
@needs(Role.SIGNED_IN, tokens.LIVE)
def live() -> ResponseReturnValue:
    """Each device's state now, for the pages' own scripts."""
    return jsonify(_live())
