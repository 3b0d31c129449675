"""A group's weekly figures: published once from those who consented on the week's last day, then kept.

What aggregates.py guards against holds only if a week is never computed twice: what was published stays,
whoever joins, leaves, consents or corrects a session afterwards.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from repbeat.community import aggregates, amounts, history, invites
from repbeat.community.aggregates import CLIP, TooFew
from repbeat.community.amounts import day_ms
from repbeat.community.badges import WEEK
from repbeat.community.streaks import week_of, weeks
from repbeat.people import consent
from repbeat.people.consent import Consent
from repbeat.store import Database

ALL = "all"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One published figure; `mean` None: too few consented."""

    gym_id: str
    group_id: str
    week: str
    figure: str
    part: str
    mean: float | None
    members: int


def of_week(db: Database, gym_id: str, group_id: str, week: date, secret: bytes, now_ms: int) -> list[Figure]:
    """The figures of a finished week, published now if they were not; NotFinished for a running one."""
    week = week_of(week)
    with db.atomic():
        db.hold("figures", gym_id, group_id)
        kept = _kept(db, gym_id, group_id, week)
        if kept:
            return kept
        today = history.utc_day(now_ms)
        last_ms = day_ms(week + WEEK) - 1
        members = [
            one.athlete_id
            for one in invites.members(db, gym_id, group_id)
            if is_counted(db, one.athlete_id, gym_id, group_id, last_ms)
        ]
        values = {member: _values(db, member, week, now_ms) for member in members}
        rows = []
        for figure in sorted(CLIP):
            of_members = {member: found[figure] for member, found in values.items()}
            try:
                (cell,) = aggregates.publish(
                    figure, week, today, {ALL: of_members}, secret, f"{gym_id}/{group_id}"
                )
                mean, count = cell.mean, cell.members
            except TooFew:
                mean, count = None, 0
            rows.append(
                Figure(
                    gym_id=gym_id,
                    group_id=group_id,
                    week=week.isoformat(),
                    figure=figure,
                    part=ALL,
                    mean=mean,
                    members=count,
                )
            )
        db.insert("group_figures", rows)
        return rows


def _kept(db: Database, gym_id: str, group_id: str, week: date) -> list[Figure]:
    return db.all(
        Figure,
        """SELECT * FROM group_figures WHERE gym_id = :gym_id AND group_id = :group_id AND week = :week
           ORDER BY figure, part""",
        gym_id=gym_id,
        group_id=group_id,
        week=week.isoformat(),
    )


def is_counted(db: Database, athlete_id: str, gym_id: str, group_id: str, at_ms: int) -> bool:
    """Whether a member's consent to be counted holds at a moment."""
    given = _given(db, athlete_id, gym_id, group_id)
    return consent.allowed(consent.COUNTED, given, consent.levels(db, athlete_id), at_ms)


def count(db: Database, athlete_id: str, gym_id: str, group_id: str, now_ms: int, *, on: bool) -> None:
    """Be counted from the running week on, or no longer: weeks past stay as they were published."""
    with db.atomic():
        for one in _given(db, athlete_id, gym_id, group_id):
            if one.scope == consent.COUNTED and one.in_force(now_ms):
                consent.revoke(db, athlete_id, one.consent_id, now_ms)
        if on:
            consent.give(db, athlete_id, consent.GROUP, f"{gym_id}/{group_id}", [consent.COUNTED], now_ms)


def _given(db: Database, athlete_id: str, gym_id: str, group_id: str) -> list[Consent]:
    to = (consent.GROUP, f"{gym_id}/{group_id}")
    return [one for one in consent.every(db, athlete_id) if (one.grantee_kind, one.grantee) == to]


def _values(db: Database, athlete_id: str, week: date, now_ms: int) -> dict[str, float]:
    today = history.local_day(db, athlete_id, now_ms)
    after = week + WEEK
    measured = [one for one in amounts.between(db, athlete_id, week, after) if one.measured]
    planned, trained = history.kept_by(db, athlete_id, today)
    kept = dict(weeks(planned, trained, today)).get(week)
    minutes = db.value(
        """SELECT COALESCE(SUM(duration_s), 0) FROM sessions WHERE athlete_id = :athlete_id
             AND start_ms >= :from_ms AND start_ms < :until_ms""",
        athlete_id=athlete_id,
        from_ms=day_ms(week),
        until_ms=day_ms(after),
    )
    return {
        "sessions": float(len(measured)),
        "active_minutes": float(minutes) / 60,
        "kept_share": float(bool(kept)),
        "check_ins": float(sum(week <= day < after for day in history.check_ins(db, athlete_id))),
    }


def recent(today: date, count: int = 12) -> list[date]:
    """The Mondays of the last finished weeks, latest first."""
    monday = week_of(today)
    return [monday - timedelta(weeks=ago) for ago in range(1, count + 1)]
