"""A sheet of labels for machines: name and a QR code that leads to the page where the machine is claimed.

The code holds an address and the machine's drawn id, no name and no key. A4, 2 × 7 labels of 99.1 × 38.1 mm
(the usual sheet of 14), drawn as vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import segno

from repbeat import paper
from repbeat.gym.machines import Machine

COLUMNS, ROWS = 2, 7
WIDTH_MM, HEIGHT_MM = 99.1, 38.1
LEFT_MM, TOP_MM, GAP_MM = 4.65, 15.15, 2.5
QR_MM, EDGE_MM = 30.0, 4.0
NAME_PT = (14, 11, 8)  # the largest that fits: a name has up to 64 characters
LINE_MM = 0.43  # a point's height with the room to the next line
ID_MM = 4.0
BELOW: dict[str, Any] = {"new_x": "LEFT", "new_y": "NEXT", "align": "L"}


class NoLabels(Exception):
    """There is nothing to label; the message says what to do."""


def address(base_url: str, machine: Machine) -> str:
    """Where a machine's code leads."""
    return f"{base_url.rstrip('/')}/m/{machine.machine_id}"


def sheet(found: Sequence[Machine], base_url: str) -> bytes:
    """The PDF; NoLabels without machines, paper.NoPdf where a library is missing."""
    if not found:
        raise NoLabels("there are no machines to label: `repbeat machines add NAME`")
    pdf = paper.blank("RepBeat machine labels")
    pdf.set_auto_page_break(False)
    for number, machine in enumerate(found):
        place = number % (COLUMNS * ROWS)
        if place == 0:
            pdf.add_page()
        row, column = divmod(place, COLUMNS)
        x_mm = LEFT_MM + column * (WIDTH_MM + GAP_MM)
        y_mm = TOP_MM + row * HEIGHT_MM
        modules = [list(line) for line in segno.make(address(base_url, machine), error="m").matrix]
        size_mm = QR_MM / len(modules)
        for line, bits in enumerate(modules):
            for at, dark in enumerate(bits):
                if dark:
                    left_mm, top_mm = x_mm + EDGE_MM + at * size_mm, y_mm + EDGE_MM + line * size_mm
                    pdf.rect(left_mm, top_mm, size_mm, size_mm, style="F")
        pdf.set_xy(x_mm + 2 * EDGE_MM + QR_MM, y_mm + EDGE_MM)
        width_mm = WIDTH_MM - QR_MM - 3 * EDGE_MM
        room_mm = HEIGHT_MM - 2 * EDGE_MM - 2 * ID_MM
        name = paper.readable(pdf, machine.name)
        for size_pt in NAME_PT:
            pdf.set_font_size(size_pt)
            line_mm = size_pt * LINE_MM
            high_mm = cast(float, pdf.multi_cell(width_mm, line_mm, name, dry_run=True, output="HEIGHT"))
            if high_mm <= room_mm:
                break
        pdf.multi_cell(width_mm, line_mm, name, **BELOW)
        pdf.set_font_size(8)
        pdf.multi_cell(width_mm, ID_MM, "Scan to claim your sets", **BELOW)
        pdf.multi_cell(width_mm, ID_MM, machine.machine_id, align="L")
    return bytes(pdf.output())
