"""How numbers, moments and names are written for whoever looks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from babel import Locale, dates, numbers
from flask_babel import gettext as _

from repbeat.coach.conditioning import Conditioning
from repbeat.coach.texts import Text, say
from repbeat.derive.readiness import Reading, Signal
from repbeat.web import words
from repbeat.web.i18n import local
from repbeat_protocol import exercises

G_PER_LB = 453.59237  # by definition of the international pound
WHOLE_FROM = 1000  # kg or lb: what so many weigh together is read without decimals
DASH = "–"
WRITTEN = 4096  # numbers and days kept as they were written: charts and lists say the same ones many times


def number(value: float | None, digits: int = 0) -> str:
    """With at most `digits` decimals and the viewer's decimal mark; a dash for None."""
    if value is None:
        return DASH
    pattern = "#,##0." + "#" * digits if digits else "#,##0"
    return _written(round(value, digits), pattern, local().numbers)


def decimal(value: float | None, digits: int = 1) -> str:
    """With exactly `digits` decimals; a dash for None."""
    if value is None:
        return DASH
    return _written(value, "#,##0." + "0" * digits, local().numbers)


@lru_cache(WRITTEN)
def _written(value: float, pattern: str, locale: Locale) -> str:
    written = numbers.format_decimal(value + 0, format=pattern, locale=locale)  # + 0: never "-0"
    return str(written).replace("-", "\N{MINUS SIGN}")


def mass(grams: float) -> str:
    """Grams in the viewer's unit."""
    value, unit = in_unit(grams), local().units
    digits = 0 if value >= WHOLE_FROM else 1 if unit == "lb" else 2
    return f"{number(value, digits)} {unit}"


def in_unit(grams: float) -> float:
    """Grams as a number of the viewer's unit."""
    return grams / (G_PER_LB if local().units == "lb" else 1000)


def load(grams: int) -> str:
    """A plan's load; body weight for 0."""
    return mass(grams) if grams else _("body weight")


def moment(unix_ms: int | None, utc_offset_min: int | None = None) -> str:
    """Date and time: where the training was if that is known, else in the viewer's zone, else UTC."""
    if unix_ms is None:
        return _("time not known yet")
    return f"{_day(_local(unix_ms, utc_offset_min))}, {_time(_local(unix_ms, utc_offset_min))}"


def clock(unix_ms: int | None, utc_offset_min: int | None = None) -> str:
    """The time of day alone."""
    return DASH if unix_ms is None else _time(_local(unix_ms, utc_offset_min))


def day(value: date | str) -> str:
    """A calendar day, short, with its weekday."""
    return _short_day(_date(value), local().formats)


@lru_cache(WRITTEN)
def _short_day(value: date, locale: Locale) -> str:
    return str(dates.format_skeleton("MMMEd", value, locale=locale))


def dated(value: date | str) -> str:
    """A calendar day with its year."""
    return _day(_date(value))


def ago(seconds: float | None) -> str:
    """A span up to now in its largest fitting unit."""
    if seconds is None:
        return _("never")
    before = timedelta(seconds=-max(1, round(seconds)))
    return str(dates.format_timedelta(before, add_direction=True, threshold=1, locale=local().formats))


def span(seconds: float | None) -> str:
    """A length of time as minutes and seconds; a dash for None."""
    if seconds is None:
        return DASH
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def exercise(code: int) -> str:
    """An exercise's name as a heading."""
    return _(words.plain(exercises.slug(code)))


def called(name: str) -> str:
    """What something learned is of: an exercise, the heart, or a device, as its owner calls it."""
    return _(words.plain(name)) if name in exercises.CODES or name == "heart" else name


def rule(name: str) -> str:
    """What a rule of the planner does, by the id that proposals keep."""
    return _(words.RULES[name]) if name in words.RULES else words.plain(name)


def field(name: str) -> str:
    """What a number of a plan is."""
    return _(words.FIELDS[name]) if name in words.FIELDS else words.plain(name)


def plan_value(value: int, field: str) -> str:
    """A plan's number with its unit."""
    if field == "load_g":
        return load(value)
    return f"{value} s" if field.endswith("_s") else str(value)


def translated(written: str) -> str:
    """A name of the project's own in the viewer's language; what somebody else wrote as they wrote it."""
    return str(_(written)) if written else ""


def act(action: str, detail: str) -> str:
    """An entry of an athlete's log; names and numbers in it stay as they are."""
    return f"{_(action)} {''.join(_known(one) for one in re.split(r'(: |, )', detail))}".strip()


def cause(problem: str) -> str:
    """Why something failed: a sentence of the vocabulary, and a detail after a colon as it is."""
    known, colon, detail = problem.partition(": ")
    return f"{_(known)}{colon}{detail}" if known else ""


