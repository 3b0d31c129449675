"""Boards: ranks for those who opted in, by consistency and by improvement over oneself before any load.

Names are pseudonyms drawn from the board's own secret: the same for a member on one board, no use on another.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

import msgspec

CONSISTENCY, IMPROVEMENT, EFFORT = "consistency", "improvement", "effort"
KINDS = (CONSISTENCY, IMPROVEMENT, EFFORT)
CAP_IMPROVEMENT = 0.25  # in four weeks; beyond it a beginner or a typing mistake, and the rank is shared

_FIRST = [
    "calm",
    "brisk",
    "bright",
    "steady",
    "quiet",
    "bold",
    "amber",
    "silver",
    "early",
    "patient",
    "nimble",
    "merry",
    "sturdy",
    "gentle",
    "keen",
    "loyal",
]
_SECOND = [
    "heron",
    "otter",
    "badger",
    "falcon",
    "lynx",
    "marten",
    "robin",
    "salmon",
    "tiger",
    "beaver",
    "ibex",
    "puffin",
    "bison",
    "raven",
    "gecko",
    "wren",
]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a member brings. `measured_share` is how much of it a device signed; the rest was typed."""

    athlete_id: str
    kept_share: float | None = None
    e1rm_before: Mapping[int, float] = {}
    e1rm_now: Mapping[int, float] = {}
    minutes_hard: float | None = None
    minutes_hard_usual: float | None = None
    measured_share: float = 1.0


class Place(msgspec.Struct, frozen=True):
    """One line of a board. Equal values share a rank."""

    rank: int
    name: str
    value: float
    measured_share: float


def value_of(kind: str, entry: Entry) -> float | None:
    """What a member is ranked by; None: not enough known, and no place."""
    if kind == CONSISTENCY:
        return entry.kept_share
    if kind == IMPROVEMENT:
        both = [code for code in entry.e1rm_now if entry.e1rm_before.get(code, 0) > 0]
        if not both:
            return None
        gains = [entry.e1rm_now[code] / entry.e1rm_before[code] - 1 for code in both]
        return min(max(sum(gains) / len(gains), -CAP_IMPROVEMENT), CAP_IMPROVEMENT)
    if kind == EFFORT:
        if not entry.minutes_hard_usual or entry.minutes_hard is None:
            return None
        return min(entry.minutes_hard / entry.minutes_hard_usual, 2.0)
    raise KeyError(f"{kind}: boards rank {', '.join(KINDS)}")


def ranked(kind: str, entries: Iterable[Entry], secret: bytes) -> list[Place]:
    """The board, best first; only those who opted in are given."""
    known = [(round(value, 3), entry) for entry in entries if (value := value_of(kind, entry)) is not None]
    known.sort(key=lambda pair: (-pair[0], pseudonym(secret, pair[1].athlete_id)))
    values = [value for value, _ in known]
    return [
        Place(values.index(value) + 1, pseudonym(secret, entry.athlete_id), value, entry.measured_share)
        for value, entry in known
    ]


def pseudonym(secret: bytes, athlete_id: str) -> str:
    """Two words and a number, by the board's secret."""
    digest = hmac.new(secret, athlete_id.encode(), hashlib.sha256).digest()
    return f"{_FIRST[digest[0] % len(_FIRST)]} {_SECOND[digest[1] % len(_SECOND)]} {digest[2] % 100:02d}"
