"""A chart as a page needs it: what it shows in a sentence, what is drawn, and the same as a table."""

from __future__ import annotations

from typing import Any

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of values, None a gap. `form`: line, bars, dots, or low and high, the edges of a band."""

    name: str
    values: list[float | None]
    colour: str = "accent"
    form: str = "line"


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """`x` counts days since 1970, seconds or hours, as `scale` says; the first cell of a row names it.

    `figures`: (what, value) of what counts now, read before the lines are.
    """

    title: str
    sentence: str
    unit: str
    x: list[float]
    lines: list[Line]
    head: list[str]
    rows: list[list[str]]
    scale: str = "days"
    spans: list[tuple[float, float]] = []
    figures: list[tuple[str, str]] = []

    @property
    def legend(self) -> list[tuple[str, str, str]]:
        """(name, colour, form) of what is drawn, where it is more than one thing."""
        seen = [(one.name, one.colour, one.form) for one in self.lines if one.form != "low"]
        return seen if len(seen) > 1 else []

    @property
    def data(self) -> dict[str, Any]:
        """What charts.js draws."""
        return {
            "x": self.x,
            "scale": self.scale,
            "unit": self.unit,
            "spans": self.spans,
            "series": [
                {"name": one.name, "values": one.values, "colour": one.colour, "as": one.form}
                for one in self.lines
            ],
        }
