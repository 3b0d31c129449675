"""What a rule looked at, in the viewer's words and units.

A proposal keeps its inputs by the names that the rules give them, to be decided again any day later; here
they are what a person would say of them.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from repbeat.store import NotFound, devices
from repbeat.web import words
from repbeat.web.context import store
from repbeat.web.form import chance, likely, mass, number

Row = tuple[str, str]


def rows(inputs: dict[str, Any]) -> list[Row]:
    """(what it is, its value with its unit) of each input of a rule for an exercise, in a reader's order.

    An input that this version does not know keeps its own name.
    """
    left = dict(inputs)
    asked = [left.pop(name) for name in ("sets", "reps_low", "reps_high") if name in left]
    told = {name: write(left.pop(name)) for name, write in _WRITTEN.items() if name in left}
    if len(asked) == 3:
        told["asked"] = "{} × {}–{}".format(*asked)
    out = [(str(_(words.INPUTS[name])), told[name]) for name in words.INPUTS if name in told]
    return out + [(words.plain(name), str(value)) for name, value in left.items() if name != "text"]


def source(name: str) -> str:
    """Where a value came from: a device by what its owner calls it, else what kind of file or question."""
    if name in words.SOURCES:
        return str(_(words.SOURCES[name]))
    try:
        return devices.get(store(), name).name or name
    except NotFound:
        return name


def _list(values: list[Any]) -> str:
    return ", ".join(values) or "–"


_WRITTEN = {
    "reps": lambda reps: _list([number(one) for one in reps]),
    "loads_g": lambda loads: _list([mass(one) for one in loads]),
    "outcome": lambda outcome: _(words.OUTCOMES[outcome]),
    "failures": number,
    "readiness": lambda state: _(words.READINESS[state]),
    "red_flag": lambda flag: _("yes") if flag else _("no"),
    "week_ago_g": mass,
    "week_ago_reps": number,
    "plate_g": mass,
    "week_percent": lambda percent: chance(percent / 100),
    "chance": likely,
    "chance_sessions": number,
}
