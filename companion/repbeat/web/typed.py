"""Numbers and days that people type, and numbers as a field shows them: either decimal mark, own units.

A field is one of text: browsers read a number field by their own language, not by the page's.
"""

from __future__ import annotations

import re
from datetime import date

from babel import dates
from babel.numbers import get_decimal_symbol, get_group_symbol
from flask_babel import gettext as _

from repbeat.web.form import G_PER_LB
from repbeat.web.i18n import local

_NUMBER = re.compile(r"(?=.*\d)([+-]?\d*)(?:([.,\u066b])(\d+))?")  # \d: the digits of every script
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_GROUP = 3


class NotANumber(ValueError):
    """What was typed is no number, or might be one of two."""

    def __init__(self, text: str) -> None:
        super().__init__(
            _("%(typed)s is no number: write it without a mark between thousands.", typed=text or "–")
        )


class NotADay(ValueError):
    """What was typed is no day of the calendar."""

    def __init__(self, text: str) -> None:
        example = dates.format_date(date(2026, 12, 31), "short", locale=local().formats)
        super().__init__(
            _("%(typed)s is no day: write it as %(example)s.", typed=text or "–", example=example)
        )


def day(text: str) -> date:
    """As a browser's date field sends it, else three numbers in the viewer's order; NotADay."""
    text = text.strip()
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
        if len(re.findall(r"\d+", text)) == len(("day", "month", "year")):
            return dates.parse_date(text, locale=local().formats)
    except ValueError:
        pass
    raise NotADay(text)


def number(text: str) -> float | None:
    """None where the field was left empty; NotANumber, also for "1.500" of those who write 1,5."""
    text = text.strip().replace("\u2212", "-")
    if not text:
        return None
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise NotANumber(text)
    units, mark, decimals = found.groups(default="")
    if mark and mark == get_group_symbol(local().numbers) and len(decimals) == _GROUP:
        raise NotANumber(text)
    return float(f"{units}.{decimals or 0}")


def whole(text: str) -> int | None:
    """A count; None where the field was left empty. NotANumber, also for a broken one."""
    value = number(text)
    if value is not None and value != int(value):
        raise NotANumber(text)
    return None if value is None else int(value)


def grams(text: str) -> float | None:
    """A load in the viewer's unit; None where the field was left empty. NotANumber."""
    value = number(text)
    return None if value is None else value * _unit_g()


def shown(value: float | str | None, digits: int = 2) -> str:
    """As it would be typed; nothing for None, and as it was where it could not be read."""
    if value is None or isinstance(value, str):
        return value or ""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if digits else text
    return text.replace(".", get_decimal_symbol(local().numbers))


def load(grams: float | None) -> str:
    """A load as it would be typed, in the viewer's unit."""
    return "" if grams is None else shown(grams / _unit_g())


def load_kg(value: float | str | None) -> str:
    """The same of kilograms, and as it was where it could not be read."""
    return shown(value) if value is None or isinstance(value, str) else load(value * 1000)


def _unit_g() -> float:
    return G_PER_LB if local().units == "lb" else 1000.0


FILTERS = {"typed": shown, "typed_load": load, "typed_kg": load_kg}
