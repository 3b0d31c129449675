"""What the operator's page shows of a gym beside its lists."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from repbeat.gym import utilisation
from repbeat.gym.fleet import IN_USE_MS
from repbeat.gym.machines import Machine
from repbeat.store import Database
from repbeat.web import form
from repbeat.web.charts import Chart, Line
from repbeat_protocol import exercises as wire


def exercises() -> list[tuple[str, str]]:
    """(slug, name) of each, by name."""
    named = [(slug, form.exercise(code)) for slug, code in wire.CODES.items() if code]
    return sorted(named, key=lambda one: one[1])


def hours(db: Database, machines: Sequence[Machine], now_ms: int) -> Chart | None:
    """Minutes in use of the last seven days by hour of the day; None while nothing was used."""
    minutes = utilisation.by_hour(db, [one.machine_id for one in machines], now_ms - IN_USE_MS)
    if not any(minutes):
        return None
    most = max(range(len(minutes)), key=minutes.__getitem__)
    return Chart(
        title=_("In use by the hour"),
        sentence=_(
            "Most between %(from_hour)s and %(to_hour)s: %(minutes)s minutes in sets of the last seven days.",
            from_hour=form.hour(most),
            to_hour=form.hour((most + 1) % len(minutes)),
            minutes=form.number(minutes[most]),
        ),
        unit=_("minutes"),
        x=[float(hour) for hour in range(len(minutes))],
        lines=[Line(name=_("In use"), values=[round(one, 1) or None for one in minutes], form="bars")],
        head=[_("Hour"), _("minutes")],
        rows=[[form.hour(hour), form.number(one)] for hour, one in enumerate(minutes) if one],
        scale="hours",
    )