def _known(word: str) -> str:
    """A word of the vocabulary, as a scope, in the viewer's language; any other as it is."""
    for spelt in (word, words.plain(word)) if word.strip() else ():
        if (said := str(_(spelt))) != spelt:
            return said
    return word


def hour(number: int) -> str:
    """A full hour of the day, 0–23."""
    return _time(datetime(2000, 1, 1, number, tzinfo=UTC))


def told(text: Text | dict[str, Any] | None, otherwise: str = "") -> str:
    """A sentence of the coach in the viewer's language and units; `otherwise` where none was kept."""
    if not text:
        return otherwise
    return say(msgspec.convert(text, Text), local().language, mass)


def reading(one: Reading) -> str:
    """A signal of a morning beside what is usual for the person."""
    write = _READINGS[one.signal]
    if one.value is None:
        return ""
    now = write(one.value)
    return (
        now if one.reference is None else _("%(now)s, usually %(usual)s", now=now, usual=write(one.reference))
    )


def measured(value: float | None, signal: str) -> str:
    """A value of a signal of the morning with its unit; a dash for None."""
    return DASH if value is None else _READINGS[Signal(signal)](value)


def conditioning(one: Conditioning, heart: bool = True) -> str:
    """Work after the sets in words; `heart` false: by feel alone, without a zone."""
    feel = _(words.EFFORTS[one.zone])
    work = f"{one.rounds} × {span(one.work_s)}" if one.rounds > 1 else span(one.work_s)
    said = (
        _("%(work)s in zone %(zone)s (%(feel)s)", work=work, zone=one.zone, feel=feel)
        if heart
        else _("%(work)s by feel: %(feel)s", work=work, feel=feel)
    )
    return f"{said}, {_('%(rest)s easy between', rest=span(one.rest_s))}" if one.rest_s else said


def likely(value: float) -> str:
    """How likely something is, 0-1, as per cent: what was learned is never certain."""
    return chance(min(max(value, 0.01), 0.99))


def chance(value: float) -> str:
    """A share of 0-1 as per cent."""
    return f"{number(value * 100)}\N{NO-BREAK SPACE}%"


def figure(value: float) -> str:
    """Three significant digits."""
    return _written(float(f"{value:.3g}"), "#,##0.######", local().numbers)


def seconds(milliseconds: int | None) -> str:
    """Milliseconds as seconds with one decimal; a dash for 0 or None (not measured)."""
    return decimal(milliseconds / 1000) if milliseconds else DASH


def metres_per_second(millimetres: int | None) -> str:
    """Velocity; a dash where the sensor gave none."""
    return decimal(millimetres / 1000, 2) if millimetres else DASH


def _local(unix_ms: int, utc_offset_min: int | None) -> datetime:
    at = datetime.fromtimestamp(unix_ms / 1000, UTC)
    if utc_offset_min is None:
        return at.astimezone(local().zone or UTC)
    return at + timedelta(minutes=utc_offset_min)


def _day(at: date) -> str:
    return _medium_day(date(at.year, at.month, at.day), local().formats)


@lru_cache(WRITTEN)
def _medium_day(value: date, locale: Locale) -> str:
    return str(dates.format_date(value, "medium", locale=locale))


def _time(at: datetime) -> str:
    return dates.format_time(at.time(), "short", locale=local().formats)


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


_READINGS: dict[Signal, Callable[[float], str]] = {
    Signal.HRV: lambda value: f"{number(math.exp(value))} ms",  # the baseline is one of logarithms
    Signal.RESTING: lambda value: f"{number(value)} bpm",
    Signal.SLEEP: lambda value: f"{int(value // 60)}:{round(value % 60):02d} h",
    Signal.WELLNESS: lambda value: f"{number(value, 1)}/5",
    Signal.EFFORT: lambda value: f"{number(value, 1)}/10",
}

FILTERS: dict[str, Callable[..., Any]] = {
    "act": act,
    "ago": ago,
    "bit": lambda bits, one: bool(bits & one),
    "called": called,
    "cause": cause,
    "chance": chance,
    "clock": clock,
    "conditioning": conditioning,
    "day": day,
    "dated": dated,
    "decimal": decimal,
    "exercise": exercise,
    "field": field,
    "figure": figure,
    "in_unit": in_unit,
    "likely": likely,
    "load": load,
    "mass": mass,
    "measured": measured,
    "metres_per_second": metres_per_second,
    "moment": moment,
    "number": number,
    "plain": words.plain,
    "plan_value": plan_value,
    "reading": reading,
    "rule": rule,
    "seconds": seconds,
    "span": span,
    "told": told,
    "translated": translated,
}
