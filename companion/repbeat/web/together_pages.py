"""Groups, boards, streaks, recovery and notes, for those who want them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.coach import breathing
from repbeat.community import (
    amounts,
    badges,
    challenges,
    encouragement,
    figures,
    history,
    invites,
    motivation,
    recovery_log,
    standings,
    streaks,
)
from repbeat.community.boards import KINDS, pseudonym
from repbeat.community.errors import CommunityError
from repbeat.community.records import records
from repbeat.people import accounts, keys, tenants
from repbeat.people.errors import PeopleError
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, athletes
from repbeat.web import words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told

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
    own = _own()
    return render_template(
        "together.html",
        groups=found,
        own=own,
        notes=[(one, _name(one.from_account)) for one in encouragement.of_athlete(db, own)] if own else [],
        blocked=[(one, _name(one)) for one in sorted(encouragement.blocked(db, own))] if own else [],
    )


@together.post("/together")
@needs(Role.ATHLETE)
def make() -> ResponseReturnValue:
    """A new group, of which whoever makes it is the coach."""
    db, own, viewer = store(), _own_or_404(), gate().viewer
    try:
        group = tenants.add_group(db, tenants.HOME, request.form.get("name", ""))
        text = invites.invite(db, group.gym_id, group.group_id, now_ms(), tenants.COACH)
        nickname = request.form.get("nickname", "") or athletes.get(db, own).name
        invites.accept(db, text, viewer.account_id, own, nickname, now_ms())
        invites.end(db, group.gym_id, group.group_id)
    except (PeopleError, CommunityError, NotFound) as error:
        flash(told(error), "bad")
        return redirect(url_for("together.groups"))
    return _to(group.gym_id, group.group_id)


@together.get("/together/<gym_id>/<group_id>")
@needs(Role.SIGNED_IN)
def group(gym_id: str, group_id: str) -> str:
    """One group: its members by nickname, boards, last week's figures."""
    db, own = store(), _own()
    found = _group(gym_id, group_id)
    today = _today(own)
    week = figures.recent(today)[0]
    secret = keys.of(db).subkey(f"board/{gym_id}/{group_id}")
    return render_template(
        "group.html",
        words=words,
        group=found,
        leads=_leads(gym_id, group_id),
        own=own,
        members=invites.members(db, gym_id, group_id),
        boards=[(kind, standings.board(db, gym_id, group_id, kind, secret, now_ms())) for kind in KINDS],
        mine=standings.of_athlete(db, own, gym_id, group_id) if own else set(),
        pseudonym=pseudonym(secret, own) if own else None,
        week=week,
        figures=figures.of_week(db, gym_id, group_id, week, _figures_secret(), now_ms()),
        challenges=[
            (one, challenges.standing(db, one, today), challenges.team_of(db, own, one) if own else None)
            for one in challenges.of_group(db, gym_id, group_id)
        ],
        counts=amounts.KINDS,
        today=today,
    )


@together.post("/together/<gym_id>/<group_id>/challenges")
@needs(Role.SIGNED_IN)
def challenge(gym_id: str, group_id: str) -> ResponseReturnValue:
    """Begin a challenge between teams; who leads the group does."""
    _group(gym_id, group_id)
    if not _leads(gym_id, group_id):
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
            date.fromisoformat(form.get("day", "")),
            form.get("weeks", 0, type=int),
            typed_counts=form.get("typed") == "1",
        )
    except (CommunityError, PeopleError, ValueError) as error:
        flash(told(error), "bad")
    return _to(gym_id, group_id)


@together.post("/together/<gym_id>/<group_id>/challenges/<challenge_id>")
@needs(Role.SIGNED_IN)
def take_part(gym_id: str, group_id: str, challenge_id: str) -> ResponseReturnValue:
    """Be of a team, or of none; who leads the group can take the challenge away."""
    _group(gym_id, group_id)
    one = challenges.get(store(), gym_id, group_id, challenge_id)
    wanted = request.form.get("team", "")
    try:
        if wanted == "end":
            if not _leads(gym_id, group_id):
                abort(403, _("Who leads the group begins challenges."))
            challenges.end(store(), one)
        elif wanted == "leave":
            challenges.leave(store(), _own_or_404(), one)
        else:
            challenges.join(store(), _own_or_404(), one, int(wanted) if wanted.isdecimal() else -1)
    except CommunityError as error:
        flash(told(error), "bad")
    return _to(gym_id, group_id)


