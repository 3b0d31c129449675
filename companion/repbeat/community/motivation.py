"""What an athlete chose about streaks, badges and boards, and which days were called off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from repbeat.community.errors import BadEntry
from repbeat.store import Database

WHYS = ("ill", "hurt", "travelling", "life")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """`hidden`: shown nowhere. `weekdays`: training days where no programme says, bit 0 is Monday."""

    athlete_id: str
    hidden: bool = False
    weekdays: int = 0
    since_day: str = ""

    def trains_on(self, day: date) -> bool:
        """Whether the athlete's own week has training on a day."""
        return bool(self.weekdays >> day.weekday() & 1) and day.isoformat() >= self.since_day


def of_athlete(db: Database, athlete_id: str) -> Choice:
    """What was chosen; the defaults where nobody said."""
    found = db.one(Choice, "SELECT * FROM motivation WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
    return found or Choice(athlete_id=athlete_id)


def choose(db: Database, athlete_id: str, *, hidden: bool, weekdays: Iterable[int], today: date) -> Choice:
    """Choose. Other days hold from today on: the past is judged by what was planned then.

    BadEntry for what is no day of the week.
    """
    wanted = set(weekdays)
    if not wanted <= set(range(7)):
        raise BadEntry("days of the week are 0 (Monday) to 6 (Sunday)")
    bits = sum(1 << day for day in wanted)
    before = of_athlete(db, athlete_id)
    since = before.since_day if bits == before.weekdays and before.since_day else today.isoformat()
    row = Choice(athlete_id=athlete_id, hidden=hidden, weekdays=bits, since_day=since)
    db.upsert("motivation", ("athlete_id",), [{**msgspec.structs.asdict(row), "hidden": int(hidden)}])
    return row


def call_off(db: Database, athlete_id: str, days: Iterable[date], why: str) -> None:
    """Days on which training is called off: they break no streak. BadEntry for an unknown reason."""
    if why not in WHYS:
        raise BadEntry(f"reasons are {', '.join(WHYS)}")
    rows = [{"athlete_id": athlete_id, "day": day.isoformat(), "why": why} for day in days]
    db.upsert("days_off", ("athlete_id", "day"), rows)


def call_on(db: Database, athlete_id: str, day: date) -> None:
    """Take it back."""
    db.run(
        "DELETE FROM days_off WHERE athlete_id = :athlete_id AND day = :day",
        athlete_id=athlete_id,
        day=day.isoformat(),
    )


def days_off(db: Database, athlete_id: str) -> dict[date, str]:
    """Days called off, with the reason."""
    rows = db.rows(
        "SELECT day, why FROM days_off WHERE athlete_id = :athlete_id ORDER BY day", athlete_id=athlete_id
    )
    return {date.fromisoformat(row["day"]): row["why"] for row in rows}
