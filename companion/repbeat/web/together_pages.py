"""Groups: beginning, joining and leaving one, its page, its weekly figures, notes between members."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.community import amounts, challenges, encouragement, figures, invites, standings
from repbeat.community.boards import KINDS, pseudonym
from repbeat.community.errors import CommunityError
from repbeat.people import audit, keys, tenants
from repbeat.people.errors import PeopleError
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, athletes
from repbeat.web import words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.membership import leads, named, own_group, to_group
from repbeat.web.own import local_today, own_athlete, own_athlete_or_404

together = Blueprint("together", __name__)


@together.get("/together")
@needs(Role.SIGNED_IN)
def groups() -> str:
    """The groups that whoever asks belongs to."""
    db = store()
    memberships = tenants.of_account(db, gate().viewer.account_id)
    belongs = {(one.gym_id, one.group_id): one.role for one in memberships}
    found = [
        (group, belongs[gym.gym_id, group.group_id])
        for gym in tenants.gyms(db)
        for group in tenants.groups(db, gym.gym_id)
        if (gym.gym_id, group.group_id) in belongs
    ]
    own = own_athlete()
    return render_template(
        "together.html",
        groups=found,
        own=own,
        notes=[(one, _sender(one.from_account, own)) for one in encouragement.of_athlete(db, own)]
        if own
        else [],
        blocked=[(one, _sender(one, own)) for one in sorted(encouragement.blocked(db, own))] if own else [],
    )


@together.post("/together")
@needs(Role.ATHLETE)
def make() -> ResponseReturnValue:
    """A new group, of which whoever makes it is the coach."""
    db, own, viewer = store(), own_athlete_or_404(), gate().viewer
    try:
        workplace = request.form.get("workplace") == "1"
        group = tenants.add_group(db, tenants.HOME, request.form.get("name", ""), workplace=workplace)
        text = invites.invite(db, group.gym_id, group.group_id, now_ms(), tenants.COACH)
        nickname = request.form.get("nickname", "") or athletes.get(db, own).name
        invites.accept(db, text, viewer.account_id, own, nickname, now_ms())
        invites.end(db, group.gym_id, group.group_id)
    except (PeopleError, CommunityError, NotFound) as error:
        flash(told(error), "bad")
        return redirect(url_for("together.groups"))
    return to_group(group.gym_id, group.group_id)


@together.get("/together/<gym_id>/<group_id>")
@needs(Role.SIGNED_IN)
def group(gym_id: str, group_id: str) -> str:
    """One group: its members by nickname, last week's figures; boards and challenges but at a workplace."""
    db, own = store(), own_athlete()
    found = own_group(gym_id, group_id)
    today = local_today(own)
    week = figures.recent(today)[0]
    secret = keys.of(db).subkey(f"board/{gym_id}/{group_id}")
    return render_template(
        "group.html",
        words=words,
        group=found,
        leads=leads(gym_id, group_id),
        own=own,
        members=invites.members(db, gym_id, group_id),
        boards=[
            (kind, standings.board(db, gym_id, group_id, kind, secret, now_ms()))
            for kind in KINDS
            if not found.workplace
        ],
        mine=standings.of_athlete(db, own, gym_id, group_id) if own else set(),
        pseudonym=pseudonym(secret, own) if own else None,
        week=week,
        figures=figures.of_week(db, gym_id, group_id, week, _figures_secret(), now_ms()),
        counted=figures.is_counted(db, own, gym_id, group_id, now_ms()) if own else False,
        challenges=[
            (one, challenges.standing(db, one, today), challenges.team_of(db, own, one) if own else None)
            for one in challenges.of_group(db, gym_id, group_id)
        ],
        counts=amounts.KINDS,
        today=today,
    )


@together.post("/together/<gym_id>/<group_id>/invite")
@needs(Role.SIGNED_IN)
def invite(gym_id: str, group_id: str) -> str:
    """A link for a week and thirty people, shown once."""
    found = own_group(gym_id, group_id)
    if not leads(gym_id, group_id):
        abort(403, _("Who leads the group invites."))
    text = invites.invite(store(), gym_id, group_id, now_ms())
    return render_template(
        "group_invite.html", group=found, url=url_for("together.invitation", text=text, _external=True)
    )


