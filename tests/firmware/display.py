"""Reads seven-segment digits off a display, as somebody who looks at it does."""

from typing import Any

# Lit segments (top, upper right, lower right, bottom, lower left, upper left, middle) of 0 to 9
DIGITS = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")
SPOTS = {
    "a": (0.5, 0),
    "b": (1, 0.25),
    "c": (1, 0.75),
    "d": (0.5, 1),
    "e": (0, 0.75),
    "f": (0, 0.25),
    "g": (0.5, 0.5),
}
SLIM = 0.25  # a 1 is narrower than this share of its height


def digits(event: dict[str, Any]) -> str:
    """The digits of a `display` event, line by line; "" when it is dark."""
    rows: list[str] = event["rows"]
    found = ""
    for top, bottom in _runs([("#" in row) for row in rows]):
        band = rows[top:bottom]
        columns = ["".join(row[x] for row in band) for x in range(len(band[0]))]
        for left, right in _runs([("#" in column) for column in columns]):
            found += str(_digit([row[left:right] for row in band]))
    return found


def _runs(lit: list[bool]) -> list[tuple[int, int]]:
    """Stretches of what is lit: (first, end)."""
    edges = [
        i for i, (one, other) in enumerate(zip([False, *lit], [*lit, False], strict=True)) if one != other
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _digit(glyph: list[str]) -> int:
    height, width = len(glyph), len(glyph[0])
    if width < SLIM * height:
        return 1
    lit = [
        name
        for name, (x, y) in SPOTS.items()
        if glyph[round(2 + y * (height - 5))][round(2 + x * (width - 5))] == "#"
    ]
    return DIGITS.index("".join(lit))