@together.post("/together/<gym_id>/<group_id>/invite")
@needs(Role.SIGNED_IN)
def invite(gym_id: str, group_id: str) -> str:
    """A link for a week and thirty people, shown once."""
    found = _group(gym_id, group_id)
    if not _leads(gym_id, group_id):
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
    return render_template("join.html", group=_named(found.gym_id, found.group_id), text=text)


@together.post("/join/<text>")
@needs(Role.SIGNED_IN)
def join(text: str) -> ResponseReturnValue:
    """Join by an invitation."""
    try:
        found = invites.accept(
            store(), text, gate().viewer.account_id, _own(), request.form.get("nickname", ""), now_ms()
        )
    except PeopleError as error:
        flash(told(error), "bad")
        return redirect(url_for("together.invitation", text=text))
    return _to(found.gym_id, found.group_id)


@together.post("/together/<gym_id>/<group_id>/leave")
@needs(Role.SIGNED_IN)
def leave(gym_id: str, group_id: str) -> ResponseReturnValue:
    """Leave at once and for good."""
    _group(gym_id, group_id)
    invites.leave(store(), gate().viewer.account_id, _own(), gym_id, group_id, now_ms())
    return redirect(url_for("together.groups"))


@together.post("/together/<gym_id>/<group_id>/boards/<kind>")
@needs(Role.ATHLETE)
def rank(gym_id: str, group_id: str, kind: str) -> ResponseReturnValue:
    """Be ranked on a board, or no longer."""
    _group(gym_id, group_id)
    if kind not in KINDS:
        abort(404, _("There is no such board."))
    own = _own_or_404()
    if request.form.get("on") == "1":
        standings.opt_in(store(), own, gym_id, group_id, kind, now_ms())
    else:
        standings.opt_out(store(), own, gym_id, group_id, kind)
    return _to(gym_id, group_id)


@together.get("/together/<gym_id>/<group_id>/figures.csv")
@needs(Role.SIGNED_IN)
def participation(gym_id: str, group_id: str) -> Response:
    """The last finished weeks' figures for a spreadsheet; too few is an empty cell."""
    _group(gym_id, group_id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["week", "figure", "mean", "members_at_least"])
    for week in reversed(figures.recent(_today(_own()))):
        for row in figures.of_week(store(), gym_id, group_id, week, _figures_secret(), now_ms()):
            writer.writerow([row.week, row.figure, "" if row.mean is None else row.mean, row.members])
    return Response(out.getvalue(), mimetype="text/csv")


@together.post("/together/<gym_id>/<group_id>/notes/<athlete_id>")
@needs(Role.SIGNED_IN)
def write(gym_id: str, group_id: str, athlete_id: str) -> ResponseReturnValue:
    """A note to a member."""
    _group(gym_id, group_id)
    if athlete_id not in {one.athlete_id for one in invites.members(store(), gym_id, group_id)}:
        abort(404, _("Nobody of this group."))
    try:
        encouragement.send(
            store(), gate().viewer.account_id, athlete_id, request.form.get("text", ""), now_ms()
        )
    except CommunityError as error:
        flash(told(error), "bad")
    return _to(gym_id, group_id)


@together.post("/together/notes/<note_id>/<act>")
@needs(Role.ATHLETE)
def answer(note_id: str, act: str) -> ResponseReturnValue:
    """Report a note, or block whoever wrote it."""
    db, own = store(), _own_or_404()
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
    encouragement.unblock(store(), _own_or_404(), account_id)
    return redirect(url_for("together.groups"))


@together.get("/streaks")
@needs(Role.ATHLETE)
def consistency() -> str:
    """Streak, badges and records of whoever asks."""
    db, own = store(), _own_or_404()
    choice = motivation.of_athlete(db, own)
    past = history.of_athlete(db, own, now_ms())
    lately = past.today - timedelta(days=30)
    return render_template(
        "streaks.html",
        words=words,
        choice=choice,
        streak=streaks.streak(past.schedule, past.trained, past.today),
        badges=list(reversed(badges.badges(past))),
        records=list(reversed(records(past.lifts)))[:20],
        off=[(day, why) for day, why in motivation.days_off(db, own).items() if day >= lately],
        whys=motivation.WHYS,
        today=past.today,
    )


