"""Any file that is read: its kind by its content, never by its name alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec

from repbeat.interop import apple_health, csv_files, fit_read, gpx, tcx
from repbeat.interop.activity import Activity
from repbeat.interop.apple_health import DayValue, Seen
from repbeat.interop.errors import TooLarge, UnknownFormat

MAX_BYTES = 64 << 20  # a day at one record a second is 2 MB of FIT and some 30 MB of TCX
HEAD = 65536
KINDS = "FIT, TCX, GPX, RepBeat's own CSV, and Apple Health's export are read"


class Found(msgspec.Struct, frozen=True):
    """What a file held."""

    kind: str
    activities: Sequence[Activity]
    days: list[DayValue]


def read(path: Path) -> Found:
    """What a file holds. ImportRefused says why it holds nothing for us; OSError if it cannot be opened."""
    with path.open("rb") as file:
        return from_file(file)


def from_file(file: IO[bytes], seen: Seen = lambda done, total: None) -> Found:
    """The same of an open one; `seen` hears of a long one how much of it is read."""
    if apple_health.looks_like_export(file):
        health = apple_health.read(file, seen)
        return Found(apple_health.SOURCE, health.activities, health.days)
    size = file.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise TooLarge(f"{size >> 20} MB is more than a session's file ever is")
    file.seek(0)
    return from_bytes(file.read())


def from_bytes(content: bytes) -> Found:
    """The same for an upload that is in memory already."""
    if len(content) > MAX_BYTES:
        raise TooLarge(f"{len(content) >> 20} MB is more than a session's file ever is")
    head = content[:HEAD]
    if csv_files.looks_like_days(head):
        return Found(csv_files.SOURCE, [], csv_files.read_days(content))
    for kind, fits, reader in (
        (fit_read.SOURCE, fit_read.looks_like_fit, fit_read.read),
        (tcx.SOURCE, tcx.looks_like_tcx, tcx.read),
        (gpx.SOURCE, gpx.looks_like_gpx, gpx.read),
        (csv_files.SOURCE, csv_files.looks_like_csv, csv_files.read),
    ):
        if fits(head):
            return Found(kind, [reader(content)], [])
    raise UnknownFormat(f"of no kind that is known: {KINDS}")
