"""Sessions that may be two recordings of one training: marked whichever came first; the person decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from repbeat.store.database import Database
from repbeat.store.errors import NotFound
from repbeat.store.sessions import Session

ALIKE_SHARE = 0.5  # of the shorter session, in both: two recordings of one training
SAME, DIFFERENT = "same", "different"


class NearDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """`other` names a band's session (device/log/session) or another import; undecided: None."""

    athlete_id: str
    import_id: str
    other: str
    decided: str | None = None
    decided_ms: int | None = None


def mark_import(
    db: Database, athlete_id: str, import_id: str, start_ms: int, end_ms: int
) -> list[NearDuplicate]:
    """Mark what an imported session overlaps by half of the shorter, of bands and of other files."""
    when = {"athlete_id": athlete_id, "start_ms": start_ms, "end_ms": end_ms}
    others = db.rows(
        """SELECT device_id, log_id, session_seq, start_ms, start_ms + duration_s * 1000 AS end_ms
           FROM sessions WHERE athlete_id = :athlete_id AND duration_s IS NOT NULL
             AND start_ms < :end_ms AND start_ms + duration_s * 1000 > :start_ms""",
        **when,
    )
    named = [(_name(other["device_id"], other["log_id"], other["session_seq"]), other) for other in others]
    named += [(other["import_id"], other) for other in _imports(db, when) if other["import_id"] != import_id]
    return _mark(
        db,
        [
            NearDuplicate(athlete_id=athlete_id, import_id=import_id, other=name)
            for name, other in named
            if _same_training(when, other)
        ],
    )


def mark_session(db: Database, session: Session) -> list[NearDuplicate]:
    """The same for a dated, ended session of a band that comes in after the file."""
    if session.athlete_id is None or session.start_ms is None or session.duration_s is None:
        return []
    when = {
        "athlete_id": session.athlete_id,
        "start_ms": session.start_ms,
        "end_ms": session.start_ms + session.duration_s * 1000,
    }
    name = _name(session.device_id, session.log_id, session.session_seq)
    return _mark(
        db,
        [
            NearDuplicate(athlete_id=session.athlete_id, import_id=other["import_id"], other=name)
            for other in _imports(db, when)
            if _same_training(when, other)
        ],
    )


def undecided(db: Database, athlete_id: str) -> list[NearDuplicate]:
    """Pairs that a person has still to look at."""
    return db.all(
        NearDuplicate,
        """SELECT * FROM near_duplicates WHERE athlete_id = :athlete_id AND decided IS NULL
           ORDER BY import_id, other""",
        athlete_id=athlete_id,
    )


def decide(db: Database, pair: NearDuplicate, decided: str, now_ms: int) -> None:
    """SAME or DIFFERENT, as the person says; NotFound when there is no such pair."""
    if decided not in (SAME, DIFFERENT):
        raise ValueError(f"{decided!r} is neither {SAME!r} nor {DIFFERENT!r}")
    changed = db.run(
        """UPDATE near_duplicates SET decided = :decided, decided_ms = :now_ms
           WHERE athlete_id = :athlete_id AND import_id = :import_id AND other = :other""",
        decided=decided,
        now_ms=now_ms,
        athlete_id=pair.athlete_id,
        import_id=pair.import_id,
        other=pair.other,
    )
    if not changed:
        raise NotFound("no such pair of sessions: it was decided, or erased")


def _mark(db: Database, pairs: list[NearDuplicate]) -> list[NearDuplicate]:
    """Noted once: what was decided stays decided."""
    db.insert("near_duplicates", pairs)
    return pairs


def _imports(db: Database, when: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return db.rows(
        """SELECT import_id, start_ms, end_ms FROM imported_sessions
           WHERE athlete_id = :athlete_id AND start_ms < :end_ms AND end_ms > :start_ms""",
        **when,
    )


def _name(device_id: str, log_id: int, session_seq: int) -> str:
    return f"{device_id}/{log_id:08x}/{session_seq}"


def _same_training(one: dict[str, Any], other: dict[str, Any]) -> bool:
    shared = min(one["end_ms"], other["end_ms"]) - max(one["start_ms"], other["start_ms"])
    shorter = min(one["end_ms"] - one["start_ms"], other["end_ms"] - other["start_ms"])
    return bool(shared >= ALIKE_SHARE * max(1, shorter))