@together.post("/streaks")
@needs(Role.ATHLETE)
def choose() -> ResponseReturnValue:
    """Training days, and whether any of this is shown."""
    own, form = _own_or_404(), request.form
    try:
        motivation.choose(
            store(),
            own,
            hidden=form.get("hidden") == "1",
            weekdays=[int(day) for day in form.getlist("day") if day.isdecimal()],
            today=_today(own),
        )
    except CommunityError as error:
        flash(told(error), "bad")
    return redirect(url_for("together.consistency"))


@together.post("/streaks/off")
@needs(Role.ATHLETE)
def off() -> ResponseReturnValue:
    """Call days off, or on again."""
    own, form = _own_or_404(), request.form
    try:
        first = date.fromisoformat(form.get("day", ""))
        count = min(max(form.get("days", 1, type=int), 1), 60)
        if form.get("on") == "1":
            motivation.call_on(store(), own, first)
        else:
            days = [first + timedelta(days=step) for step in range(count)]
            motivation.call_off(store(), own, days, form.get("why", ""))
    except (CommunityError, ValueError) as error:
        flash(told(error), "bad")
    return redirect(url_for("together.consistency"))


@together.get("/recovery")
@needs(Role.ATHLETE)
def recovery() -> str:
    """The recovery log, and what paced breathing did."""
    own = _own_or_404()
    return render_template(
        "recovery.html",
        words=words,
        entries=recovery_log.of_athlete(store(), own),
        breathed=breathing.of_athlete(store(), own),
        modalities=recovery_log.MODALITIES,
        today=_today(own),
    )


@together.post("/recovery")
@needs(Role.ATHLETE)
def log_recovery() -> ResponseReturnValue:
    """Add a line, or take one away."""
    own, form = _own_or_404(), request.form
    try:
        if form.get("remove"):
            recovery_log.remove(store(), own, form["remove"])
        else:
            day = date.fromisoformat(form.get("day", ""))
            minutes = form.get("minutes", 0, type=int)
            recovery_log.add(store(), own, day, form.get("modality", ""), minutes, form.get("note", ""))
    except (CommunityError, NotFound, ValueError) as error:
        flash(told(error), "bad")
    return redirect(url_for("together.recovery"))


def _own() -> str | None:
    """The athlete of whoever asks; the first by id where there are several."""
    viewer = gate().viewer
    own = sorted(viewer.own) or ([one.athlete_id for one in gate().known()] if viewer.everything else [])
    return own[0] if own else None


def _own_or_404() -> str:
    own = _own()
    if own is None:
        abort(404, _("This account is nobody who trains: an administrator can give it an athlete."))
    return own


def _today(own: str | None) -> date:
    return history.local_day(store(), own, now_ms()) if own else history.utc_day(now_ms())


def _named(gym_id: str, group_id: str) -> tenants.Group:
    found = next((one for one in tenants.groups(store(), gym_id) if one.group_id == group_id), None)
    if found is None:
        raise NotFound("no such group")
    return found


def _group(gym_id: str, group_id: str) -> tenants.Group:
    """A group of whoever asks; what others have is not told."""
    if not _role(gym_id, group_id):
        raise NotFound("no such group")
    return _named(gym_id, group_id)


def _role(gym_id: str, group_id: str) -> set[str]:
    return {
        one.role
        for one in tenants.of_account(store(), gate().viewer.account_id)
        if (one.gym_id, one.group_id) == (gym_id, group_id)
    }


def _leads(gym_id: str, group_id: str) -> bool:
    return tenants.COACH in _role(gym_id, group_id)


def _figures_secret() -> bytes:
    return keys.of(store()).subkey("figures")


def _name(account_id: str) -> str:
    try:
        return accounts.get(store(), account_id).name
    except NotFound:
        return "?"


def _to(gym_id: str, group_id: str) -> ResponseReturnValue:
    return redirect(url_for("together.group", gym_id=gym_id, group_id=group_id))
