"""Range of motion: an athlete's own page, a therapist's with their consent, and the report to hand over."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import fmean

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext as _

from repbeat.coach import desk
from repbeat.paper import NoPdf
from repbeat.people import audit, consent
from repbeat.people.roles import Role, needs
from repbeat.rehab import course, report
from repbeat.rehab.course import Course, Meeting, RangeSet
from repbeat.store import athletes
from repbeat.web import form
from repbeat.web.charts import Chart, Line
from repbeat.web.context import gate, now_ms, store
from repbeat.web.trend_views import EPOCH

rehab = Blueprint("rehab", __name__)

WEEKS = (4, 12, 52)


@rehab.get("/rehab/<athlete_id>")
@needs(Role.SIGNED_IN)
def show(athlete_id: str) -> str:
    """Angles reached over the weeks, exercise by exercise."""
    found, weeks = _course(athlete_id)
    return render_template(
        "rehab.html",
        athlete_id=athlete_id,
        course=found,
        charts=[_chart(found, exercise, of_one) for exercise, of_one in found.by_exercise.items()],
        weeks=weeks,
        spans=WEEKS,
    )


@rehab.get("/rehab/<athlete_id>/report.csv")
@needs(Role.SIGNED_IN)
def as_table(athlete_id: str) -> Response:
    """The report for a spreadsheet."""
    found, _weeks = _course(athlete_id)
    return _file(athlete_id, report.table(found).encode(), "text/csv; charset=utf-8", "range-of-motion.csv")


@rehab.get("/rehab/<athlete_id>/report.pdf")
@needs(Role.SIGNED_IN)
def as_pdf(athlete_id: str) -> Response:
    """The report to print or to send."""
    found, _weeks = _course(athlete_id)
    try:
        content = report.sheet(found, desk.day_of(now_ms(), 0))
    except NoPdf:
        abort(501, _("This installation makes no PDF: the table (CSV) has the same figures."))
    return _file(athlete_id, content, "application/pdf", "range-of-motion.pdf")


def _course(athlete_id: str) -> tuple[Course, int]:
    """What the viewer may see of it; NotFound without consent to sessions."""
    asking = gate()
    asking.check(athlete_id, consent.SESSIONS)
    weeks = request.args.get("weeks", WEEKS[1], type=int)
    weeks = weeks if weeks in WEEKS else WEEKS[1]
    athlete = athletes.get(store(), athlete_id)
    planned, felt = asking.may(athlete_id, consent.PLANS), asking.may(athlete_id, consent.VALUES)
    for may, scope in ((planned, consent.PLANS), (felt, consent.VALUES)):
        if may:
            asking.seen(athlete_id, scope)
    today = desk.day_of(now_ms(), athlete.utc_offset_min)
    found = course.course(store(), athlete, today, weeks, may=asking.may_session, planned=planned, felt=felt)
    return found, weeks


def _file(athlete_id: str, content: bytes, kind: str, name: str) -> Response:
    asking = gate().viewer
    audit.note(store(), athlete_id, asking.account_id, asking.actor, "exported", "range of motion", now_ms())
    answer = Response(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _chart(found: Course, exercise: int, meetings: list[tuple[Meeting, list[RangeSet]]]) -> Chart:
    by_day: dict[date, list[RangeSet]] = {}
    for meeting, rows in meetings:
        by_day.setdefault(meeting.day, []).extend(rows)
    shown = [found.first + timedelta(days=n) for n in range((found.last - found.first).days + 1)]
    low: list[float | None] = []
    high: list[float | None] = []
    mean: list[float | None] = []
    latest: RangeSet | None = None
    for day in shown:
        rows = by_day.get(day, [])
        latest = rows[-1] if rows else latest
        low.append(latest.angle_low if latest else None)
        high.append(latest.angle_high if latest else None)
        known = [row.reached_mean for row in rows if row.reached_mean is not None]
        mean.append(round(fmean(known)) if known else None)
    every = [row for rows in by_day.values() for row in rows]
    within, reps = sum(row.within for row in every), sum(row.reps for row in every)
    return Chart(
        title=form.exercise(exercise),
        sentence=_("%(within)s of %(reps)s repetitions turned within the range.", within=within, reps=reps),
        unit=_("degrees"),
        x=[float((day - EPOCH).days) for day in shown],
        lines=[
            Line(name=_("Range asked"), values=high, colour="good", form="high"),
            Line(name="", values=low, form="low"),
            Line(name=_("Mean angle"), values=mean, form="dots"),
        ],
        head=[_("Day"), _("Range asked"), _("Mean angle"), _("before"), _("within"), _("past"), _("unsure")],
        rows=[_row(day, by_day[day]) for day in sorted(by_day, reverse=True)],
    )


def _row(day: date, rows: list[RangeSet]) -> list[str]:
    known = [row.reached_mean for row in rows if row.reached_mean is not None]
    counts = (sum(getattr(row, name) for row in rows) for name in course.COUNTS)
    return [
        form.day(day),
        f"{rows[-1].angle_low}–{rows[-1].angle_high}°",
        f"{round(fmean(known))}°" if known else form.DASH,
        *(str(n) for n in counts),
    ]
