"""An athlete's sessions page by page, by their place in the list and not by counting from its beginning."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from repbeat.store.database import Database
from repbeat.store.sessions import Session, of

UNDATED = 1 << 62  # the start of a session that no clock has dated yet: before all others in the list


class Place(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Where a session stands; lists run from the greatest place to the least."""

    start_ms: Annotated[int, Meta(ge=0, le=UNDATED + 1)]
    device_id: Annotated[str, Meta(pattern="^[0-9a-f]*$", max_length=16)]
    log_id: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
    session_seq: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]


FIRST = Place(UNDATED + 1, "", 0, 0)


def place(session: Session) -> Place:
    """A session's place."""
    start_ms = UNDATED if session.start_ms is None else session.start_ms
    return Place(start_ms, session.device_id, session.log_id, session.session_seq)


def page(db: Database, athlete_id: str | None, limit: int, after: Place | None = None) -> list[Session]:
    """The athlete's sessions (None: unclaimed ones) that follow a place, newest first; undated ones lead."""
    after = after or FIRST
    whose, who = of(athlete_id)
    found: list[Session] = []
    if after.start_ms >= UNDATED:
        found = db.all(
            Session,
            f"""SELECT * FROM sessions WHERE {whose} AND start_ms IS NULL
                 AND (:first = 1 OR (device_id, log_id, session_seq) < (:device_id, :log_id, :session_seq))
               ORDER BY device_id DESC, log_id DESC, session_seq DESC LIMIT :limit""",  # noqa: S608
            first=int(after.start_ms > UNDATED),
            device_id=after.device_id,
            log_id=after.log_id,
            session_seq=after.session_seq,
            limit=limit,
            **who,
        )
    if len(found) < limit:
        found += db.all(
            Session,
            f"""SELECT * FROM sessions WHERE {whose} AND start_ms <= :start_ms
                 AND (start_ms, device_id, log_id, session_seq)
                   < (:start_ms, :device_id, :log_id, :session_seq)
               ORDER BY start_ms DESC, device_id DESC, log_id DESC, session_seq DESC LIMIT :limit""",  # noqa: S608
            start_ms=after.start_ms,
            device_id=after.device_id,
            log_id=after.log_id,
            session_seq=after.session_seq,
            limit=limit - len(found),
            **who,
        )
    return found