@together.get("/join/<text>")
@needs(Role.SIGNED_IN)
def invitation(text: str) -> str:
    """What an invitation leads to."""
    found = invites.found(store(), text, now_ms())
    return render_template("join.html", group=named(found.gym_id, found.group_id), text=text)


@together.post("/join/<text>")
@needs(Role.SIGNED_IN)
def join(text: str) -> ResponseReturnValue:
    """Join by an invitation."""
    try:
        found = invites.accept(
            store(), text, gate().viewer.account_id, own_athlete(), request.form.get("nickname", ""), now_ms()
        )
    except PeopleError as error:
        flash(told(error), "bad")
        return redirect(url_for("together.invitation", text=text))
    return to_group(found.gym_id, found.group_id)


@together.post("/together/<gym_id>/<group_id>/leave")
@needs(Role.SIGNED_IN)
def leave(gym_id: str, group_id: str) -> ResponseReturnValue:
    """Leave at once and for good."""
    own_group(gym_id, group_id)
    invites.leave(store(), gate().viewer.account_id, own_athlete(), gym_id, group_id, now_ms())
    return redirect(url_for("together.groups"))


@together.post("/together/<gym_id>/<group_id>/counted")
@needs(Role.ATHLETE)
def count(gym_id: str, group_id: str) -> ResponseReturnValue:
    """Be counted in the group's weekly means, or no longer."""
    own_group(gym_id, group_id)
    own, asking, on = own_athlete_or_404(), gate().viewer, request.form.get("on") == "1"
    figures.count(store(), own, gym_id, group_id, now_ms(), on=on)
    action = "gave consent" if on else "revoked consent"
    audit.note(store(), own, asking.account_id, asking.actor, action, "group: counted", now_ms())
    return to_group(gym_id, group_id)


@together.get("/together/<gym_id>/<group_id>/figures.csv")
@needs(Role.SIGNED_IN)
def participation(gym_id: str, group_id: str) -> Response:
    """The last finished weeks' figures for a spreadsheet."""
    own_group(gym_id, group_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["week", "figure", "mean", "members_at_least"])
    for week in reversed(figures.recent(local_today(own_athlete()))):
        for row in figures.of_week(store(), gym_id, group_id, week, _figures_secret(), now_ms()):
            writer.writerow([row.week, row.figure, "too few" if row.mean is None else row.mean, row.members])
    return Response(out.getvalue(), mimetype="text/csv")


@together.post("/together/<gym_id>/<group_id>/notes/<athlete_id>")
@needs(Role.SIGNED_IN)
def write(gym_id: str, group_id: str, athlete_id: str) -> ResponseReturnValue:
    """A note to a member."""
    own_group(gym_id, group_id)
    if athlete_id not in {one.athlete_id for one in invites.members(store(), gym_id, group_id)}:
        abort(404, _("Nobody of this group."))
    try:
        encouragement.send(
            store(), gate().viewer.account_id, athlete_id, request.form.get("text", ""), now_ms()
        )
    except CommunityError as error:
        flash(told(error), "bad")
    return to_group(gym_id, group_id)


@together.post("/together/notes/<note_id>/<act>")
@needs(Role.ATHLETE)
def answer(note_id: str, act: str) -> ResponseReturnValue:
    """Report a note, or block whoever wrote it."""
    db, own = store(), own_athlete_or_404()
    found = next((one for one in encouragement.of_athlete(db, own) if one.note_id == note_id), None)
    if found is None or act not in ("report", "block"):
        abort(404, _("No such note."))
    if act == "report":
        encouragement.report(db, own, note_id, now_ms())
    else:
        encouragement.block(db, own, found.from_account, now_ms())
    return redirect(url_for("together.groups"))


@together.post("/together/unblock/<account_id>")
@needs(Role.ATHLETE)
def unblock(account_id: str) -> ResponseReturnValue:
    """Take notes from an account again."""
    encouragement.unblock(store(), own_athlete_or_404(), account_id)
    return redirect(url_for("together.groups"))


def _figures_secret() -> bytes:
    return keys.of(store()).subkey("figures")


def _sender(account_id: str, own: str) -> str:
    return encouragement.called(store(), account_id, own) or _("somebody who has left")
