"""A session's result as a signed file, and a page where anybody sees whether one is as it was signed."""

from __future__ import annotations

from flask import Blueprint, Response, flash, render_template, request
from flask.typing import ResponseReturnValue

from repbeat.community import summary
from repbeat.community.errors import CommunityError
from repbeat.community.shared import identity
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, sessions
from repbeat.store.sessions import Key
from repbeat.web.context import gate, store
from repbeat.web.errors import told

results = Blueprint("results", __name__)

LONGEST = 1 << 20  # a summary is a few kilobytes


@results.get("/results/<device_id>/<log>/<int:session_seq>")
@needs(Role.ATHLETE)
def signed(device_id: str, log: str, session_seq: int) -> ResponseReturnValue:
    """One's own session, signed by this companion; under the name that was asked for, or none."""
    found = sessions.get(store(), Key(device_id, _log_id(log), session_seq))
    gate().check_own(found.athlete_id or "")
    key = Key(found.device_id, found.log_id, found.session_seq)
    content = summary.signed(store(), key, request.args.get("as", "")[:64], identity.of(store()))
    headers = {"Content-Disposition": f'attachment; filename="repbeat-{log}-{session_seq}.json"'}
    return Response(content, mimetype="application/json", headers=headers)


@results.get("/verify")
@needs(Role.ANYONE)
def ask() -> str:
    """Where a file is given."""
    return render_template("verify.html", found=None)


@results.post("/verify")
@needs(Role.ANYONE)
def verify() -> str:
    """What a file says, if nobody changed it; nothing of it is kept."""
    given = request.files.get("file")
    try:
        found, key = summary.verify(given.read(LONGEST) if given else b"")
    except CommunityError as error:
        flash(told(error), "bad")
        return render_template("verify.html", found=None)
    return render_template("verify.html", found=found, shown=summary.shown(found, key))


def _log_id(log: str) -> int:
    try:
        return int(log, 16)
    except ValueError:
        raise NotFound("no such session") from None
