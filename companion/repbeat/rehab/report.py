"""The report for a therapist: a table for a spreadsheet, or a PDF of a page or two, in English."""

from __future__ import annotations

import csv
import io
from datetime import date
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from repbeat import paper
from repbeat.rehab.course import Course, Meeting, RangeSet
from repbeat_protocol import exercises

if TYPE_CHECKING:
    from fpdf import FPDF

CSV, PDF = "csv", "pdf"
COLUMNS = (
    *("day", "exercise", "set", "range_low_deg", "range_high_deg", "repetitions", "below", "within", "above"),
    *("unsure", "mean_deg", "most_deg", "effort_0_10", "soreness_1_5", "fatigue_1_5", "unwell"),
)
METHOD = (
    "Angles are the change of the limb's inclination from its start position, measured by gravity with a "
    "band on that limb: right to 3 degrees where the turn is held. Rotation about the vertical is not seen. "
    "Repetitions too fast for this are listed as unsure and are in no mean. Effort is the answer after the "
    "session, 0-10; soreness is that day's answer, 1-5 with 5 the best. RepBeat is no medical device."
)
WIDTH_MM, LEFT_MM = 178.0, 16.0
CHART_MM, AXIS_MM = 40.0, 10.0
GREY, BAND, INK, ACCENT = (110, 110, 110), (222, 232, 240), (20, 20, 20), (0, 90, 156)


Meetings = list[tuple[Meeting, list[RangeSet]]]


def table(found: Course) -> str:
    """CSV, a line a set."""
    felt = {one.day: one for one in found.felt}
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for meeting in found.meetings:
        day = felt.get(meeting.day)
        for row in meeting.sets:
            values = (
                *(meeting.day.isoformat(), exercises.slug(row.exercise), row.set_index + 1),
                *(row.angle_low, row.angle_high, row.reps, row.below, row.within, row.above, row.unsure),
                *(row.reached_mean, row.reached_most, meeting.effort),
                *((day.soreness, day.fatigue, int(day.unwell)) if day else (None, None, None)),
            )
            rows.writerow(["" if value is None else value for value in values])
    return out.getvalue()


def sheet(found: Course, made: date) -> bytes:
    """The PDF; paper.NoPdf where a library is missing."""
    pdf = paper.blank("Range of motion")
    pdf.set_margins(LEFT_MM, 16)
    pdf.set_auto_page_break(True, 16)
    pdf.add_page()
    _line(pdf, "Range of motion", 18)
    _line(pdf, f"{found.name}, {found.first.isoformat()} to {found.last.isoformat()}", 12)
    _line(pdf, f"Made on {made.isoformat()} with RepBeat", 9, GREY)
    for text in summary(found):
        _line(pdf, text, 11)
    for exercise, meetings in found.by_exercise.items():
        _exercise(pdf, found, exercise, meetings)
    pdf.ln(4)
    _line(pdf, METHOD, 8, GREY)
    return bytes(pdf.output())


def summary(found: Course) -> list[str]:
    """How much of what was planned was done, in sentences."""
    if not found.meetings:
        return ["No session with an angle range in these weeks."]
    done = len({one.day for one in found.meetings})
    if found.planned_days is None:
        out = [f"Trained on {done} days; no weekly plan is known."]
    else:
        out = [f"Trained on {done} of {found.planned_days} planned days."]
    known = [one for one in found.meetings if one.planned_sets is not None]
    if known:
        sets, planned = sum(len(one.sets) for one in known), sum(one.planned_sets or 0 for one in known)
        out.append(f"Sets done: {sets} of {planned} in these sessions' plans.")
    return out


def share(rows: list[RangeSet]) -> str:
    """How many repetitions were within the range, in a sentence."""
    within, reps = sum(row.within for row in rows), sum(row.reps for row in rows)
    below, above = sum(row.below for row in rows), sum(row.above for row in rows)
    return (
        f"{within} of {reps} repetitions within the range; {below} turned before it, {above} passed it, "
        f"{reps - within - below - above} unsure."
    )


def _exercise(pdf: FPDF, found: Course, exercise: int, meetings: Meetings) -> None:
    rows = [row for _meeting, of_one in meetings for row in of_one]
    if pdf.will_page_break(CHART_MM + 40):
        pdf.add_page()
    pdf.ln(4)
    latest = rows[-1]
    name = exercises.slug(exercise).replace("_", " ").capitalize()
    _line(pdf, f"{name}, {latest.angle_low} to {latest.angle_high} degrees", 13)
    _line(pdf, share(rows), 10)
    _chart(pdf, found, meetings)
    _days(pdf, found, meetings)


