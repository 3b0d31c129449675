"""How weeks went: recovery, load, volume and strength of one athlete, each as a chart with its table."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import fmean

from flask_babel import gettext as _

from repbeat.coach import recovery
from repbeat.derive import strength
from repbeat.derive.hrv import HrvState, Morning, hrv_baseline
from repbeat.derive.load import TrendDay, week
from repbeat.ingest import days
from repbeat.store import Database, sessions
from repbeat.store.sessions import DoneSet
from repbeat.web import form
from repbeat.web.charts import Chart, Line
from repbeat.web.i18n import local

SPANS = (28, 84, 364)  # days that may be chosen
EPOCH = date(1970, 1, 1)
STRONGEST = 4  # exercises shown: those most often trained
WEEK_DAYS = 7


def recovery_charts(db: Database, athlete_id: str, today: date, span: int) -> list[Chart]:
    """HRV with its band, resting heart rate, sleep; a night that is not there is a gap."""
    kept = recovery.mornings(db, athlete_id, today, span + 70)
    nights: dict[str, int] = defaultdict(int)
    for one in kept:
        nights[one.source] += 1
    if not nights:
        return []
    source = max(nights, key=lambda name: nights[name])
    mine = {one.day: one for one in kept if one.source == source}
    shown = [today - timedelta(days=ago) for ago in range(span - 1, -1, -1)]
    return [_hrv(kept, mine, source, shown), _resting(mine, shown), _sleep(mine, shown)]


def load_charts(db: Database, athlete_id: str, today: date, span: int) -> list[Chart]:
    """Load with fitness and fatigue, weekly volume, and estimated strength of the main exercises."""
    first = today - timedelta(days=span - 1)
    done = sessions.done_sets(db, athlete_id, _ms(first))
    trend = days.trend(db, athlete_id, today, first)
    shown = [_load(trend)] if trend else []
    return shown + ([_volume(done, first, today), *_strength(done)] if done else [])


def _hrv(kept: list[Morning], mine: dict[date, Morning], source: str, shown: list[date]) -> Chart:
    values = [mine[day].rmssd_ms if day in mine else None for day in shown]
    low: list[float | None] = []
    high: list[float | None] = []
    means: list[float | None] = []
    state = HrvState.UNKNOWN
    for day in shown:
        seen = hrv_baseline(kept, day, source)
        state = seen.state
        known = seen.mean is not None and seen.sd is not None and seen.week_mean is not None
        low.append(_exp(seen.mean - 0.5 * seen.sd) if known and seen.mean and seen.sd is not None else None)
        high.append(_exp(seen.mean + 0.5 * seen.sd) if known and seen.mean and seen.sd is not None else None)
        means.append(_exp(seen.week_mean) if seen.week_mean is not None else None)
    sentence = {
        HrvState.LOW: _("The mean of the last seven nights lies below your usual band."),
        HrvState.HIGH: _("The mean of the last seven nights lies above your usual band."),
        HrvState.NORMAL: _("The mean of the last seven nights lies within your usual band."),
        HrvState.UNKNOWN: _("Too few nights yet for a usual band: it takes about four weeks."),
    }[state]
    return Chart(
        title=_("Heart rate variability"),
        sentence=sentence + _gaps(values),
        figures=[
            (_("Seven nights"), _of(means[-1], "ms")),
            (_("Usual band"), f"{form.number(low[-1])}–{form.number(high[-1])} ms" if low[-1] else form.DASH),
        ],
        unit="RMSSD, ms",
        x=[_x(day) for day in shown],
        lines=[
            Line(name=_("Usual band"), values=high, colour="good", form="high"),
            Line(name="", values=low, form="low"),
            Line(name=_("Night"), values=_rounded(values), colour="soft", form="dots"),
            Line(name=_("Seven nights"), values=_rounded(means), colour="accent"),
        ],
        head=[_("Day"), _("Night"), _("Seven nights"), _("Usual band")],
        rows=[
            [form.day(day), form.number(value), form.number(mean), f"{form.number(a)}–{form.number(b)}"]
            for day, value, mean, a, b in zip(shown, values, means, low, high, strict=True)
            if value is not None
        ][::-1],
    )


def _resting(mine: dict[date, Morning], shown: list[date]) -> Chart:
    values = [mine[day].resting_bpm if day in mine else None for day in shown]
    weeks = _week_means(values)
    known = [value for value in values if value is not None]
    sentence = (
        _("Between %(low)s and %(high)s bpm.", low=form.number(min(known)), high=form.number(max(known)))
        if known
        else _("No night has a value.")
    )
    return Chart(
        title=_("Resting heart rate"),
        sentence=sentence + _gaps(values),
        figures=[(_("Seven nights"), _of(weeks[-1], "bpm")), (_("Last night"), _of(values[-1], "bpm"))],
        unit="bpm",
        x=[_x(day) for day in shown],
        lines=[
            Line(name=_("Night"), values=_rounded(values), colour="soft", form="dots"),
            Line(name=_("Seven nights"), values=weeks, colour="heart"),
        ],
        head=[_("Day"), "bpm"],
        rows=[[form.day(d), form.number(v)] for d, v in zip(shown, values, strict=True) if v is not None][
            ::-1
        ],
    )


def _sleep(mine: dict[date, Morning], shown: list[date]) -> Chart:
    values = [
        mine[day].asleep_min / 60 if day in mine and mine[day].asleep_min is not None else None  # type: ignore[operator]
        for day in shown
    ]
    known = [value for value in values if value is not None]
    sentence = (
        _("%(hours)s h a night on average.", hours=form.decimal(fmean(known)))
        if known
        else _("No sleep was recorded.")
    )
    return Chart(
        title=_("Sleep windows"),
        sentence=sentence + _gaps(values),
        figures=[
            (_("Seven nights"), _of(_week_means(values)[-1], "h", 1)),
            (_("Last night"), _of(values[-1], "h", 1)),
        ],
        unit="h",
        x=[_x(day) for day in shown],
        lines=[Line(name=_("Sleep windows"), values=_rounded(values, 2), colour="accent", form="bars")],
        head=[_("Day"), "h"],
        rows=[[form.day(d), form.decimal(v)] for d, v in zip(shown, values, strict=True) if v is not None][
            ::-1
        ],
    )


def _load(trend: list[TrendDay]) -> Chart:
    last = trend[-1]
    monotony = week([one.load for one in trend[-WEEK_DAYS:]]).monotony if len(trend) >= WEEK_DAYS else None
    sentence = _(
        "Fitness %(fitness)s, fatigue %(fatigue)s today.",
        fitness=form.number(last.fitness),
        fatigue=form.number(last.fatigue),
    )
    if last.warming_up:
        sentence += " " + _("The averages are still warming up.")
    return Chart(
        title=_("Load"),
        sentence=sentence,
        figures=[
            (_("Fitness"), form.number(last.fitness)),
            (_("Fatigue"), form.number(last.fatigue)),
            (_("Form (TSB)"), form.number(last.form)),
            (_("Monotony, seven days"), form.decimal(monotony)),
        ],
        unit="TRIMP",
        x=[_x(one.day) for one in trend],
        lines=[
            Line(
                name=_("Day"),
                values=[round(one.load, 1) or None for one in trend],
                colour="soft",
                form="bars",
            ),
            Line(name=_("Fitness"), values=[round(one.fitness, 2) for one in trend], colour="good"),
            Line(name=_("Fatigue"), values=[round(one.fatigue, 2) for one in trend], colour="heart"),
        ],
        head=[_("Day"), "TRIMP", _("Fitness"), _("Fatigue"), _("Form (TSB)")],
        rows=[
            [
                *(form.day(one.day), form.number(one.load)),
                *(form.decimal(one.fitness), form.decimal(one.fatigue), form.decimal(one.form)),
            ]
            for one in reversed(trend)
            if one.load
        ],
    )


def _volume(done: list[DoneSet], first: date, today: date) -> Chart:
    """Weeks begin where the viewer's do."""
    weeks: dict[date, float] = {}
    week = _week(first)
    while week <= today:
        weeks[week] = 0.0
        week += timedelta(days=7)
    for one in done:
        start = _week(days.day_of(one.start_ms, one.utc_offset_min))
        weeks[start] = weeks.get(start, 0.0) + one.reps * one.load_g
    unit = local().units
    scale = form.G_PER_LB if unit == "lb" else 1000
    best = max(weeks, key=lambda day: weeks[day])
    before, running = list(weeks.values())[-2:]
    return Chart(
        title=_("Volume a week"),
        sentence=_("Most in the week of %(day)s: %(mass)s.", day=form.day(best), mass=form.mass(weeks[best])),
        figures=[(_("This week"), form.mass(running)), (_("The week before"), form.mass(before))],
        unit=unit,
        x=[_x(day) for day in weeks],
        lines=[
            Line(
                name=_("Volume a week"),
                values=[round(grams / scale) or None for grams in weeks.values()],
                form="bars",
            )
        ],
        head=[_("Week of"), _("Moved")],
        rows=[[form.day(day), form.mass(grams)] for day, grams in reversed(weeks.items())],
    )


