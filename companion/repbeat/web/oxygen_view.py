"""Muscle oxygen of a session, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from flask_babel import gettext as _

from repbeat.store.oxygen import AMBIENT_LIGHT, GAP_MS, OK, Sample
from repbeat.web import form
from repbeat.web.charts import Chart, Line


def chart(samples: Sequence[Sample], start_ms: int, spans: list[tuple[float, float]]) -> Chart | None:
    """Saturation with the sets shaded, by seconds since `start_ms`; None without a value."""
    values = [(one.at_ms - start_ms, one.smo2_permille) for one in samples]
    good = [permille for _at, permille in values if permille is not None]
    if not good:
        return None
    points: list[tuple[float, float | None]] = []
    before_ms = values[0][0]
    for at_ms, permille in values:
        if at_ms - before_ms > GAP_MS:
            points.append((before_ms / 1000 + 1, None))  # no line over what was not measured
        points.append((at_ms / 1000, None if permille is None else permille / 10))
        before_ms = at_ms
    light = any(one.state == AMBIENT_LIGHT for one in samples)
    sentence = _(
        "%(count)s measurements, %(share)s %% of them with a value, between %(low)s and %(high)s %%. "
        "The shaded bands are the sets.",
        count=form.number(len(samples)),
        share=round(100 * len(good) / len(samples)),
        low=form.decimal(min(good) / 10),
        high=form.decimal(max(good) / 10),
    )
    if light:
        sentence += " " + _("Where light reached the sensor there is no value: cover it.")
    return Chart(
        title=_("Muscle oxygen"),
        sentence=sentence,
        unit="%",
        scale="seconds",
        x=[at_s for at_s, _value in points],
        lines=[Line(name=_("Muscle oxygen"), values=[value for _at, value in points])],
        spans=spans,
        head=[_("Minute"), "SmO₂, %", _("Haemoglobin, g/dl")],
        rows=_minutes(samples, start_ms),
    )


def _minutes(samples: Sequence[Sample], start_ms: int) -> list[list[str]]:
    by_minute: dict[int, list[Sample]] = {}
    for one in samples:
        if one.state == OK:
            by_minute.setdefault((one.at_ms - start_ms) // 60_000 + 1, []).append(one)
    rows = []
    for minute, found in sorted(by_minute.items()):
        blood = [one.thb_cg_dl for one in found if one.thb_cg_dl is not None]
        mean = fmean(one.smo2_permille for one in found if one.smo2_permille is not None)
        rows.append(
            [str(minute), form.decimal(mean / 10), form.decimal(fmean(blood) / 100, 2) if blood else "–"]
        )
    return rows
