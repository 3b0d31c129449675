"""Boards and team challenges of a group: only where members may show something of themselves."""

from __future__ import annotations

from flask import Blueprint, abort, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.community import challenges, standings
from repbeat.community.boards import KINDS
from repbeat.community.errors import CommunityError
from repbeat.people.errors import PeopleError
from repbeat.people.roles import Role, needs
from repbeat.web import typed
from repbeat.web.context import now_ms, store
from repbeat.web.errors import told
from repbeat.web.membership import leads, own_group, to_group
from repbeat.web.own import own_athlete_or_404

contests = Blueprint("contests", __name__)


@contests.post("/together/<gym_id>/<group_id>/challenges")
@needs(Role.SIGNED_IN)
def challenge(gym_id: str, group_id: str) -> ResponseReturnValue:
    """Begin a challenge between teams; who leads the group does."""
    _of_persons(gym_id, group_id)
    if not leads(gym_id, group_id):
        abort(403, _("Who leads the group begins challenges."))
    form = request.form
    try:
        challenges.begin(
            store(),
            gym_id,
            group_id,
            form.get("name", ""),
            form.get("counts", ""),
            [team for team in form.getlist("team") if team.strip()],
            typed.day(form.get("day", "")),
            form.get("weeks", 0, type=int),
            typed_counts=form.get("typed") == "1",
        )
    except (CommunityError, PeopleError, ValueError) as error:
        flash(told(error), "bad")
    return to_group(gym_id, group_id)


@contests.post("/together/<gym_id>/<group_id>/challenges/<challenge_id>")
@needs(Role.SIGNED_IN)
def take_part(gym_id: str, group_id: str, challenge_id: str) -> ResponseReturnValue:
    """Be of a team, or of none; who leads the group can take the challenge away."""
    _of_persons(gym_id, group_id)
    one = challenges.get(store(), gym_id, group_id, challenge_id)
    wanted = request.form.get("team", "")
    try:
        if wanted == "end":
            if not leads(gym_id, group_id):
                abort(403, _("Who leads the group begins challenges."))
            challenges.end(store(), one)
        elif wanted == "leave":
            challenges.leave(store(), own_athlete_or_404(), one)
        else:
            challenges.join(store(), own_athlete_or_404(), one, int(wanted) if wanted.isdecimal() else -1)
    except CommunityError as error:
        flash(told(error), "bad")
    return to_group(gym_id, group_id)


@contests.post("/together/<gym_id>/<group_id>/boards/<kind>")
@needs(Role.ATHLETE)
def rank(gym_id: str, group_id: str, kind: str) -> ResponseReturnValue:
    """Be ranked on a board, or no longer."""
    _of_persons(gym_id, group_id)
    if kind not in KINDS:
        abort(404, _("There is no such board."))
    own = own_athlete_or_404()
    if request.form.get("on") == "1":
        standings.opt_in(store(), own, gym_id, group_id, kind, now_ms())
    else:
        standings.opt_out(store(), own, gym_id, group_id, kind)
    return to_group(gym_id, group_id)


def _of_persons(gym_id: str, group_id: str) -> None:
    """A group of whoever asks in which members may show something of themselves: no workplace."""
    if own_group(gym_id, group_id).workplace:
        abort(404, _("A workplace sees nothing of one person: it has no boards and no challenges."))