def _strength(done: list[DoneSet]) -> list[Chart]:
    """The best estimate a day of each main exercise, by Epley's formula: an estimate, not a test."""
    by_exercise: dict[int, dict[date, float]] = defaultdict(dict)
    for one in done:
        if one.load_g and 1 <= one.reps <= strength.MAX_FORMULA_REPS:
            day = days.day_of(one.start_ms, one.utc_offset_min)
            estimate = strength.epley(one.load_g / 1000, one.reps).load_kg
            best = by_exercise[one.exercise]
            best[day] = max(best.get(day, 0.0), estimate)
    often = sorted(by_exercise, key=lambda code: -len(by_exercise[code]))[:STRONGEST]
    unit = local().units
    scale = form.G_PER_LB / 1000 if unit == "lb" else 1.0
    out = []
    for code in often:
        best = dict(sorted(by_exercise[code].items()))
        begin, end = next(iter(best.values())), list(best.values())[-1]
        out.append(
            Chart(
                title=_("Estimated strength: %(exercise)s", exercise=form.exercise(code)),
                sentence=_(
                    "From %(begin)s to %(end)s for one repetition, by Epley’s formula.",
                    begin=form.mass(round(begin * 1000, -2)),
                    end=form.mass(round(end * 1000, -2)),
                ),
                figures=[(_("Now"), form.mass(round(end * 1000, -2)))],
                unit=unit,
                x=[_x(day) for day in best],
                lines=[
                    Line(
                        name=form.exercise(code),
                        values=[round(kg / scale, 1) for kg in best.values()],
                        colour="accent",
                    )
                ],
                head=[_("Day"), _("Estimate")],
                rows=[[form.day(day), form.mass(round(kg * 1000, -2))] for day, kg in reversed(best.items())],
            )
        )
    return out


def _week_means(values: list[float | None]) -> list[float | None]:
    """The mean of the seven nights up to each; a gap where fewer than three of them are known."""
    out: list[float | None] = []
    for at in range(len(values)):
        known = [value for value in values[max(0, at - 6) : at + 1] if value is not None]
        out.append(round(fmean(known), 1) if len(known) >= 3 else None)
    return out


def _of(value: float | None, unit: str, digits: int = 0) -> str:
    return form.DASH if value is None else f"{form.number(value, digits)} {unit}"


def _gaps(values: list[float | None]) -> str:
    missing = sum(value is None for value in values)
    return (
        " " + _("%(missing)s of %(all)s nights are not there.", missing=missing, all=len(values))
        if missing
        else ""
    )


def _week(day: date) -> date:
    return day - timedelta(days=(day.weekday() - local().week_start) % 7)


def _exp(value: float) -> float:
    return round(math.exp(value), 1)


def _rounded(values: list[float | None], digits: int = 1) -> list[float | None]:
    return [None if value is None else round(value, digits) for value in values]


def _x(day: date) -> float:
    return float((day - EPOCH).days)


def _ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
