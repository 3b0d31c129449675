"""Team challenges in which everybody can help: each member counts by their own usual, not by load or speed.

A member's share is what was done against what the weeks before would let one expect: a push of a wheelchair,
a turn of an arm crank and a squat count alike, and so do a beginner and a champion. Amounts of two people are
never compared. Who is new has no usual yet and counts by sessions, up to what is usual for the others. A team
stands by the mean of its members, so that teams of different size are equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import fmean, median

import msgspec

CAP = 2.0  # twice one's usual: more would be paid for with injury, or is a mistake in typing
LEAST_IN_TEAM = 2  # the figure of a team of one would be that person's


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """A member's part: what is usual in a week of training before it began, and what was done since then.

    `usual`, `usual_sessions` None: not known yet.
    """

    team: int
    usual: float | None
    usual_sessions: float | None
    measured: float
    typed: float = 0.0
    sessions: int = 0


class TeamPlace(msgspec.Struct, frozen=True, kw_only=True):
    """`share` of what is usual (1.0), None for too few members; `measured_share`: counted by devices."""

    rank: int | None
    team: int
    share: float | None
    members: int
    measured_share: float


def ranked(teams: int, efforts: Iterable[Effort], days: int, *, typed_counts: bool) -> list[TeamPlace]:
    """The teams after `days` days (>= 1), best first. Equal ones share a rank; too few are last."""
    of_team: dict[int, list[Effort]] = defaultdict(list)
    for one in efforts:
        of_team[one.team].append(one)
    known = [one.usual_sessions for found in of_team.values() for one in found if one.usual_sessions]
    others_sessions = median(known) if known else 1.0
    shares = {
        team: round(fmean(_share(one, others_sessions, days / 7, typed_counts) for one in found), 2)
        for team, found in of_team.items()
        if len(found) >= LEAST_IN_TEAM
    }
    in_order = sorted(shares.values(), reverse=True)
    places = [
        TeamPlace(
            rank=in_order.index(shares[team]) + 1 if team in shares else None,
            team=team,
            share=shares.get(team),
            members=len(of_team[team]),
            measured_share=_measured(of_team[team]),
        )
        for team in range(teams)
    ]
    return sorted(places, key=lambda place: (place.rank is None, place.rank or 0, place.team))


def _share(one: Effort, others_sessions: float, weeks: float, typed_counts: bool) -> float:
    if not one.usual:
        return min(one.sessions / (others_sessions * weeks), 1.0)
    done = one.measured + (one.typed if typed_counts else 0.0)
    return min(done / (one.usual * weeks), CAP)


def _measured(found: list[Effort]) -> float:
    measured, typed = sum(one.measured for one in found), sum(one.typed for one in found)
    return measured / (measured + typed) if measured + typed else 1.0
