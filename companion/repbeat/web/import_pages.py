"""Files of other programs, handed in by a browser: read in the background, and a page says how far."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import IO

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.interop import alike, errors, imports, jobs
from repbeat.interop.alike import NearDuplicate
from repbeat.interop.imports import Listed
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, athletes, sessions
from repbeat.store.sessions import Key
from repbeat.web import uploads, words
from repbeat.web.context import companion, gate, now_ms, store
from repbeat.web.i18n import ENGLISH, local
from repbeat.web.own import own_athletes

importing = Blueprint("importing", __name__)

SHOWN = 30  # newest sessions from files
ASKED = 20  # pairs to decide at a time


@importing.get("/import")
@needs(Role.ATHLETE)
def everything() -> str:
    """Where files are handed in, what became of them, and what came of them."""
    asked, own = request.args.get("athlete", ""), own_athletes()
    athlete_id = asked if asked in own else next(iter(own), None)
    if athlete_id is None:
        return render_template("import.html", athlete=None)
    db = store()
    return render_template(
        "import.html",
        athlete=athletes.get(db, athlete_id),
        athletes=[athletes.get(db, one) for one in own],
        ticket=uploads.ticket(current_app, athlete_id),
        most_mb=current_app.config["UPLOAD_BYTES"] >> 20,
        jobs=jobs.of_athlete(db, athlete_id, now_ms()),
        pairs=[(one, *_both(one)) for one in alike.undecided(db, athlete_id)[:ASKED]],
        sessions=imports.listed(db, athlete_id, SHOWN),
        why=_why,
    )


@importing.post(f"{uploads.PATH}<ticket>")
@needs(Role.ATHLETE)
def take(ticket: str) -> ResponseReturnValue:
    """Take a file in and begin to read it."""
    athlete_id = uploads.athlete_of(current_app, ticket)
    if athlete_id is None:
        abort(404, _("The form was too old: load the page again."))
    gate().check_own(athlete_id)
    given, name = request.files.get("file"), ""
    if given is not None:
        name = Path(given.filename or "").name
    if given is None or not name:
        flash(_("Choose a file first."), "bad")
        return redirect(url_for("importing.everything", athlete=athlete_id), 303)
    db = store()
    if any(one.running for one in jobs.of_athlete(db, athlete_id, now_ms())):
        flash(_("One file at a time: the one before is still being read."), "bad")
        return redirect(url_for("importing.everything", athlete=athlete_id), 303)
    file, given.stream = given.stream, io.BytesIO()  # what it still has is closed with the request
    job = jobs.begin(db, athlete_id, name, file.seek(0, io.SEEK_END), now_ms())
    _read_in_background(job, file)
    return redirect(url_for("importing.job", athlete_id=athlete_id, job_id=job.job_id), 303)


@importing.get("/import/<athlete_id>/<job_id>")
@needs(Role.ATHLETE)
def job(athlete_id: str, job_id: str) -> str:
    """How far a file is, or what came of it."""
    gate().check_own(athlete_id)
    found = jobs.get(store(), athlete_id, job_id, now_ms())
    return render_template("import_job.html", job=found, percent=int(found.share * 20) * 5, why=_why)


@importing.post("/import/<athlete_id>/alike")
@needs(Role.ATHLETE)
def decide(athlete_id: str) -> ResponseReturnValue:
    """Say whether two sessions are the same training."""
    gate().check_own(athlete_id)
    form = request.form
    pair = NearDuplicate(
        athlete_id=athlete_id, import_id=form.get("import_id", ""), other=form.get("other", "")
    )
    answer = alike.SAME if form.get("same") == "1" else alike.DIFFERENT
    alike.decide(store(), pair, answer, now_ms())
    return redirect(url_for("importing.everything", athlete=athlete_id))


def _read_in_background(job: jobs.Job, file: IO[bytes]) -> None:
    db, parts = store(), companion()

    def run() -> None:
        jobs.work(db, job, file, lambda: round(parts.unix_s() * 1000), parts.stopping)
        db.leave()

    threading.Thread(target=run, name="import", daemon=True).start()


def _why(one: jobs.Job) -> str:
    """Why a file was refused: English names the cause, other languages its kind."""
    result = one.result
    kind = getattr(errors, result.refused, errors.ImportRefused)
    return result.why if local().language == ENGLISH else _(words.ERRORS[kind])


def _both(pair: NearDuplicate) -> tuple[Listed | None, Listed | None, Key | None]:
    """The session of the file, the other one, and the other's key if it is a band's."""
    db = store()
    mine = imports.one_listed(db, pair.athlete_id, pair.import_id)
    device_id, slash, rest = pair.other.partition("/")
    if not slash:
        return mine, imports.one_listed(db, pair.athlete_id, pair.other), None
    log, _slash, number = rest.partition("/")
    key = Key(device_id, int(log, 16), int(number))
    try:
        found = sessions.get(db, key)
    except NotFound:
        return mine, None, None
    start_ms = found.start_ms or 0
    return mine, Listed(pair.other, "RepBeat", "", start_ms, start_ms + 1000 * (found.duration_s or 0)), key
