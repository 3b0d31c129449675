"""Team challenges of a group: who begins one, who is on which team, and how the teams stand now.

Nothing is granted and kept: a late sync, a correction or a removal changes the standing and nothing else.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import msgspec

from repbeat.community import amounts, handicap, motivation
from repbeat.community.errors import BadEntry
from repbeat.community.handicap import Effort, TeamPlace
from repbeat.people.accounts import clean_name
from repbeat.store import Database, NotFound

USUAL_WEEKS = 4  # before it begins
LEAST_WEEKS = 2  # of them with training: a pause or an illness makes nobody's usual smaller
MOST_WEEKS = 12
MOST_TEAMS = 6


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """`counts` is one of amounts.KINDS; days are the members' own, both included."""

    gym_id: str
    group_id: str
    challenge_id: str
    name: str
    counts: str
    teams: tuple[str, ...]
    first_day: date
    last_day: date
    typed_counts: bool


def begin(
    db: Database,
    gym_id: str,
    group_id: str,
    name: str,
    counts: str,
    teams: list[str],
    first_day: date,
    weeks: int,
    *,
    typed_counts: bool,
) -> Challenge:
    """A new one, of whole weeks from a day on; BadEntry or people.BadName says what cannot be."""
    named = tuple(clean_name(team) for team in teams)
    if not 2 <= len(set(named)) == len(named) <= MOST_TEAMS:
        raise BadEntry(f"a challenge has 2 to {MOST_TEAMS} teams, each with a name of its own")
    if counts not in amounts.KINDS:
        raise BadEntry(f"what is counted is one of {', '.join(amounts.KINDS)}")
    if not 1 <= weeks <= MOST_WEEKS:
        raise BadEntry(f"a challenge lasts 1 to {MOST_WEEKS} weeks")
    one = Challenge(
        gym_id=gym_id,
        group_id=group_id,
        challenge_id=uuid.uuid4().hex,
        name=clean_name(name),
        counts=counts,
        teams=named,
        first_day=first_day,
        last_day=first_day + timedelta(weeks=weeks, days=-1),
        typed_counts=typed_counts,
    )
    row = {
        **msgspec.structs.asdict(one),
        "teams": msgspec.json.encode(named).decode(),
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "typed_counts": int(typed_counts),
    }
    db.insert("challenges", [row])
    return one


def of_group(db: Database, gym_id: str, group_id: str) -> list[Challenge]:
    """All of a group, latest first."""
    rows = db.rows(
        """SELECT * FROM challenges WHERE gym_id = :gym_id AND group_id = :group_id
           ORDER BY first_day DESC, challenge_id""",
        gym_id=gym_id,
        group_id=group_id,
    )
    return [
        Challenge(
            **{
                **row,
                "teams": tuple(msgspec.json.decode(row["teams"])),
                "first_day": date.fromisoformat(row["first_day"]),
                "last_day": date.fromisoformat(row["last_day"]),
                "typed_counts": bool(row["typed_counts"]),
            }
        )
        for row in rows
    ]


def get(db: Database, gym_id: str, group_id: str, challenge_id: str) -> Challenge:
    """One of a group; NotFound if it has none of this id."""
    for one in of_group(db, gym_id, group_id):
        if one.challenge_id == challenge_id:
            return one
    raise NotFound("no such challenge")


def end(db: Database, one: Challenge) -> None:
    """Take it away, with who took part."""
    for table in ("challenge_members", "challenges"):
        db.run(
            f"DELETE FROM {table} WHERE challenge_id = :challenge_id",  # noqa: S608
            challenge_id=one.challenge_id,
        )


def join(db: Database, athlete_id: str, one: Challenge, team: int) -> None:
    """Be of a team; who was of another one changes. BadEntry for a team that there is not."""
    if not 0 <= team < len(one.teams):
        raise BadEntry("there is no such team")
    row = {
        "athlete_id": athlete_id,
        "gym_id": one.gym_id,
        "group_id": one.group_id,
        "challenge_id": one.challenge_id,
        "team": team,
    }
    db.upsert("challenge_members", ("athlete_id", "gym_id", "group_id", "challenge_id"), [row])


def leave(db: Database, athlete_id: str, one: Challenge) -> None:
    """Be of none any more, at once."""
    db.run(
        "DELETE FROM challenge_members WHERE athlete_id = :athlete_id AND challenge_id = :challenge_id",
        athlete_id=athlete_id,
        challenge_id=one.challenge_id,
    )


def team_of(db: Database, athlete_id: str, one: Challenge) -> int | None:
    """An athlete's team."""
    found: int | None = db.value(
        "SELECT team FROM challenge_members WHERE athlete_id = :athlete_id AND challenge_id = :challenge_id",
        athlete_id=athlete_id,
        challenge_id=one.challenge_id,
    )
    return found


def standing(db: Database, one: Challenge, today: date) -> list[TeamPlace]:
    """The teams as they are on a day; who hides motivation is on none."""
    rows = db.rows(
        "SELECT athlete_id, team FROM challenge_members WHERE challenge_id = :challenge_id",
        challenge_id=one.challenge_id,
    )
    efforts = [
        _effort(db, row["athlete_id"], row["team"], one)
        for row in rows
        if not motivation.of_athlete(db, row["athlete_id"]).hidden
    ]
    days = max((min(today, one.last_day) - one.first_day).days + 1, 1)
    return handicap.ranked(len(one.teams), efforts, days, typed_counts=one.typed_counts)


def _effort(db: Database, athlete_id: str, team: int, one: Challenge) -> Effort:
    begin = one.first_day - timedelta(weeks=USUAL_WEEKS)
    found = amounts.between(db, athlete_id, begin, one.last_day + timedelta(days=1))
    counting = [part for part in found if part.measured or one.typed_counts]
    before = [part for part in counting if part.day < one.first_day]
    weeks = len({(part.day - begin).days // 7 for part in before})
    known = weeks >= LEAST_WEEKS
    since = [part for part in found if part.day >= one.first_day]
    return Effort(
        team=team,
        usual=sum(part.of(one.counts) for part in before) / weeks if known else None,
        usual_sessions=len(before) / weeks if known else None,
        measured=sum(part.of(one.counts) for part in since if part.measured),
        typed=sum(part.of(one.counts) for part in since if not part.measured),
        sessions=sum(part.day >= one.first_day for part in counting),
    )