def _chart(pdf: FPDF, found: Course, meetings: Meetings) -> None:
    """Mean angle of each session over the weeks, the largest as a thin mark, the range asked as a band."""
    rows = [row for _meeting, of_one in meetings for row in of_one]
    top = max(*(row.angle_high for row in rows), *(row.reached_most or 0 for row in rows)) + 10
    x0_mm, y0_mm = LEFT_MM + AXIS_MM, pdf.get_y() + 2
    width_mm = WIDTH_MM - AXIS_MM
    days = max(1, (found.last - found.first).days)

    def x(day: date) -> float:
        return x0_mm + width_mm * (day - found.first).days / days

    def y(degrees: float) -> float:
        return y0_mm + CHART_MM * (1 - degrees / top)

    pdf.set_fill_color(*BAND)
    for number, (meeting, of_one) in enumerate(meetings):
        until = meetings[number + 1][0].day if number + 1 < len(meetings) else found.last
        row = of_one[-1]
        left_mm, right_mm = x(meeting.day if number else found.first), x(until)
        pdf.rect(left_mm, y(row.angle_high), right_mm - left_mm, y(row.angle_low) - y(row.angle_high), "F")
    pdf.set_draw_color(*GREY)
    pdf.set_line_width(0.2)
    pdf.set_font_size(8)
    pdf.set_text_color(*GREY)
    pdf.rect(x0_mm, y0_mm, width_mm, CHART_MM)
    for degrees in range(0, top, 30):
        pdf.line(x0_mm - 1, y(degrees), x0_mm, y(degrees))
        pdf.text(LEFT_MM + 2, y(degrees) + 1, f"{degrees}")
    pdf.set_draw_color(*ACCENT)
    pdf.set_fill_color(*ACCENT)
    points = [(x(meeting.day), _mean(of_one), _most(of_one)) for meeting, of_one in meetings]
    known = [(at_mm, mean, most) for at_mm, mean, most in points if mean is not None and most is not None]
    for before, after in pairwise(known):
        pdf.line(before[0], y(before[1]), after[0], y(after[1]))
    for at_mm, mean, most in known:
        pdf.circle(at_mm, y(mean), 0.8, style="F")
        pdf.line(at_mm - 1, y(most), at_mm + 1, y(most))
    pdf.set_y(y0_mm + CHART_MM + 1)
    _line(pdf, "Degrees: mean of each session (dots), the largest (marks), range asked (band)", 8, GREY)


def _days(pdf: FPDF, found: Course, meetings: Meetings) -> None:
    from fpdf import FontFace

    felt = {one.day: one for one in found.felt}
    pdf.set_font_size(9)
    pdf.set_draw_color(*GREY)
    pdf.set_fill_color(255)
    pdf.set_text_color(*INK)
    widths = (24, 14, 16, 16, 14, 18, 16, 18, 18, 24)
    looks = {"text_align": "RIGHT", "line_height": 5, "headings_style": FontFace(color=GREY)}
    with pdf.table(width=WIDTH_MM, col_widths=widths, **looks) as lines:
        heads = ("Day", "Sets", "Within", "Before", "Past", "Unsure", "Mean", "Largest", "Effort", "Soreness")
        lines.row(heads)
        for meeting, of_one in meetings:
            day = felt.get(meeting.day)
            values = (
                *(meeting.day.isoformat(), len(of_one), sum(row.within for row in of_one)),
                *(sum(row.below for row in of_one), sum(row.above for row in of_one)),
                *(sum(row.unsure for row in of_one), _mean(of_one), _most(of_one), meeting.effort),
                "unwell" if day and day.unwell else day.soreness if day else None,
            )
            lines.row(["–" if value is None else str(value) for value in values])


def _mean(rows: list[RangeSet]) -> int | None:
    known = [row.reached_mean for row in rows if row.reached_mean is not None]
    return round(fmean(known)) if known else None


def _most(rows: list[RangeSet]) -> int | None:
    return max((row.reached_most for row in rows if row.reached_most is not None), default=None)


def _line(pdf: FPDF, text: str, size: int, colour: tuple[int, int, int] = INK) -> None:
    pdf.set_font_size(size)
    pdf.set_text_color(*colour)
    pdf.set_x(LEFT_MM)
    text = paper.readable(pdf, text)
    pdf.multi_cell(WIDTH_MM, size * 0.45, text, align="L", new_x="LMARGIN", new_y="NEXT")
