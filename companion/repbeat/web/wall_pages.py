"""The wall of a class, for a TV or a mirror: a page without data, and the tiles that it asks for.

The screen shows a token of the scope `live`, and of `heart` for the zones, and needs nobody signed in. It
stands behind the # of the address, which browsers send to no server and no log has.
"""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from repbeat.community.shared import sessions
from repbeat.community.shared.sessions import Shared
from repbeat.people import tokens
from repbeat.people.roles import Role, needs
from repbeat.store import Database
from repbeat.web import live, shared_state, views
from repbeat.web.access import is_local
from repbeat.web.context import companion, gate, now_ms, store

GO_MS = 10_000

wall = Blueprint("wall", __name__)


@wall.get("/wall")
@needs(Role.ANYONE)
def screen() -> str:
    """The empty wall."""
    return render_template("wall.html")


@wall.get("/live/<athlete_id>")
@needs(Role.ANYONE)
def mirror(athlete_id: str) -> str:
    """The empty wall of one athlete, as a mirror shows it: the page asks for whom its address names."""
    return render_template("wall.html", mirror=True)


@wall.get("/wall.json")
@needs(Role.SIGNED_IN, tokens.LIVE)
def tiles() -> ResponseReturnValue:
    """Who trains now, by nickname, here and in the shared sessions of who is here; their starts.

    For the local network alone. With `athlete`, that one and nobody else.
    """
    if not is_local(request.remote_addr):
        raise Forbidden("The wall is for screens of this network.")
    only = request.args.get("athlete")
    states = live.visible(gate(), companion().live())
    shown: list[dict[str, object]] = []
    codes: set[str] = set()
    for device, athlete in views.worn(gate()):
        if only and (athlete is None or athlete.athlete_id != only):
            continue
        state = states.get(device.device_id)
        if athlete:
            codes |= {code for code, _ in sessions.own(store(), athlete.athlete_id)}
        if state and state.get("active"):
            name = _nickname(store(), athlete.athlete_id) or athlete.name if athlete else device.name
            shown.append({"id": device.device_id, "name": name, **state})
    shared = [sessions.get(store(), code, now_ms()) for code in sorted(codes)]
    for session in () if only else shared:
        shown += shared_state.elsewhere(store(), session)
    return jsonify({"tiles": sorted(shown, key=lambda one: str(one["name"])), "start": _next(shared)})


def _next(shared: list[Shared]) -> dict[str, object] | None:
    """The start to count down to, and for ten seconds to say."""
    coming = [
        (left_ms, session.name)
        for session in shared
        if (left_ms := shared_state.starts_in_ms(session, now_ms())) is not None and left_ms > -GO_MS
    ]
    return {"in_ms": min(coming)[0], "name": min(coming)[1]} if coming else None


def _nickname(db: Database, athlete_id: str) -> str | None:
    """The name under which an athlete is known in a group, where they chose one."""
    found: str | None = db.value(
        "SELECT nickname FROM nicknames WHERE athlete_id = :athlete_id ORDER BY nickname LIMIT 1",
        athlete_id=athlete_id,
    )
    return found
