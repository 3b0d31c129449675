"""Notes that people reported, for administrators: what was written, by whom, and what to do about it."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.community import encouragement
from repbeat.people import accounts, audit
from repbeat.people.roles import Role, needs
from repbeat.store import athletes
from repbeat.web.context import gate, now_ms, store

reports = Blueprint("reports", __name__)


@reports.get("/people/reported")
@needs(Role.ADMINISTRATOR)
def everything() -> str:
    """All reported notes, latest first; only what was reported is seen, and nothing of anybody's training."""
    db = store()
    found = encouragement.reported(db)
    return render_template(
        "reported.html",
        notes=[(one, athletes.get(db, one.athlete_id).name) for one in found],
        names={one.account_id: one.name for one in accounts.every(db)},
        against=Counter(one.from_account for one in found),
    )


@reports.post("/people/reported/<note_id>")
@needs(Role.ADMINISTRATOR)
def settle(note_id: str) -> ResponseReturnValue:
    """Done with: the note is deleted, and whoever reported it can read that in their log."""
    one = encouragement.settle(store(), note_id)
    viewer = gate().viewer
    audit.note(
        store(), one.athlete_id, viewer.account_id, viewer.actor, "settled", "a reported note", now_ms()
    )
    flash(_("The note is deleted."), "good")
    return redirect(url_for("reports.everything"))
