"""What several services send: an athlete's sessions, each named alike for ever."""

from __future__ import annotations

from repbeat.people import consent
from repbeat.people.consent import session_item
from repbeat.services.connections import Connection
from repbeat.store import Database, sessions
from repbeat.store.sessions import Key, Session

MOST_SESSIONS = 1000  # that one go looks at: years of training


def item_of(session: Session) -> str:
    """A session's name among the items of a service, and in visibility."""
    return session_item(session.device_id, session.log_id, session.session_seq)


def found_session(db: Database, item: str) -> Session:
    """The session that an item names; NotFound if it is gone."""
    _, device_id, log, number = item.split("/")
    return sessions.get(db, Key(device_id, int(log, 16), int(number)))


def sessions_since(db: Database, one: Connection, now_ms: int) -> list[Session]:
    """Dated, finished sessions since the connection's `from_ms` that this service may see, oldest first."""
    from_ms = int(one.setting("from_ms", one.since_ms))
    found = [
        session
        for session in sessions.latest(db, one.athlete_id, limit=MOST_SESSIONS)
        if session.start_ms is not None
        and session.duration_s is not None
        and session.start_ms >= from_ms
        and consent.service_may(db, one.athlete_id, one.service, consent.SESSIONS, now_ms, item_of(session))
    ]
    return found[::-1]
