"""Kits: wiring drawings and parts tables, made from hardware/kits/<kit>/kit.toml and the kit's board file.

`python -m repbeat_tools.kits` writes them anew; a test keeps them the same as the data.
"""

from __future__ import annotations

import sys
import tomllib
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from repbeat_tools import boards, power

ROW, TOP, LEFT, GAP, BOX = 24, 48, 20, 250, 190
WIDTH = LEFT + BOX + GAP + BOX + LEFT
COLOURS = {
    "3V3": "#c0392b",
    "5V": "#e67e22",
    "BAT": "#c0392b",
    "GND": "#222222",
    "SDA": "#1f77b4",
    "SCL": "#b8860b",
}
SIGNAL = "#2e7d32"
TABLE = ("<!-- parts -->", "<!-- end -->")


class KitError(ValueError):
    """The kit's file cannot be used; the message names the key."""


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the parts list. `price`: € below 5, €€ to 15, €€€ above, in euros for one."""

    name: str
    maker: str
    number: str
    price: str
    quantity: int = 1
    for_what: str = ""


class Kit(msgspec.Struct, forbid_unknown_fields=True):
    """`pins`: what is printed on the module beside a GPIO. `through`: what stands in a wire, by its key.

    `supply`: the module's pin that feeds a part, by its key, where that is not 3V3.
    """

    title: str
    board: str
    module: str
    pins: dict[str, str]
    parts: list[Part]
    through: dict[str, str] = {}
    supply: dict[str, str] = {}


def folder(name: str) -> Path:
    """A kit of the project."""
    return power.kit(name).parent


def names() -> list[str]:
    """All kits."""
    return sorted(path.parent.name for path in folder("band").parent.glob("*/kit.toml"))


def read(name: str) -> Kit:
    """A kit's file. KitError."""
    file = folder(name) / "kit.toml"
    try:
        kit = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Kit)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise KitError(f"{name}/kit.toml: {error}") from error
    for i, part in enumerate(kit.parts):
        if part.price not in ("€", "€€", "€€€"):
            raise KitError(f"{name}/kit.toml: parts[{i}].price: €, €€ or €€€, not {part.price!r}")
    return kit


def wires(name: str) -> list[tuple[str, str, str, str]]:
    """(part, its terminal, the module's pin, what stands between) of each wire. KitError, BoardError."""
    kit = read(name)
    board = boards.load(boards.shipped(kit.board))
    found: list[tuple[str, str, str, str]] = []

    def pin(gpio: int, key: str) -> str:
        if str(gpio) not in kit.pins:
            raise KitError(f"{name}/kit.toml: pins.{gpio} is missing: {key} of the board is there")
        return kit.pins[str(gpio)]

    buses = {bus["id"]: bus for bus in board["i2c"]}
    for role in ("optical", "imu", "distance"):
        part = board.get(role)
        if part is None:
            continue
        bus, title = buses[part["i2c"]], part["part"].upper()
        found += [(title, "VIN", "3V3", ""), (title, "GND", "GND", "")]
        found += [(title, "SDA", pin(bus["sda"], "SDA"), ""), (title, "SCL", pin(bus["scl"], "SCL"), "")]
        if part.get("int_pin") is not None:
            found.append((title, "INT", pin(part["int_pin"], f"{role}.int_pin"), ""))
    for role, title, signals in (
        ("encoder", "encoder", {"A": "pin_a", "B": "pin_b"}),
        ("load_cell", "HX711", {"DOUT": "data_pin", "PD_SCK": "clock_pin"}),
    ):
        part = board.get(role)
        if part is None:
            continue
        found += [(title, "VCC", kit.supply.get(role, "3V3"), ""), (title, "GND", "GND", "")]
        for terminal, key in signals.items():
            found.append((title, terminal, pin(part[key], f"{role}.{key}"), kit.through.get(role, "")))
    for role, terminals in (
        ("button", ("contact", "other contact")),
        ("haptic", ("control", "minus")),
        ("led", ("anode", "cathode")),
        ("battery", ("plus", "minus")),
    ):
        part = board.get(role)
        if part is None or str(part["pin"]) not in kit.pins or kit.pins[str(part["pin"])] == "on the module":
            continue
        if role == "battery":
            found.append((role, "plus", "BAT", ""))
        found.append((role, terminals[0], pin(part["pin"], f"{role}.pin"), kit.through.get(role, "")))
        found.append((role, terminals[1], "GND", ""))
    return found


