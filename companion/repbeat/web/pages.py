"""The routes: each reads its view and draws it. Reading changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from repbeat.store import Database
from repbeat.store.sessions import Key
from repbeat.web import views
from repbeat.web.live import LiveState, shown

pages = Blueprint("pages", __name__)
PAGE_SIZE = 25


def _store() -> Database:
    database: Database = current_app.extensions["repbeat"][0]
    return database


def _live() -> dict[str, LiveState]:
    return dict(current_app.extensions["repbeat"][1]())


def _unix_s() -> float:
    now: float = current_app.extensions["repbeat"][2]()
    return now


@pages.get("/")
def today() -> str:
    live = {device_id: shown(state) for device_id, state in _live().items()}
    return render_template("today.html", cards=views.today(_store(), _unix_s()), live=live)


@pages.get("/sessions")
def sessions() -> str:
    number = max(1, request.args.get("page", 1, type=int))
    lines = views.history(_store(), PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
    return render_template(
        "sessions.html", lines=lines[:PAGE_SIZE], number=number, more=len(lines) > PAGE_SIZE
    )


@pages.get("/sessions/<device_id>/<log>/<int:session_seq>")
def session(device_id: str, log: str, session_seq: int) -> str:
    try:
        log_id = int(log, 16)
    except ValueError:
        abort(404, "A log is named by eight hexadecimal digits.")
    view = views.session(_store(), Key(device_id, log_id, session_seq))
    chart: dict[str, Any] = {
        "t": [at for at, _, _ in view.heart],
        "bpm": [bpm for _, bpm, _ in view.heart],
        "sets": view.spans,
    }
    return render_template("session.html", view=view, chart=chart)


@pages.get("/devices")
def devices() -> str:
    live = {device_id: shown(state) for device_id, state in _live().items()}
    return render_template("devices.html", lines=views.fleet(_store(), _unix_s()), live=live)


@pages.get("/live.json")
def live() -> ResponseReturnValue:
    """Each device's state now, for the pages' own scripts."""
    return jsonify({device_id: shown(state) for device_id, state in _live().items()})


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 when the store answers."""
    _store().value("SELECT 1")
    return jsonify({"status": "ok"})
