"""Streak, badges, records and days off of whoever asks, for those who want them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.community import badges, history, motivation, streaks
from repbeat.community.errors import CommunityError
from repbeat.community.records import records
from repbeat.people.roles import Role, needs
from repbeat.web import typed, words
from repbeat.web.context import now_ms, store
from repbeat.web.errors import told
from repbeat.web.own import local_today, own_athlete_or_404

streak = Blueprint("streak", __name__)

LATELY_DAYS = 30  # of days off that stand open


@streak.get("/streaks")
@needs(Role.ATHLETE)
def show() -> str:
    """Streak, badges and records of whoever asks."""
    db, own = store(), own_athlete_or_404()
    choice = motivation.of_athlete(db, own)
    past = history.of_athlete(db, own, now_ms())
    off = sorted(motivation.days_off(db, own).items(), reverse=True)
    lately = past.today - timedelta(days=LATELY_DAYS)
    return render_template(
        "streaks.html",
        words=words,
        choice=choice,
        streak=streaks.streak(past.schedule, past.trained, past.today),
        badges=list(reversed(badges.badges(past))),
        records=list(reversed(records(past.lifts)))[:10],
        off=[one for one in off if one[0] >= lately],
        off_before=[one for one in off if one[0] < lately],
        whys=motivation.WHYS,
        today=past.today,
    )


@streak.post("/streaks")
@needs(Role.ATHLETE)
def choose() -> ResponseReturnValue:
    """Training days, and whether any of this is shown."""
    own, form = own_athlete_or_404(), request.form
    try:
        motivation.choose(
            store(),
            own,
            hidden=form.get("hidden") == "1",
            weekdays=[int(day) for day in form.getlist("day") if day.isdecimal()],
            today=local_today(own),
        )
    except CommunityError as error:
        flash(told(error), "bad")
    else:
        flash(_("Kept."), "good")
    return redirect(url_for("streak.show"))


@streak.post("/streaks/off")
@needs(Role.ATHLETE)
def off() -> ResponseReturnValue:
    """Call days off, or on again."""
    own, form = own_athlete_or_404(), request.form
    try:
        first = typed.day(form.get("day", ""))
        count = min(max(form.get("days", 1, type=int), 1), 60)
        if form.get("on") == "1":
            motivation.call_on(store(), own, first)
        else:
            days = [first + timedelta(days=step) for step in range(count)]
            motivation.call_off(store(), own, days, form.get("why", ""))
    except (CommunityError, ValueError) as error:
        flash(told(error), "bad")
    else:
        flash(_("Done."), "good")
    return redirect(url_for("streak.show"))
