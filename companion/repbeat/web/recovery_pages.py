"""The recovery log: what was done and how long, with no word of what it does."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from repbeat.coach import breathing
from repbeat.community import recovery_log
from repbeat.community.errors import CommunityError
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound
from repbeat.web import typed, words
from repbeat.web.context import store
from repbeat.web.errors import told
from repbeat.web.own import local_today, own_athlete_or_404

recovery = Blueprint("recovery", __name__)


@recovery.get("/recovery")
@needs(Role.ATHLETE)
def show() -> str:
    """The recovery log, and what paced breathing did."""
    own = own_athlete_or_404()
    return render_template(
        "recovery.html",
        words=words,
        entries=recovery_log.of_athlete(store(), own),
        breathed=breathing.of_athlete(store(), own),
        modalities=recovery_log.MODALITIES,
        today=local_today(own),
    )


@recovery.post("/recovery")
@needs(Role.ATHLETE)
def log() -> ResponseReturnValue:
    """Add a line, or take one away."""
    own, form = own_athlete_or_404(), request.form
    try:
        if form.get("remove"):
            recovery_log.remove(store(), own, form["remove"])
        else:
            day = typed.day(form.get("day", ""))
            minutes = form.get("minutes", 0, type=int)
            recovery_log.add(store(), own, day, form.get("modality", ""), minutes, form.get("note", ""))
    except (CommunityError, NotFound, ValueError) as error:
        flash(told(error), "bad")
    return redirect(url_for("recovery.show"))
