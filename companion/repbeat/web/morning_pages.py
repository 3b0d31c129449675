"""What athletes say of themselves: each morning, before training, of red flags and of their coach."""

from __future__ import annotations

from statistics import fmean

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.coach import desk, health, recovery, shelf
from repbeat.coach.safety import Health, Sign
from repbeat.coach.situation import Bounds
from repbeat.coach.texts import say
from repbeat.derive.heart import (
    AGES,
    MAX_BPM,
    RESTING_BPM,
    Estimate,
    HeartScaleError,
    MaxFormula,
    estimated_max,
    estimated_vo2max,
)
from repbeat.derive.readiness import CheckIn
from repbeat.people import audit, consent
from repbeat.people.roles import Role, needs
from repbeat.store import athletes
from repbeat.store.athletes import Athlete
from repbeat.web import words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.i18n import local
from repbeat_protocol.plan import PlanError

morning = Blueprint("morning", __name__)

NIGHTS = 7  # of which the resting heart rate is told


@morning.get("/check-in")
@needs(Role.ATHLETE)
def choose() -> ResponseReturnValue:
    """Whose morning: at once one's own where there is one athlete."""
    own = sorted(gate().viewer.own) or [one.athlete_id for one in gate().known()]
    if len(own) == 1:
        return redirect(url_for("morning.check_in", athlete_id=own[0]))
    return render_template("check_in_choose.html", athletes=[athletes.get(store(), one) for one in own])


@morning.get("/check-in/<athlete_id>")
@needs(Role.ATHLETE)
def check_in(athlete_id: str) -> str:
    """Five taps and one to send."""
    gate().check_own(athlete_id)
    athlete = athletes.get(store(), athlete_id)
    today = desk.day_of(now_ms(), athlete.utc_offset_min)
    before = next((one for one in recovery.check_ins(store(), athlete_id, today, 0)), None)
    return render_template("check_in.html", athlete=athlete, today=today, items=words.CHECK_IN, before=before)


@morning.post("/check-in/<athlete_id>")
@needs(Role.ATHLETE)
def answer(athlete_id: str) -> ResponseReturnValue:
    """Keep the answers, and have the rules look at today's plan again."""
    gate().check_own(athlete_id)
    db, form = store(), request.form
    athlete = athletes.get(db, athlete_id)
    answers = {name: form.get(name, type=int) for name in words.CHECK_IN}
    if any(value is not None and not 1 <= value <= 5 for value in answers.values()):
        abort(422, _("Answers are 1 to 5."))
    unwell = form.get("unwell") == "1"
    if not unwell and not any(answers.values()):
        flash(_("Nothing was answered: tap what fits, or leave the page."), "bad")
        return redirect(url_for("morning.check_in", athlete_id=athlete_id))
    entry = CheckIn(desk.day_of(now_ms(), athlete.utc_offset_min), **answers, unwell=unwell)
    recovery.check_in(db, athlete_id, entry, now_ms())
    try:
        filed = desk.propose_next(db, athlete_id, now_ms())
    except PlanError as error:
        flash(_("Kept. There is no new plan: %(why)s", why=told(error)), "bad")
        return redirect(url_for("pages.today"))
    if unwell:
        flash(
            _("Please do not train today; seek help if it gets worse. Nothing rises until it is cleared."),
            "bad",
        )
    else:
        flash(_("Kept."), "good")
    kept = shelf.of_revision(db, athlete_id, filed.plan.revision) if filed.plan else None
    if kept is not None and kept.day == entry.day.isoformat():
        return redirect(url_for("coaching.explain", proposal_id=kept.proposal_id))
    return redirect(url_for("pages.today"))


@morning.get("/health/<athlete_id>")
@needs(Role.ATHLETE)
def questions(athlete_id: str) -> str:
    """The questions before training, open red flags, and what a coach must approve."""
    gate().check_own(athlete_id)
    db = store()
    bounds, answers = shelf.coaching(db, athlete_id)
    return render_template(
        "health.html",
        athlete=athletes.get(db, athlete_id),
        answers=answers,
        questions=words.HEALTH,
        signs=words.SIGNS,
        bounds=bounds,
        flags=shelf.flags(db, athlete_id),
        then=request.args.get("then", ""),
        **_estimates(athletes.get(db, athlete_id), answers),
    )


