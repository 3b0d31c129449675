"""Rows of a table as one JSON array, written and read some at a time."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any, NoReturn

import msgspec

_PIECE = 1 << 16
_LONGEST = 64 << 20  # characters of one row: the heart of a day and a night, in base64, is a hundredth of it
_BETWEEN = re.compile(r"[\s,]*")


def write(file: IO[bytes], pages: Iterable[list[dict[str, Any]]]) -> None:
    """All rows as one array; bytes as base64."""
    before = b"["
    for page in filter(None, pages):
        file.write(before + b",".join(map(msgspec.json.encode, page)))
        before = b","
    file.write(b"[]" if before == b"[" else b"]")


def read(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The rows of such an array, whatever space is between them; ValueError for anything else."""
    text = io.TextIOWrapper(file, encoding="utf-8")
    held = text.read(_PIECE)
    start = held.find("[")
    if start < 0 or held[:start].strip():
        raise ValueError("a table's file is no JSON array")
    at = start + 1
    while True:
        at = _end_of_space(held, at)
        if held[at : at + 1] == "]":
            break
        try:
            row, at = _DECODER.raw_decode(held, at)
        except json.JSONDecodeError:
            # Cut in the middle of a row, or no JSON at all: as much again as is held says which.
            more = text.read(max(_PIECE, len(held) - at))
            if not more or len(held) - at > _LONGEST:
                raise
            held, at = held[at:] + more, 0
            continue
        if not isinstance(row, dict):
            raise ValueError("a row of a table is no JSON object")
        yield row
    rest = held[at + 1 :] + text.read(_PIECE)
    while rest:  # to the end, where a ZIP's checksum is looked at
        if rest.strip():
            raise ValueError("something follows the JSON array of a table")
        rest = text.read(_PIECE)


def _end_of_space(held: str, at: int) -> int:
    found = _BETWEEN.match(held, at)
    return found.end() if found else at


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


_DECODER = json.JSONDecoder(parse_constant=_refused)
