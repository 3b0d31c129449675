"""Sessions, their sets and strain: rows derived from records, keyed by the device's log."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from repbeat.store import records
from repbeat.store.database import Database
from repbeat.store.errors import NotFound
from repbeat.store.records import Record
from repbeat_protocol import records as wire


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One session. `start_ms` is None while no clock is known for its boot; `end_seq` None: not ended.

    The records that name it have numbers from `first_seq` to `last_seq`.
    """

    device_id: str
    log_id: int
    session_seq: int
    athlete_id: str | None = None
    start_seq: int | None = None
    end_seq: int | None = None
    boot: int = 0
    uptime_ms: int = 0
    end_boot: int | None = None
    end_uptime_ms: int | None = None
    start_ms: int | None = None
    utc_offset_min: int | None = None
    uncertainty_ms: int | None = None
    duration_s: int | None = None
    plan_revision: int = 0
    rpe: int | None = None
    first_seq: int = 0
    last_seq: int = 0


class SetFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of a set what its session's summary is made of."""

    reps: int
    rejected: int
    load_g: int
    rest_before_s: int


class Set(msgspec.Struct, frozen=True, kw_only=True):
    """One set; it ended at `end_uptime_ms` of `boot`. Fields as in SET v1, load in grams."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int
    boot: int
    end_uptime_ms: int
    set_index: int
    plan_revision: int
    plan_item: int | None
    exercise: int
    reps: int
    reps_low: int
    reps_high: int
    rejected: int
    load_g: int
    duration_ms: int
    rest_before_s: int
    velocity_loss_permille: int
    form_partial: int
    form_fast: int
    form_turn: int
    form_uneven: int
    form_abrupt: int
    form_asymmetric: int
    end_reason: int


class Rep(msgspec.Struct, frozen=True):
    """One repetition; `reject_reason` 0: counted. Fields as in REP v2; v1 has not the last three."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int
    boot: int
    end_uptime_ms: int
    set_index: int
    rep_index: int
    exercise: int
    concentric_ms: int
    pause_ms: int
    eccentric_ms: int
    range_mg: int
    range_permille: int
    mean_velocity_mm_s: int
    peak_velocity_mm_s: int
    form_bits: int
    confidence: int
    reject_reason: int
    range_mm: int = 0
    load_g: int = 0
    power_w: int = 0


class Strain(msgspec.Struct, frozen=True, kw_only=True):
    """Exact seconds in zone and the load from them; between which heart rates, `limits` says."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int
    zone0_s: int
    zone1_s: int
    zone2_s: int
    zone3_s: int
    zone4_s: int
    zone5_s: int
    trimp_x100: int
    strain_x10: int
    strain_version: int
    muscular_x10: int


class SessionLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What a dated session cost; None: not known."""

    start_ms: int
    utc_offset_min: int | None
    duration_s: int | None
    rpe: int | None
    trimp_x100: int | None


class DoneSet(msgspec.Struct, frozen=True, kw_only=True):
    """A set of a dated session: when that began, and what was lifted how often."""

    start_ms: int
    utc_offset_min: int | None
    exercise: int
    reps: int
    load_g: int


class Key(msgspec.Struct, frozen=True):
    """Which session."""

    device_id: str
    log_id: int
    session_seq: int


_REP_1 = wire.LAYOUTS[wire.REP, 1]  # later versions begin with the same fields
_REP = {version: struct.Struct(wire.layout_format(wire.REP, version)) for version in (1, 2)}

# A constant, never a value: values go as parameters.
_OF_SESSION = "WHERE device_id = :device_id AND log_id = :log_id AND session_seq = :session_seq"


def find(db: Database, key: Key) -> Session | None:
    """One session, or None."""
    return db.one(Session, f"SELECT * FROM sessions {_OF_SESSION}", **msgspec.structs.asdict(key))  # noqa: S608


def get(db: Database, key: Key) -> Session:
    """One session; NotFound otherwise."""
    found = find(db, key)
    if found is None:
        raise NotFound(f"no session {key.session_seq} in log {key.log_id:08x} of device {key.device_id}")
    return found


