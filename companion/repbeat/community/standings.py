"""Boards of a group as they stand: those who asked to be ranked, computed from what is stored now."""

from __future__ import annotations

from datetime import date, timedelta

from repbeat.community import amounts, boards, history, lifts, motivation
from repbeat.community.amounts import AROUND, day_ms
from repbeat.community.badges import WEEK
from repbeat.community.boards import EFFORT, IMPROVEMENT, KINDS, Entry, Place
from repbeat.community.streaks import CONSISTENCY_WEEKS, streak, week_of
from repbeat.ingest.days import day_of
from repbeat.store import Database

DAY = timedelta(days=1)
BLOCK = timedelta(days=28)  # strength now against strength before
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
    today = history.local_day(db, athlete_id, now_ms)
    if kind == IMPROVEMENT:
        return _improvement(db, athlete_id, today)
    if kind == EFFORT:
        return _effort(db, athlete_id, today)
    planned, trained = history.kept_by(db, athlete_id, today)
    first = week_of(today) - CONSISTENCY_WEEKS * WEEK
    looked_at = amounts.between(db, athlete_id, first, today + DAY)
    return Entry(
        athlete_id=athlete_id,
        kept_share=streak(planned, trained, today).consistency,
        measured_share=amounts.measured_share(looked_at),
    )


def _improvement(db: Database, athlete_id: str, today: date) -> Entry:
    """Strength of the last weeks against as many before; of sets that the device was sure of."""
    border, after = today + DAY - BLOCK, today + DAY
    rows = lifts.alike_sets(db, athlete_id, day_ms(border - BLOCK - AROUND))
    return Entry(
        athlete_id=athlete_id,
        e1rm_before=lifts.strongest(db, rows, border - BLOCK, border),
        e1rm_now=lifts.strongest(db, rows, border, after),
    )


def _effort(db: Database, athlete_id: str, today: date) -> Entry:
    """Minutes in zone 3 and above of the last seven days, and the mean of the four weeks before."""
    begin = today + DAY - WEEK * (USUAL_WEEKS + 1)
    rows = db.rows(
        """SELECT s.start_ms, s.utc_offset_min, MAX(t.zone3_s + t.zone4_s + t.zone5_s) AS hard_s
           FROM sessions AS s JOIN strain AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq
           WHERE s.athlete_id = :athlete_id AND s.start_ms >= :from_ms
           GROUP BY s.device_id, s.log_id, s.session_seq, s.start_ms, s.utc_offset_min""",
        athlete_id=athlete_id,
        from_ms=day_ms(begin - AROUND),
    )
    week_s = usual_s = 0
    for row in rows:
        day = day_of(row["start_ms"], row["utc_offset_min"])
        if day > today - WEEK:
            week_s += row["hard_s"]
        elif day >= begin:
            usual_s += row["hard_s"]
    return Entry(
        athlete_id=athlete_id,
        minutes_hard=week_s / 60,
        minutes_hard_usual=usual_s / 60 / USUAL_WEEKS or None,
    )