def drawing(name: str) -> str:
    """The wiring as SVG: one row a wire, the module left, the parts right."""
    kit = read(name)
    rows = wires(name)
    parts = list(dict.fromkeys(row[0] for row in rows))
    height = TOP + ROW * (len(rows) + len(parts)) + ROW
    right = LEFT + BOX + GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13" role="img">',
        f"<title>Wiring: {escape(kit.title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<rect x="{LEFT}" y="{TOP - ROW}" width="{BOX}" height="{height - TOP}" rx="6" fill="#eef3f8" '
        'stroke="#333333"/>',
        f'<text x="{LEFT + 10}" y="{TOP - 7}" font-weight="bold">{escape(kit.module)}</text>',
    ]
    y = TOP
    for part in parts:
        own = [row for row in rows if row[0] == part]
        box = ROW * len(own) + ROW - 6
        lines.append(
            f'<rect x="{right}" y="{y - ROW + 6}" width="{BOX}" height="{box}" rx="6" fill="#f6f1e6" '
            'stroke="#333333"/>'
        )
        lines.append(
            f'<text x="{right + BOX - 10}" y="{y}" text-anchor="end" font-weight="bold">{part}</text>'
        )
        for _, terminal, pin, through in own:
            colour = COLOURS.get(pin, COLOURS.get(terminal, SIGNAL))
            lines.append(
                f'<path d="M{LEFT + BOX} {y + 8}H{right}" stroke="{colour}" stroke-width="3" fill="none"/>'
            )
            lines.append(f'<text x="{LEFT + BOX - 8}" y="{y + 12}" text-anchor="end">{escape(pin)}</text>')
            lines.append(f'<text x="{right + 8}" y="{y + 12}">{escape(terminal)}</text>')
            if through:
                middle = LEFT + BOX + GAP // 2
                lines.append(
                    f'<rect x="{middle - 100}" y="{y - 2}" width="200" height="20" fill="#ffffff" '
                    f'stroke="{colour}"/>'
                )
                lines.append(
                    f'<text x="{middle}" y="{y + 12}" text-anchor="middle" font-size="11">'
                    f"{escape(through)}</text>"
                )
            y += ROW
        y += ROW
    return "\n".join([*lines, "</svg>", ""])


def parts_table(kit: Kit) -> str:
    """The parts list as a table of Markdown."""
    head = ["| Part | Maker, number | Pieces | Price | For |", "|---|---|---|---|---|"]
    rows = [
        f"| {part.name} | {part.maker} {part.number} | {part.quantity} | {part.price} | {part.for_what} |"
        for part in kit.parts
    ]
    return "\n".join([*head, *rows])


def page(name: str) -> str:
    """The kit's README with its parts table as the data has it. KitError."""
    text = (folder(name) / "README.md").read_text(encoding="utf-8")
    before, begin, rest = text.partition(TABLE[0])
    _, end, after = rest.partition(TABLE[1])
    if not begin or not end:
        raise KitError(f"{name}/README.md: it has no place {TABLE[0]} … {TABLE[1]} for the parts")
    return f"{before}{begin}\n{parts_table(read(name))}\n{end}{after}"


def made() -> dict[Path, str]:
    """Every file that is made from data, and what it should hold."""
    files: dict[Path, Any] = {}
    for name in names():
        files[folder(name) / "wiring.svg"] = drawing(name)
        files[folder(name) / "README.md"] = page(name)
    return files


def main() -> int:
    """Write them."""
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
