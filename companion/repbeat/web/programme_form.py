"""A programme as a form and back: plain fields, so that the editor works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from repbeat.coach.programmes import Programme, parse
from repbeat.web import typed

SPARE_EXERCISES, SPARE_CONDITIONING = 2, 1
"""Empty rows to fill in; an emptied row is taken out."""
MOST_DAYS, MOST_ROWS = 14, 40
EXERCISE = (
    *("sets", "reps_low", "reps_high", "start_kg", "rest_s", "rest_until_bpm", "rpe"),
    *("eccentric_s", "pause_s", "concentric_s", "velocity_loss_percent", "angle_low", "angle_high"),
)
CONDITIONING = ("zone", "work_s", "rest_s", "rounds")
CAPS = (
    *("upper_week_percent", "lower_week_percent", "upper_plate_kg", "lower_plate_kg"),
    *("reps_limit", "most_rpe", "strain"),
)


def blank() -> dict[str, Any]:
    """A programme to begin with."""
    exercise = {"exercise": "squat", "sets": 3, "reps": [8, 12], "start_kg": 20}
    return {
        "slug": "my-programme",
        "name": "My programme",
        "version": 1,
        "for_whom": "",
        "days": [{"name": "Day 1", "exercises": [exercise]}],
        "week": [1, 0, 0, 1, 0, 0, 0],
    }


def read(form: Mapping[str, str]) -> Programme:
    """The programme in a sent form; ProgrammeError names what is wrong."""
    return parse(msgspec.json.encode(sent(form)), "the form")


def sent(form: Mapping[str, str]) -> dict[str, Any]:
    """What a form says, right or wrong, to check it or to show it again."""
    days = []
    for number in range(MOST_DAYS):
        if f"d{number}-name" not in form:
            break
        days.append(_day(form, number))
    return {
        "slug": form.get("slug", "").strip(),
        "name": form.get("name", "").strip(),
        "version": _number(form, "version", 1),
        "for_whom": form.get("for_whom", "").strip(),
        "goal": form.get("goal", ""),
        "days": [day for day in days if day["exercises"]],
        "week": [_number(form, f"week-{day}", 0) for day in range(7)],
        "deload_every_weeks": _number(form, "deload_every_weeks", 0),
        "ages": [_number(form, "age_low", 18), _number(form, "age_high", 100)],
        "clearance": form.get("clearance") == "1",
        "caps": {
            **{name: _number(form, name, None) for name in CAPS if form.get(name, "").strip()},
            "heart_rate": form.get("heart_rate") == "1",
        },
    }


def _day(form: Mapping[str, str], number: int) -> dict[str, Any]:
    return {
        "name": form.get(f"d{number}-name", "").strip(),
        "exercises": _exercises(form, f"d{number}-e"),
        "light": _exercises(form, f"d{number}-l"),
        "conditioning": [
            {name: _number(form, f"d{number}-c{row}-{name}", 0) for name in CONDITIONING}
            for row in range(MOST_ROWS)
            if form.get(f"d{number}-c{row}-zone", "").strip()
        ],
    }


def _exercises(form: Mapping[str, str], prefix: str) -> list[dict[str, Any]]:
    rows = []
    for row in range(MOST_ROWS):
        at = f"{prefix}{row}"
        if not form.get(f"{at}-exercise", "").strip():
            continue
        value = {name: _number(form, f"{at}-{name}", 0) for name in EXERCISE}
        rows.append(
            {
                "exercise": form[f"{at}-exercise"],
                "sets": value["sets"],
                "reps": [value["reps_low"], value["reps_high"]],
                "start_kg": value["start_kg"],
                "rest_s": value["rest_s"],
                "rest_until_bpm": value["rest_until_bpm"],
                "tempo_s": [value["eccentric_s"], value["pause_s"], value["concentric_s"]],
                "velocity_loss_percent": value["velocity_loss_percent"],
                "rpe": value["rpe"] or 7,
                "warm_up": form.get(f"{at}-warm_up") == "1",
                "angle_deg": [value["angle_low"], value["angle_high"]] if value["angle_high"] else None,
            }
        )
    return rows


def _number(form: Mapping[str, str], name: str, otherwise: Any) -> Any:
    text = form.get(name, "").strip()
    try:
        value = _kilograms(text) if name.endswith("_kg") else typed.number(text)
    except typed.NotANumber:
        return text  # whoever checks says that it is no number
    if value is None:
        return otherwise
    return int(value) if value == int(value) else value


def _kilograms(text: str) -> float | None:
    """A load in the viewer's unit, to the 10 g of a plan."""
    grams = typed.grams(text)
    return None if grams is None else round(grams / 10) / 100
