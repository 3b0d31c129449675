"""How numbers and moments are written for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from repbeat_protocol import exercises

FIELDS = {
    "load_g": "load",
    "sets": "sets",
    "reps_low": "lower repetitions",
    "reps_high": "upper repetitions",
    "rest_s": "rest",
}


def moment(unix_ms: int | None, utc_offset_min: int | None = 0) -> str:
    """Local date and time of a UTC moment; "time not known yet" for None."""
    if unix_ms is None:
        return "time not known yet"
    local = datetime.fromtimestamp(unix_ms / 1000, UTC) + timedelta(minutes=utc_offset_min or 0)
    return f"{local.day} {local:%b %Y, %H:%M}"


def ago(seconds: float | None) -> str:
    """A span up to now in its largest fitting unit."""
    if seconds is None:
        return "never"
    for limit, unit, size in ((90, "s", 1), (5400, "min", 60), (129600, "h", 3600)):
        if seconds < limit:
            return f"{max(0, round(seconds / size))} {unit} ago"
    return f"{round(seconds / 86400)} days ago"


def span(seconds: float | None) -> str:
    """A length of time as minutes and seconds; a dash for None."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def kilograms(grams: int) -> str:
    """Grams as kilograms without needless zeros; body weight for 0."""
    return f"{grams / 1000:g} kg" if grams else "body weight"


def exercise(code: int) -> str:
    """An exercise's name as a heading."""
    return exercises.slug(code).replace("_", " ").replace("-", " ").capitalize()


def plan_value(value: int, field: str) -> str:
    """A plan's number with its unit."""
    if field == "load_g":
        return kilograms(value)
    return f"{value} s" if field.endswith("_s") else str(value)


def seconds(milliseconds: int | None) -> str:
    """Milliseconds as seconds with one decimal; a dash for 0 or None (not measured)."""
    return f"{milliseconds / 1000:.1f}" if milliseconds else "–"


def metres_per_second(millimetres: int | None) -> str:
    """Velocity; a dash where the sensor gave none."""
    return f"{millimetres / 1000:.2f}" if millimetres else "–"


FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago,
    "exercise": exercise,
    "field": lambda name: FIELDS.get(name, name.replace("_", " ")),
    "kilograms": kilograms,
    "metres_per_second": metres_per_second,
    "moment": moment,
    "plan_value": plan_value,
    "seconds": seconds,
    "span": span,
}