def of(athlete_id: str | None) -> tuple[str, dict[str, str]]:
    """The condition for an athlete's sessions, or the unclaimed ones, and its parameters.

    Each in words that the index over athletes serves: no OR.
    """
    if athlete_id is None:
        return "athlete_id IS NULL", {}
    return "athlete_id = :athlete_id", {"athlete_id": athlete_id}


def latest(db: Database, athlete_id: str | None, limit: int = 50, offset: int = 0) -> list[Session]:
    """An athlete's sessions, or the unclaimed ones, newest first; those without a clock come first."""
    whose, who = of(athlete_id)
    most = limit + offset
    newest = db.all(
        Session,
        f"""SELECT * FROM sessions WHERE {whose} AND start_ms IS NULL
           ORDER BY session_seq DESC LIMIT :most""",  # noqa: S608
        most=most,
        **who,
    )
    if len(newest) < most:
        newest += db.all(
            Session,
            f"""SELECT * FROM sessions WHERE {whose} AND start_ms IS NOT NULL
               ORDER BY start_ms DESC, session_seq DESC LIMIT :most""",  # noqa: S608
            most=most - len(newest),
            **who,
        )
    return newest[offset:]


def found(
    db: Database,
    athlete_id: str | None,
    *,
    exercise: int = 0,
    from_ms: int = 0,
    until_ms: int = 1 << 62,
    limit: int = 50,
) -> list[Session]:
    """Dated sessions of from_ms … until_ms-1 with a set of an exercise (0: any), newest first."""
    whose, who = of(athlete_id)
    return db.all(
        Session,
        f"""SELECT * FROM sessions AS s
           WHERE {whose} AND start_ms >= :from_ms AND start_ms < :until_ms
             AND (:exercise = 0 OR EXISTS (SELECT 1 FROM sets AS t WHERE t.device_id = s.device_id
               AND t.log_id = s.log_id AND t.session_seq = s.session_seq AND t.exercise = :exercise))
           ORDER BY start_ms DESC, session_seq DESC LIMIT :limit""",  # noqa: S608
        exercise=exercise,
        from_ms=from_ms,
        until_ms=until_ms,
        limit=limit,
        **who,
    )


def loads(db: Database, athlete_id: str, from_ms: int = 0, until_ms: int = 1 << 62) -> list[SessionLoad]:
    """What each of an athlete's sessions dated from_ms … until_ms-1 cost, by its last STRAIN record."""
    return db.all(
        SessionLoad,
        """SELECT s.start_ms, s.utc_offset_min, s.duration_s, s.rpe,
             (SELECT t.trimp_x100 FROM strain AS t WHERE t.device_id = s.device_id AND t.log_id = s.log_id
                AND t.session_seq = s.session_seq ORDER BY t.seq DESC LIMIT 1) AS trimp_x100
           FROM sessions AS s
           WHERE s.athlete_id = :athlete_id AND s.start_ms >= :from_ms AND s.start_ms < :until_ms
           ORDER BY s.start_ms""",
        athlete_id=athlete_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )


def done_sets(db: Database, athlete_id: str, from_ms: int) -> list[DoneSet]:
    """An athlete's sets of the sessions dated `from_ms` or later, in order."""
    return db.all(
        DoneSet,
        """SELECT s.start_ms, s.utc_offset_min, t.exercise, t.reps, t.load_g
           FROM sessions AS s JOIN sets AS t ON t.device_id = s.device_id AND t.log_id = s.log_id
             AND t.session_seq = s.session_seq
           WHERE s.athlete_id = :athlete_id AND s.start_ms >= :from_ms
           ORDER BY s.start_ms, t.seq""",
        athlete_id=athlete_id,
        from_ms=from_ms,
    )


def put(db: Database, session: Session) -> None:
    """Keep a session as it now stands."""
    db.upsert("sessions", ("device_id", "log_id", "session_seq"), [session])


def reaches(db: Database, key: Key, last_seq: int) -> None:
    """All that is new about a session is its last record: no index needs to be written for that."""
    db.run(
        f"UPDATE sessions SET last_seq = :last_seq {_OF_SESSION}",  # noqa: S608
        last_seq=last_seq,
        **msgspec.structs.asdict(key),
    )