@morning.post("/health/<athlete_id>/heart")
@needs(Role.ATHLETE)
def heart_rates(athlete_id: str) -> ResponseReturnValue:
    """Keep the resting and the maximum heart rate; the band takes them with its plan."""
    gate().check_own(athlete_id)
    resting_bpm, max_bpm = (request.form.get(name, 0, type=int) for name in ("resting_bpm", "max_bpm"))
    try:
        health.set_heart_rates(store(), athlete_id, resting_bpm, max_bpm, now_ms())
    except HeartScaleError:
        low, high = RESTING_BPM, MAX_BPM
        abort(
            422,
            _(
                "A resting heart rate is %(low)s bpm, a maximum %(high)s bpm.",
                low=f"{low[0]}–{low[1]}",
                high=f"{high[0]}–{high[1]}",
            ),
        )
    _note(athlete_id, "heart rates")
    flash(_("Kept."), "good")
    return redirect(url_for("morning.questions", athlete_id=athlete_id))


@morning.post("/health/<athlete_id>")
@needs(Role.ATHLETE)
def state(athlete_id: str) -> ResponseReturnValue:
    """Keep the answers before training."""
    gate().check_own(athlete_id)
    form = request.form
    born = form.get("born_year", type=int)
    if born is not None and not 1900 <= born <= 2100:
        abort(422, _("The year of birth has four digits."))
    try:
        signs = tuple(Sign(name) for name in form.getlist("sign"))
    except ValueError:
        abort(422, _("There is no such sign."))
    given = Health(born_year=born, signs=signs, **{name: form.get(name) == "1" for name in words.HEALTH})
    _clearance, said = health.answer(store(), athlete_id, given, now_ms())
    flash(say(said, local().language), "good" if not signs else "bad")
    if form.get("then") and not signs:  # back to the programme that asked for them
        return redirect(url_for("programmes.one", slug=form["then"]))
    return redirect(url_for("morning.questions", athlete_id=athlete_id))


@morning.post("/health/<athlete_id>/coach")
@needs(Role.ATHLETE)
def require_coach(athlete_id: str) -> ResponseReturnValue:
    """Whether a coach must approve, and from what size of a change on."""
    gate().check_own(athlete_id)
    bounds, answers = shelf.coaching(store(), athlete_id)
    free = request.form.get("free_percent", 0, type=int)
    if not 0 <= free <= 100:
        abort(422, _("A share lies within 0 and 100 %."))
    wanted = Bounds(
        limits=bounds.limits,
        coach_required=request.form.get("coach_required") == "1",
        free_percent=free,
        valid_days=bounds.valid_days,
    )
    shelf.set_coaching(store(), athlete_id, wanted, answers)
    _note(athlete_id, "coach required" if wanted.coach_required else "coach not required")
    flash(_("Kept."), "good")
    return redirect(url_for("morning.questions", athlete_id=athlete_id))


@morning.post("/flags/<athlete_id>")
@needs(Role.SIGNED_IN)
def clear(athlete_id: str) -> ResponseReturnValue:
    """Somebody who may decide about plans states that a red flag is cleared, and by whom."""
    gate().check(athlete_id, consent.COACHING)
    statement = request.form.get("statement", "").strip()[:500]
    if not statement:
        abort(422, _("State who cleared it, and how."))
    flag_id = request.form.get("flag", "")
    shelf.clear_flag(store(), athlete_id, flag_id, gate().viewer.name, statement, now_ms())
    _note(athlete_id, "cleared a red flag")
    flash(_("Cleared. Loads may rise again as the plan says."), "good")
    return redirect(url_for("pages.today"))


def _estimates(athlete: Athlete, answers: Health) -> dict[str, Estimate | float | None]:
    """What stands beside the heart rates: last nights' resting one, the maximum by age, oxygen uptake."""
    today = desk.day_of(now_ms(), athlete.utc_offset_min)
    nights = [one.resting_bpm for one in recovery.mornings(store(), athlete.athlete_id, today, NIGHTS)]
    known = [bpm for bpm in nights if bpm]
    age = answers.age(today)
    formula = MaxFormula.BETA_BLOCKER if answers.beta_blocker else MaxFormula.TANAKA
    both = athlete.resting_bpm and athlete.max_bpm
    return {
        "nights_bpm": fmean(known) if known else None,
        "by_age": estimated_max(age, formula) if age and AGES[0] <= age <= AGES[1] else None,
        "oxygen": estimated_vo2max(athlete.resting_bpm, athlete.max_bpm) if both else None,
    }


def _note(athlete_id: str, detail: str) -> None:
    viewer = gate().viewer
    audit.note(store(), athlete_id, viewer.account_id, viewer.actor, "changed", detail, now_ms())
