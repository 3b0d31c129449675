"""What the store knows of an athlete's training, as the planner wants it: trials, and what was asked when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import fmean
from typing import NamedTuple

import msgspec

from repbeat.coach.rules import DoneSet, Prescribed, Trial
from repbeat.coach.situation import line_of
from repbeat.store import Database, NotFound, plans, sessions
from repbeat.store.sessions import Key, Session, Set
from repbeat_protocol import plan as wire
from repbeat_protocol import records

WEEK_MS = 7 * 24 * 3600 * 1000
SESSIONS_READ = 30  # far more than the rules look back
TRIALS_READ = 8  # of one exercise: two failures in a row decide, and some sessions between may be unsure


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """A finished session with its sets."""

    session: Session
    sets: list[Set]

    @property
    def key(self) -> Key:
        """Which session."""
        return Key(self.session.device_id, self.session.log_id, self.session.session_seq)

    @property
    def unwell(self) -> bool:
        """Whether the athlete ended a set feeling unwell."""
        return any(row.end_reason == records.END_UNWELL for row in self.sets)


def is_light(plan: wire.Plan) -> bool:
    """Whether a plan is a lighter variant of another one."""
    return any(item.flags & wire.LIGHT for item in plan.items)


def trained(db: Database, athlete_id: str) -> list[Trained]:
    """The athlete's finished sessions, latest first.

    A session that no clock has dated yet is left out: nobody knows which one came last.
    """
    found = []
    for session in sessions.latest(db, athlete_id, limit=SESSIONS_READ):
        if session.end_seq is not None and session.start_ms is not None:
            key = Key(session.device_id, session.log_id, session.session_seq)
            found.append(Trained(session=session, sets=sessions.sets(db, key)))
    return found


def trials_of_plan(
    db: Database, athlete_id: str, base: wire.Plan, revision: int, done: list[Trained]
) -> dict[int, tuple[Trial, ...]]:
    """For each item of a plan: how its exercise went, session by session, latest first.

    Earlier revisions count as long as the item of the same place is the same exercise; an item that was
    not trained under `revision` has no trials, for it was judged before.
    """
    out: dict[int, list[Trial]] = defaultdict(list)

    def wanted(asked: _Asked) -> bool:
        return (
            asked.number < len(base.items)
            and asked.item.exercise == base.items[asked.number].exercise
            and (asked.revision == revision or bool(out[asked.number]))
            and len(out[asked.number]) < TRIALS_READ
        )

    for asked, trial in _trials(db, athlete_id, done, wanted, {revision: base}):
        out[asked.number].append(trial)
    return {number: tuple(trials) for number, trials in out.items() if trials}


def trials_of_day(
    db: Database, athlete_id: str, day_name: str, listed: list[int], done: list[Trained]
) -> dict[int, list[tuple[int, Trial]]]:
    """For each exercise of a programme's day: (start_ms, how it went), latest first."""
    out: dict[int, list[tuple[int, Trial]]] = defaultdict(list)

    def wanted(asked: _Asked) -> bool:
        return (
            asked.plan.name == day_name
            and asked.number < len(listed)
            and asked.item.exercise == listed[asked.number]
            and len(out[asked.number]) < TRIALS_READ
        )

    for asked, trial in _trials(db, athlete_id, done, wanted, {}):
        out[asked.number].append((asked.start_ms, trial))
    return out


class _Asked(NamedTuple):
    """An item of a plan, as a session trained it."""

    start_ms: int
    revision: int
    plan: wire.Plan
    number: int
    item: wire.Item


def _trials(
    db: Database,
    athlete_id: str,
    done: list[Trained],
    wanted: Callable[[_Asked], bool],
    contents: dict[int, wire.Plan | None],
) -> Iterator[tuple[_Asked, Trial]]:
    """How each item went that `wanted` takes, latest session first; `contents`: plans at hand, by revision.

    Light items tell nothing of what the athlete can lift: they are left out.
    """
    for one in done:
        confidence: dict[int, float] | None = None
        by_item: dict[tuple[int, int], list[Set]] = defaultdict(list)
        for row in one.sets:
            if row.plan_item is not None:
                by_item[row.plan_revision, row.plan_item].append(row)
        for (revision, number), rows in by_item.items():
            if revision not in contents:
                contents[revision] = content(db, athlete_id, revision)
            plan = contents[revision]
            of_plan = item(plan, number)
            if plan is None or of_plan is None or of_plan.flags & wire.LIGHT:
                continue
            asked = _Asked(one.session.start_ms or 0, revision, plan, number, of_plan)
            if wanted(asked):
                confidence = mean_confidence(db, one.session) if confidence is None else confidence
                sets = tuple(_done(row, confidence) for row in rows)
                yield asked, Trial(prescribed=line_of(of_plan).prescribed, done=sets)


def week_ago_of_plan(db: Database, athlete_id: str, base: wire.Plan, now_ms: int) -> dict[int, Prescribed]:
    """What each item asked a week ago, or at first where it is newer than that."""
    out = {number: line_of(one).prescribed for number, one in enumerate(base.items)}
    for plan in plans.every(db, athlete_id):
        if plan.status not in (plans.APPLIED, plans.PUSHED):
            continue
        before = plan.wire()
        if is_light(before):
            continue
        for number, asked in enumerate(before.items):
            if number in out and asked.exercise == base.items[number].exercise:
                out[number] = line_of(asked).prescribed
        if plan.created_ms <= now_ms - WEEK_MS:
            break
    return out


def _done(row: Set, confidence: dict[int, float]) -> DoneSet:
    return DoneSet(
        reps=row.reps,
        load_g=row.load_g,
        end_reason=row.end_reason,
        confidence=confidence.get(row.set_index),
    )


def content(db: Database, athlete_id: str, revision: int) -> wire.Plan | None:
    """One of the athlete's revisions; None where the store has no such."""
    try:
        return plans.get(db, athlete_id, revision).wire()
    except NotFound:
        return None


def item(content: wire.Plan | None, number: int | None) -> wire.Item | None:
    """One of a plan's items; None where there is no plan, or no such item."""
    if content is None or number is None or number >= len(content.items):
        return None
    return content.items[number]


def mean_confidence(db: Database, session: Session) -> dict[int, float]:
    """Mean confidence of the counted repetitions, by set."""
    return {index: fmean(values) for index, values in sessions.confidences(db, session).items()}
