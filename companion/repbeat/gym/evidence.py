"""What speaks for whom: how well each wearable's repetitions fall on those of a machine's set."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from repbeat.gym import matching
from repbeat.gym.matching import Rep
from repbeat.gym.sets import OF_SET, Dates, MachineSet, SetKey
from repbeat.store import Database, sessions
from repbeat.store.sessions import Key, Session

LONGEST_SESSION_MS = 12 * 3600 * 1000  # a wearable's; older ones are not looked at
LONGEST_SET_MS = 3600 * 1000
SLACK_MS = matching.AROUND_MS + matching.SHIFT_MS


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """How well a wearable's session moved with a set, 0-1."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int
    wearable_id: str
    wearable_log_id: int
    wearable_session: int
    athlete_id: str
    score: float


def of_set(db: Database, key: SetKey) -> list[Evidence]:
    """What speaks for whom, strongest first."""
    return db.all(
        Evidence,
        f"SELECT * FROM machine_evidence {OF_SET} ORDER BY score DESC, wearable_id",  # noqa: S608
        **msgspec.structs.asdict(key),
    )


def beside(db: Database, key: Key) -> list[MachineSet]:
    """Sets on machines that a wearable's session may bear on, or did before it was dated anew."""
    found = db.all(
        MachineSet,
        """SELECT DISTINCT s.* FROM machine_sets AS s JOIN machine_evidence AS e
             ON e.device_id = s.device_id AND e.log_id = s.log_id
               AND e.session_seq = s.session_seq AND e.seq = s.seq
           WHERE e.wearable_id = :device_id AND e.wearable_log_id = :log_id
             AND e.wearable_session = :session_seq""",
        **msgspec.structs.asdict(key),
    )
    session = sessions.find(db, key)
    if session is not None and session.start_ms is not None:
        low_ms, high_ms = _span(db, session)
        found += db.all(
            MachineSet,
            "SELECT * FROM machine_sets WHERE end_ms > :low_ms AND start_ms < :high_ms",
            low_ms=low_ms - SLACK_MS,
            high_ms=high_ms + SLACK_MS,
        )
    return list({row.key: row for row in found}.values())


def weigh(db: Database, row: MachineSet) -> None:
    """Score every wearable that moved while the set was done; in place of what was found before."""
    key = msgspec.structs.asdict(row.key)
    db.run(f"DELETE FROM machine_evidence {OF_SET}", **key)  # noqa: S608
    if row.start_ms is None or row.end_ms is None or row.machine_id is None:
        return
    machine = _reps_of_set(db, row)
    if len(machine) < matching.LEAST_REPS:
        return
    low_ms, high_ms = row.start_ms - SLACK_MS, row.end_ms + SLACK_MS
    found = []
    for session, athlete_id in _worn(db, low_ms, high_ms):
        wearable = Key(session.device_id, session.log_id, session.session_seq)
        reps = [rep for rep in _reps(db, wearable) if low_ms < rep.start_ms and rep.end_ms < high_ms]
        if len(reps) >= matching.LEAST_REPS:
            found.append(
                Evidence(
                    **key,
                    wearable_id=wearable.device_id,
                    wearable_log_id=wearable.log_id,
                    wearable_session=wearable.session_seq,
                    athlete_id=athlete_id,
                    score=round(matching.score(machine, reps), 3),
                )
            )
    db.insert("machine_evidence", found)


def _span(db: Database, session: Session) -> tuple[int, int]:
    """When a session was, as far as it is here."""
    start_ms = session.start_ms or 0
    rows = sessions.sets(db, Key(session.device_id, session.log_id, session.session_seq))
    uptimes = [row.end_uptime_ms for row in rows if row.boot == session.boot]
    if session.end_uptime_ms is not None and session.end_boot == session.boot:
        uptimes.append(session.end_uptime_ms)
    length_ms = max(uptimes, default=session.uptime_ms) - session.uptime_ms
    # Repetitions of a set whose record is still to come lie after the last known set.
    return start_ms, start_ms + min(length_ms + LONGEST_SET_MS, LONGEST_SESSION_MS)


def _worn(db: Database, low_ms: int, high_ms: int) -> Iterator[tuple[Session, str]]:
    """Sessions of wearables that had begun by a moment, with whose they are."""
    near = db.all(
        Session,
        """SELECT * FROM sessions WHERE start_ms > :low_ms AND start_ms < :high_ms
             AND device_id NOT IN (SELECT device_id FROM machine_sensors)
           ORDER BY device_id, log_id, session_seq""",
        low_ms=low_ms - LONGEST_SESSION_MS,
        high_ms=high_ms,
    )
    for session in near:
        if session.athlete_id is not None and _span(db, session)[1] > low_ms:
            yield session, session.athlete_id


def _reps_of_set(db: Database, row: MachineSet) -> list[Rep]:
    (found,) = [one for one in sessions.sets(db, row.key.session) if one.seq == row.seq]
    return _reps(db, row.key.session, found.set_index)


def _reps(db: Database, key: Key, set_index: int | None = None) -> list[Rep]:
    """A session's counted repetitions (or a set's) that can be dated, in order."""
    dates = Dates(db, key)
    out = []
    for one in sessions.reps(db, key):
        if one.reject_reason or (set_index is not None and one.set_index != set_index):
            continue
        end_ms = dates.at(one.boot, one.end_uptime_ms)
        if end_ms is not None:
            start_ms = end_ms - one.concentric_ms - one.eccentric_ms
            out.append(Rep(start_ms, one.concentric_ms, one.eccentric_ms))
    return sorted(out)
