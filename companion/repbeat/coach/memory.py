"""What is learned of each athlete, kept: refreshed from the stored days that have passed since."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta

import msgspec

from repbeat.coach import observed, recovery
from repbeat.coach.learn.person import VERSION, Person
from repbeat.coach.observed import Observed
from repbeat.derive.readiness import Readiness, readiness
from repbeat.store import Database, vault

DAYS = 400  # a year and its baselines: what a look from the beginning reads at most
_DAY = timedelta(days=1)


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the record is in what was learned."""

    mornings: int
    check_ins: int
    sessions: int


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """The row: what the days first_day … through_day taught, by which version, from how much."""

    athlete_id: str
    version: int
    first_day: str
    through_day: str
    inputs: str
    state: str
    updated_ms: int

    def person(self, day: date) -> Person:
        """The estimates as they stand on `day`: days that nobody has looked at yet count as rest."""
        person = msgspec.json.decode(self.state, type=Person)
        for _ in range((day - date.fromisoformat(self.through_day)).days - 1):
            person.day(0.0)
        return person


def of(db: Database, athlete_id: str) -> Learned | None:
    """What was learned last; None: nothing yet, or by another version."""
    rows = db.rows(
        "SELECT * FROM learned WHERE athlete_id = :athlete_id AND version = :version",
        athlete_id=athlete_id,
        version=VERSION,
    )
    found = [vault.opened_row(db, "learned", row) for row in rows]
    return next((msgspec.convert(row, Learned) for row in found if row["state"] is not None), None)


def refresh(db: Database, athlete_id: str, today: date, now_ms: int) -> Learned | None:
    """Take in the days up to yesterday; None while there is none.

    A day that is over is taken in once. What came late, for such a day, has all of it learned anew.
    """
    through = today - _DAY
    kept = of(db, athlete_id)
    if kept is not None and _whole(db, kept):
        if kept.through_day >= through.isoformat():
            return kept
        person = msgspec.json.decode(kept.state, type=Person)
        first, begun = date.fromisoformat(kept.through_day) + _DAY, kept.first_day
    else:
        known = observed.first_day(db, athlete_id)
        if known is None or known > through:
            return None
        person, first = Person(), max(known, today - timedelta(days=DAYS))
        begun = first.isoformat()
    _teach(db, athlete_id, person, first, through)
    row = Learned(
        athlete_id=athlete_id,
        version=VERSION,
        first_day=begun,
        through_day=through.isoformat(),
        inputs=msgspec.json.encode(inputs(db, athlete_id, begun, through.isoformat())).decode(),
        state=msgspec.json.encode(person).decode(),
        updated_ms=now_ms,
    )
    sealed = vault.sealed_row(db, "learned", msgspec.structs.asdict(row))
    db.upsert("learned", ("athlete_id",), [sealed])
    return row


def inputs(db: Database, athlete_id: str, first_day: str, through_day: str) -> Inputs:
    """What the record has of these days."""
    found = {
        table: db.value(
            f"SELECT COUNT(*) FROM {table} WHERE athlete_id = :athlete_id "  # noqa: S608 - names from here
            "AND day >= :first_day AND day <= :through_day",
            athlete_id=athlete_id,
            first_day=first_day,
            through_day=through_day,
        )
        for table in ("mornings", "check_ins")
    }
    days = (date.fromisoformat(first_day), date.fromisoformat(through_day))
    return Inputs(**found, sessions=len(observed.sessions_of(db, athlete_id, *days)))


def _whole(db: Database, kept: Learned) -> bool:
    now = inputs(db, kept.athlete_id, kept.first_day, kept.through_day)
    return msgspec.json.decode(kept.inputs, type=Inputs) == now


def _teach(db: Database, athlete_id: str, person: Person, first: date, through: date) -> None:
    count = (through - first).days + 1
    nights = recovery.mornings(db, athlete_id, through, recovery.DAYS_READ + count)
    answers = recovery.check_ins(db, athlete_id, through, recovery.DAYS_READ + count)
    hard = recovery.efforts(db, athlete_id)
    when = [one.day for one in nights]
    trained: dict[date, list[Observed]] = {}
    for one in observed.sessions_of(db, athlete_id, first, through):
        trained.setdefault(one.day, []).append(one)

    def looked(day: date) -> Readiness:
        from_ = bisect_left(when, day - timedelta(days=recovery.DAYS_READ))
        return readiness(nights[from_ : bisect_right(when, day)], answers, hard, day)

    before = looked(first - _DAY)
    for number in range(count):
        day = first + timedelta(days=number)
        today = looked(day)
        person.morning(nights[bisect_left(when, day) : bisect_right(when, day)], before, today)
        person.day(sum(observed.teach(db, person, one) for one in trained.get(day, ())))
        before = today
