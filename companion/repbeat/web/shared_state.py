"""What pages show of a shared session: its members in the viewer's language, and its start."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from repbeat.community.shared import sessions
from repbeat.community.shared.sessions import Event, Member, Shared
from repbeat.store import Database
from repbeat.web import words
from repbeat_protocol import exercises
from repbeat_protocol import live as wire

ACTIVE = (wire.READY, wire.IN_SET, wire.REST, wire.BREATHING)

PACE = {"listen": sessions.LISTEN_S, "paced": sessions.PACED_S, "in": sessions.IN_S, "out": sessions.OUT_S}


def members(db: Database, session: Shared) -> list[dict[str, Any]]:
    """Everybody, those who left too; what nobody has said yet is None."""
    last = sessions.latest(db, session.code)
    return [_row(one, last.get(one.member_id)) for one in sessions.members(db, session.code)]


def elsewhere(db: Database, session: Shared) -> list[dict[str, Any]]:
    """Those who train at another companion now, as tiles of a wall."""
    last = sessions.latest(db, session.code)
    return [
        {**_row(one, last[one.member_id]), "active": True, "target": None, "rest_left_s": None}
        for one in sessions.members(db, session.code)
        if not one.left
        and one.athlete_id is None
        and one.member_id in last
        and last[one.member_id].report.phase in ACTIVE
    ]


def starts_in_ms(session: Shared, now_ms: int) -> int | None:
    """Milliseconds to the common start, below 0 after it."""
    return None if session.start_ms is None else session.start_ms - now_ms


def _row(member: Member, event: Event | None) -> dict[str, Any]:
    report = event.report if event else None
    return {
        "id": member.member_id,
        "name": member.nickname,
        "language": member.language,
        "left": member.left,
        "phase": _(words.PHASES[report.phase]) if report and report.phase in words.PHASES else "",
        "exercise": _(words.plain(exercises.slug(report.exercise))) if report else "",
        "set": report.set + 1 if report else None,
        "reps": report.reps if report else None,
        "zone": report.zone if report else None,
        "bpm": report.bpm if report else None,
    }
