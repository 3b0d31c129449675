"""Programmes: the library, one of them, the editor, files in and out, and beginning one."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.coach import programmes as library
from repbeat.coach import shelf
from repbeat.coach.programme_command import begin
from repbeat.coach.programmes import NotYet, Programme, ProgrammeError
from repbeat.coach.texts import say
from repbeat.people import consent
from repbeat.people.roles import Role, needs
from repbeat.web import programme_form, words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.i18n import local
from repbeat.web.own import own_athletes
from repbeat_protocol import exercises
from repbeat_protocol.plan import PlanError

programmes = Blueprint("programmes", __name__)

ASKED = ("age_needed", "questions_first", "needs_clearance")  # what the questions before training settle


@programmes.get("/programmes")
@needs(Role.SIGNED_IN)
def everything() -> str:
    """All programmes there are."""
    found = shelf.all_programmes(store()).values()
    shelves = [(words.GOALS[goal], [one for one in found if one.goal == goal]) for goal in library.GOALS]
    return render_template("programmes.html", shelves=[each for each in shelves if each[1]], writes=_writes())


@programmes.get("/programmes/<slug>")
@needs(Role.SIGNED_IN)
def one(slug: str) -> str:
    """Days, caps, for whom, and where to begin it."""
    return render_template(
        "programme.html",
        programme=shelf.programme(store(), slug),
        weekdays=words.WEEKDAYS,
        athletes=gate().athletes(consent.COACHING),
        writes=_writes(),
    )


@programmes.get("/programmes/<slug>/file")
@needs(Role.SIGNED_IN)
def file(slug: str) -> Response:
    """The programme as JSON, to keep or to give on."""
    content = library.exported(shelf.programme(store(), slug))
    headers = {"Content-Disposition": f'attachment; filename="{slug}.json"'}
    return Response(content, mimetype="application/json", headers=headers)


@programmes.get("/programmes/<slug>/edit")
@needs(Role.COACH)
def editor(slug: str) -> str:
    """The editor; `new` begins one."""
    if slug == "new":
        return _editor(programme_form.blank())
    return _editor(msgspec.to_builtins(shelf.programme(store(), slug)))


@programmes.post("/programmes/<slug>/edit")
@needs(Role.COACH)
def change(slug: str) -> ResponseReturnValue:
    """Keep what the editor sent, or show it again with one more day or with what is wrong."""
    try:
        found = programme_form.read(request.form)
    except ProgrammeError as error:
        flash(str(error), "bad")
        return _editor(programme_form.sent(request.form)), 422
    if request.form.get("then") == "day":
        shown = msgspec.to_builtins(found)
        shown["days"].append({"name": _("Day %(number)s", number=len(found.days) + 1), "exercises": []})
        return _editor(shown)
    _keep(found)
    return redirect(url_for("programmes.one", slug=found.slug))


@programmes.post("/programmes")
@needs(Role.COACH)
def take_in() -> ResponseReturnValue:
    """A programme from a JSON file, checked against the form and the device's bounds."""
    upload = request.files.get("file")
    try:
        found = library.parse(
            upload.read() if upload else b"", upload.filename or "" if upload else "no file"
        )
    except ProgrammeError as error:
        flash(str(error), "bad")
        return redirect(url_for("programmes.everything"))
    _keep(found)
    return redirect(url_for("programmes.one", slug=found.slug))


@programmes.post("/programmes/<slug>/start")
@needs(Role.SIGNED_IN)
def start(slug: str) -> ResponseReturnValue:
    """Begin it for an athlete whose plans the viewer may change."""
    athlete_id = request.form.get("athlete", "")
    gate().check(athlete_id, consent.COACHING)
    try:
        revision = begin(store(), athlete_id, slug, {}, now_ms())
    except NotYet as error:
        flash(say(error.text, local().language), "bad")
        if error.text.key in ASKED and athlete_id in own_athletes():  # answered, and back here
            return redirect(url_for("morning.questions", athlete_id=athlete_id, then=slug))
        return redirect(url_for("programmes.everything"))
    except (ProgrammeError, PlanError) as error:
        flash(str(error), "bad")
        return redirect(url_for("programmes.one", slug=slug))
    flash(
        _(
            "It begins with plan %(revision)s, which goes to the device at the next chance.",
            revision=revision,
        ),
        "good",
    )
    return redirect(url_for("pages.today"))


def _writes() -> bool:
    return Role.COACH in gate().viewer.roles


def _keep(found: Programme) -> None:
    shelf.keep_programme(store(), found.slug, library.exported(found).decode())
    flash(_("The programme is kept."), "good")


def _editor(shown: dict[str, Any]) -> str:
    return render_template(
        "programme_edit.html",
        shown=shown,
        weekdays=words.WEEKDAYS,
        goals=[(goal, _(name)) for goal, name in words.GOALS.items()],
        exercises=sorted(exercises.CODES),
        spare_exercises=programme_form.SPARE_EXERCISES,
        spare_conditioning=programme_form.SPARE_CONDITIONING,
    )
