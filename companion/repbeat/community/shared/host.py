"""The hosting companion's side: one exchange does all, and doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from repbeat.community.shared import identity, sessions, wire
from repbeat.store import Database


def exchange(
    db: Database, code: str, headers: Mapping[str, str], path: str, body: bytes, now_ms: int
) -> wire.Answer:
    """Take in a guest's members and events, and say what happened.

    UnknownCode, BadSignature, BadMessage or NotYours; then nothing was taken in.
    """
    companion = identity.check(headers, "POST", path, body, now_ms)
    asked = wire.ask_of(body)
    with db.atomic():
        session = sessions.get(db, code, now_ms)
        for member in asked.members:
            theirs = msgspec.structs.replace(member, companion=companion, athlete_id=None)
            sessions.add_member(db, session.code, theirs)
        sessions.take(db, session.code, companion, asked.events)
    return wire.answer(
        session,
        identity.of(db).public,
        now_ms,
        sessions.members(db, session.code),
        sessions.since(db, session.code, asked.seen_number),
    )
