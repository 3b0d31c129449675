"""How a course of rehabilitation went: the angles that the band measured, what was planned, how it felt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from repbeat.coach import gather, recovery
from repbeat.community import history
from repbeat.derive.readiness import CheckIn
from repbeat.store import Database, records, sessions
from repbeat.store.athletes import Athlete
from repbeat.store.sessions import Session
from repbeat_protocol import records as wire

MOST_SESSIONS = 1000
DAY_MS = 86_400_000
COUNTS = ("below", "within", "above", "unsure")


class RangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """One set by its ANGLE record; degrees. `reached_…` None: no repetition's angle is known."""

    exercise: int
    set_index: int
    angle_low: int
    angle_high: int
    below: int
    within: int
    above: int
    unsure: int
    reached_mean: int | None
    reached_most: int | None

    @property
    def reps(self) -> int:
        """All repetitions."""
        return self.below + self.within + self.above + self.unsure


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """One session. `effort` 0-10, None: not said; `planned_sets` None: its plan is not known."""

    day: date
    start_ms: int
    utc_offset_min: int
    sets: list[RangeSet]
    planned_sets: int | None
    effort: int | None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """From `first` to `last`. `planned_days`: by programme or own week, None: none known, or not to be seen.

    `felt`: check-ins, empty where there are none or they are not to be seen.
    """

    name: str
    first: date
    last: date
    meetings: list[Meeting]
    planned_days: int | None
    felt: list[CheckIn]

    @property
    def by_exercise(self) -> dict[int, list[tuple[Meeting, list[RangeSet]]]]:
        """Each exercise's sessions, oldest first."""
        out: dict[int, list[tuple[Meeting, list[RangeSet]]]] = defaultdict(list)
        for one in self.meetings:
            for exercise in sorted({row.exercise for row in one.sets}):
                out[exercise].append((one, [row for row in one.sets if row.exercise == exercise]))
        return dict(out)


def angles(db: Database, session: Session, exercise: int = 0) -> list[RangeSet]:
    """A session's sets with an angle range, in order; `exercise` 0: of all."""
    kept = records.payloads(
        db, session.device_id, session.log_id, session.first_seq, session.last_seq + 1, wire.ANGLE
    )
    fields = [wire.unpack(wire.ANGLE, version, payload) for _, version, payload in kept if version == 1]
    return [
        RangeSet(
            **{name: f[name] for name in ("exercise", "set_index", "angle_low", "angle_high")},
            **{name: f[name] for name in COUNTS},
            reached_mean=f["reached_mean"] or None,
            reached_most=f["reached_most"] or None,
        )
        for f in fields
        if f["session_seq"] == session.session_seq and exercise in (0, f["exercise"])
    ]


def course(
    db: Database,
    athlete: Athlete,
    last: date,
    weeks: int,
    *,
    exercise: int = 0,
    may: Callable[[Session], bool] = lambda _session: True,
    planned: bool = True,
    felt: bool = True,
) -> Course:
    """The `weeks` up to `last`, the athlete's own days; `exercise` 0: all.

    `may`: whether a session may be seen; `planned`, `felt`: whether plans and check-ins may.
    """
    first = last - timedelta(days=7 * weeks - 1)
    offset_ms = athlete.utc_offset_min * 60_000
    begin_ms = round(datetime.combine(first, datetime.min.time(), UTC).timestamp() * 1000) - offset_ms
    found = sessions.found(
        db,
        athlete.athlete_id,
        exercise=exercise,
        from_ms=begin_ms,
        until_ms=begin_ms + 7 * weeks * DAY_MS,
        limit=MOST_SESSIONS,
    )
    measured = ((one, angles(db, one, exercise)) for one in reversed(found) if may(one))
    return Course(
        name=athlete.name,
        first=first,
        last=last,
        meetings=[_meeting(db, athlete, one, sets, exercise, planned) for one, sets in measured if sets],
        planned_days=_planned_days(db, athlete.athlete_id, first, last) if planned else None,
        felt=recovery.check_ins(db, athlete.athlete_id, last, 7 * weeks - 1) if felt else [],
    )


def _meeting(
    db: Database, athlete: Athlete, one: Session, sets: list[RangeSet], exercise: int, planned: bool
) -> Meeting:
    start_ms = one.start_ms or 0
    offset_min = athlete.utc_offset_min if one.utc_offset_min is None else one.utc_offset_min
    content = gather.content(db, athlete.athlete_id, one.plan_revision) if planned else None
    asked = [
        item.sets
        for item in (content.items if content else [])
        if item.angle_high and exercise in (0, item.exercise)
    ]
    return Meeting(
        day=(datetime.fromtimestamp(start_ms / 1000, UTC) + timedelta(minutes=offset_min)).date(),
        start_ms=start_ms,
        utc_offset_min=offset_min,
        sets=sets,
        planned_sets=sum(asked) if asked else None,
        effort=one.rpe,
    )


def _planned_days(db: Database, athlete_id: str, first: date, last: date) -> int | None:
    schedule = history.schedule(db, athlete_id, last)
    days = sum(first <= day <= last for day in schedule.planned)
    return days or None