def of_boot(db: Database, device_id: str, log_id: int, boot: int) -> list[Session]:
    """Sessions that began in a boot."""
    return db.all(
        Session,
        "SELECT * FROM sessions WHERE device_id = :device_id AND log_id = :log_id AND boot = :boot",
        device_id=device_id,
        log_id=log_id,
        boot=boot,
    )


def sets(db: Database, key: Key) -> list[Set]:
    """Its sets in order."""
    return db.all(Set, f"SELECT * FROM sets {_OF_SESSION} ORDER BY seq", **msgspec.structs.asdict(key))  # noqa: S608


def set_figures(db: Database, key: Key) -> list[SetFigures]:
    """The same of its sets that a summary needs."""
    return db.all(
        SetFigures,
        f"SELECT reps, rejected, load_g, rest_before_s FROM sets {_OF_SESSION} ORDER BY seq",  # noqa: S608
        **msgspec.structs.asdict(key),
    )


def reps(db: Database, key: Key) -> list[Rep]:
    """Its repetitions in order, rejected ones too; read from the records."""
    session = find(db, key)
    if session is None:
        return []
    found = records.between(db, key.device_id, key.log_id, session.first_seq, session.last_seq + 1, wire.REP)
    rows = [rep_of(record) for record in found if _is_rep(record)]
    return [row for row in rows if row.session_seq == key.session_seq]


def _is_rep(record: Record) -> bool:
    form = _REP.get(record.version)
    return form is not None and len(record.raw) == form.size + wire.OVERHEAD


def rep_of(record: Record) -> Rep:
    """A REP record's repetition."""
    (
        session_seq,
        exercise,
        set_index,
        rep_index,
        end_ago_ms,
        *measures,
    ) = _REP[record.version].unpack_from(record.raw, wire.HEADER_SIZE)
    if record.version > 1:
        measures[-2] *= 10  # the load is written in 10 g
    return Rep(
        record.device_id,
        record.log_id,
        session_seq,
        record.seq,
        record.boot,
        record.uptime_ms - end_ago_ms,
        set_index,
        rep_index,
        exercise,
        *measures,
    )


def confidences(db: Database, session: Session) -> dict[int, list[int]]:
    """The confidence, 0-100, of each counted repetition, by the index of its set."""
    found = records.payloads(
        db, session.device_id, session.log_id, session.first_seq, session.last_seq + 1, wire.REP
    )
    by_set: dict[int, list[int]] = {}
    for _, version, payload in found:
        form = _REP.get(version)
        if form is None or len(payload) != form.size:
            continue
        session_seq, _, set_index, *_, confidence, reject_reason = form.unpack_from(payload)[: len(_REP_1)]
        if session_seq == session.session_seq and not reject_reason:
            by_set.setdefault(set_index, []).append(confidence)
    return by_set


def strain(db: Database, key: Key) -> Strain | None:
    """Its last STRAIN, or None."""
    return db.one(
        Strain,
        f"SELECT * FROM strain {_OF_SESSION} ORDER BY seq DESC LIMIT 1",  # noqa: S608
        **msgspec.structs.asdict(key),
    )


def limits(db: Database, session: Session) -> tuple[int, int] | None:
    """(resting, maximum heart rate) that the device latched at the start, from its last STRAIN record.

    None without one, or once its owner's key is forgotten.
    """
    found = records.between(
        db, session.device_id, session.log_id, session.first_seq, session.last_seq + 1, wire.STRAIN
    )
    for record in reversed(found):
        with suppress(wire.BadPayload):
            fields = wire.unpack(wire.STRAIN, record.version, record.payload)
            if fields["session_seq"] == session.session_seq:
                return fields["resting_bpm"], fields["max_bpm"]
    return None


def add_sets(db: Database, rows: Iterable[Set]) -> None:
    """Keep some; the same again changes nothing."""
    db.insert("sets", rows)


def add_strain(db: Database, rows: Iterable[Strain]) -> None:
    """Keep some; the same again changes nothing."""
    db.insert("strain", rows)
