"""Boards of a group as they stand: those who asked to be ranked, computed from what is stored now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from repbeat.community import amounts, boards, history, motivation
from repbeat.community.badges import WEEK, History
from repbeat.community.boards import CONSISTENCY, EFFORT, KINDS, Entry, Place
from repbeat.community.streaks import CONSISTENCY_WEEKS, streak, week_of
from repbeat.store import Database

BLOCK_DAYS = 28  # strength now against strength before
USUAL_WEEKS = 4


def opt_in(db: Database, athlete_id: str, gym_id: str, group_id: str, kind: str, now_ms: int) -> None:
    """Ask to be ranked on one board; KeyError names the boards there are."""
    if kind not in KINDS:
        raise KeyError(f"{kind}: boards rank {', '.join(KINDS)}")
    row = {
        "athlete_id": athlete_id,
        "gym_id": gym_id,
        "group_id": group_id,
        "kind": kind,
        "since_ms": now_ms,
    }
    db.insert("board_entries", [row])


def opt_out(db: Database, athlete_id: str, gym_id: str, group_id: str, kind: str) -> None:
    """Leave a board: the row is gone at once."""
    db.run(
        """DELETE FROM board_entries WHERE athlete_id = :athlete_id AND gym_id = :gym_id
             AND group_id = :group_id AND kind = :kind""",
        athlete_id=athlete_id,
        gym_id=gym_id,
        group_id=group_id,
        kind=kind,
    )


def of_athlete(db: Database, athlete_id: str, gym_id: str, group_id: str) -> set[str]:
    """The boards of a group that an athlete is on."""
    rows = db.rows(
        """SELECT kind FROM board_entries WHERE athlete_id = :athlete_id AND gym_id = :gym_id
             AND group_id = :group_id""",
        athlete_id=athlete_id,
        gym_id=gym_id,
        group_id=group_id,
    )
    return {row["kind"] for row in rows}


def board(db: Database, gym_id: str, group_id: str, kind: str, secret: bytes, now_ms: int) -> list[Place]:
    """One board. Who hides motivation has no place; `secret` draws the pseudonyms of this board."""
    rows = db.rows(
        """SELECT athlete_id FROM board_entries
           WHERE gym_id = :gym_id AND group_id = :group_id AND kind = :kind""",
        gym_id=gym_id,
        group_id=group_id,
        kind=kind,
    )
    entries = [
        _entry(db, row["athlete_id"], kind, now_ms)
        for row in rows
        if not motivation.of_athlete(db, row["athlete_id"]).hidden
    ]
    return boards.ranked(kind, entries, secret)


def _entry(db: Database, athlete_id: str, kind: str, now_ms: int) -> Entry:
    past = history.of_athlete(db, athlete_id, now_ms)
    hard, usual = _hard_minutes(db, athlete_id, past.today) if kind == EFFORT else (None, None)
    border = past.today - timedelta(days=BLOCK_DAYS)
    return Entry(
        athlete_id=athlete_id,
        kept_share=streak(past.schedule, past.trained, past.today).consistency,
        e1rm_before=_best(past, border - timedelta(days=BLOCK_DAYS), border),
        e1rm_now=_best(past, border, past.today + timedelta(days=1)),
        minutes_hard=hard,
        minutes_hard_usual=usual,
        measured_share=_measured_share(db, athlete_id, past.today) if kind == CONSISTENCY else 1.0,
    )


def _measured_share(db: Database, athlete_id: str, today: date) -> float:
    """Of the sessions that consistency looks at; the other boards take nothing but what was measured."""
    first = week_of(today) - CONSISTENCY_WEEKS * WEEK
    return amounts.measured_share(amounts.between(db, athlete_id, first, today + timedelta(days=1)))


def _best(past: History, first: date, after: date) -> dict[int, float]:
    best: dict[int, float] = {}
    for lift in past.lifts:
        if first <= lift.day < after and lift.measured:
            best[lift.exercise] = max(best.get(lift.exercise, 0.0), float(lift.e1rm_g))
    return best


def _hard_minutes(db: Database, athlete_id: str, today: date) -> tuple[float | None, float | None]:
    """Minutes in zone 3 and above of the last seven days, and the mean of the four weeks before."""
    begin = today - timedelta(days=7 * (USUAL_WEEKS + 1) - 1)
    rows = db.rows(
        """SELECT s.start_ms, MAX(t.zone3_s + t.zone4_s + t.zone5_s) AS hard_s
           FROM sessions AS s JOIN strain AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq
           WHERE s.athlete_id = :athlete_id AND s.start_ms >= :from_ms
           GROUP BY s.device_id, s.log_id, s.session_seq, s.start_ms""",
        athlete_id=athlete_id,
        from_ms=round(datetime(begin.year, begin.month, begin.day, tzinfo=UTC).timestamp() * 1000),
    )
    week_s = usual_s = 0
    for row in rows:
        day = datetime.fromtimestamp(row["start_ms"] / 1000, UTC).date()
        if (today - day).days < 7:
            week_s += row["hard_s"]
        else:
            usual_s += row["hard_s"]
    return week_s / 60, usual_s / 60 / USUAL_WEEKS or None
