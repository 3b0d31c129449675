"""The wall of a class, for a TV or a mirror: a page without data, and the tiles that it asks for.

The screen shows a token of the scope `live` and needs nobody signed in. It stands behind the # of the
address, which browsers send to no server and no log has.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from repbeat.people import tokens
from repbeat.people.roles import Role, needs
from repbeat.store import Database
from repbeat.web import live, views
from repbeat.web.access import is_local
from repbeat.web.context import companion, gate, store

wall = Blueprint("wall", __name__)


@wall.get("/wall")
@needs(Role.ANYONE)
def screen() -> str:
    """The empty wall."""
    return render_template("wall.html")


@wall.get("/wall.json")
@needs(Role.SIGNED_IN, tokens.LIVE)
def tiles() -> ResponseReturnValue:
    """Who trains now, by nickname: {name: state}; from the local network alone."""
    if not is_local(request.remote_addr):
        raise Forbidden("The wall is for screens of this network.")
    states = live.visible(gate(), companion().live())
    shown = []
    for device, athlete in views.worn(gate()):
        state = states.get(device.device_id)
        if state and state.get("active"):
            name = _nickname(store(), athlete.athlete_id) or athlete.name if athlete else device.name
            shown.append({"id": device.device_id, "name": name, **state})
    return jsonify(sorted(shown, key=lambda one: str(one["name"])))


def _nickname(db: Database, athlete_id: str) -> str | None:
    """The name under which an athlete is known in a group, where they chose one."""
    found: str | None = db.value(
        "SELECT nickname FROM nicknames WHERE athlete_id = :athlete_id ORDER BY nickname LIMIT 1",
        athlete_id=athlete_id,
    )
    return found
