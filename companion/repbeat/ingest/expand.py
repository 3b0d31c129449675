"""Records to sessions, sets, strain, clocks and plan outcomes.

Doing it again changes nothing, and the order in which records arrive leaves no trace: a TIME record that
comes last dates what came before it, a set whose session began in a lost record still has a session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby

import msgspec

from repbeat.ingest import clock, days, rows, summary
from repbeat.interop import alike
from repbeat.store import calibrations, clocks, devices, measured, plans, sessions
from repbeat.store import records as store
from repbeat.store.database import Database
from repbeat.store.owners import Owners
from repbeat.store.records import Flag, Record
from repbeat.store.sessions import Key, Session
from repbeat_protocol import records as wire

UNKNOWN_TYPE = "unknown_type"
BAD_PAYLOAD = "bad_payload"
CLOCK_REFUSED = "clock_refused"


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some records: sessions touched, and in a boot whose clock is known better, oddities,
    plans that a device answered."""

    sessions: tuple[Key, ...]
    dated: tuple[Key, ...]
    flags: tuple[Flag, ...]
    answered: tuple[plans.Plan, ...]


def expand(db: Database, records: Sequence[Record], now_ms: int, owners: Owners | None = None) -> Expanded:
    """Derive the rows of these records of one log, which are in order; `owners`: those of the log, if read.

    Run inside the transaction that keeps the records.
    """
    if not records:
        return Expanded(sessions=(), dated=(), flags=(), answered=())
    work = _Work(db, now_ms, owners or Owners(db, records[0].device_id, records[0].log_id))
    # Samples that could be read have no row of their own.
    telling = [record for record in records if record.span is None]
    for kind, run in groupby(telling, lambda record: record.raw[:2]):
        work.take(kind, list(run))
    return work.finish()


class _Work:
    """One run over a batch: rows, sessions and dates when the batch is through."""

    def __init__(self, db: Database, now_ms: int, owners: Owners) -> None:
        self._db = db
        self._owners = owners
        self._now_ms = now_ms
        # By the session's number: all is of one log.
        self._events: dict[int, list[Record]] = {}
        self._clocks: dict[tuple[str, int, int], clock.BootClock] = {}
        self._touched: dict[int, list[Record]] = {}  # with the first and last record that name it
        self._costed: set[int] = set()  # those whose load or length may have changed
        self._trained: set[int] = set()  # those with a set more
        self._readings: list[clocks.Clock] = []
        self._sets: list[sessions.Set] = []
        self._strains: list[sessions.Strain] = []
        self._breathings: list[measured.Breathing] = []
        self._calibrations: list[calibrations.Step] = []
        self._flags: list[Flag] = []
        self._answered: list[plans.Plan] = []
        self._days: dict[str, set[date]] = {}  # by athlete: those that may have changed

    def take(self, kind: bytes, run: list[Record]) -> None:
        """Take in records that follow each other and are of one type and version."""
        if kind[0] == wire.REP and rows.same_session(run):
            run = [run[0], run[-1]]  # the others say nothing more here
        step = _STEPS.get(kind[0], _Work._check) if rows.known_type(kind) else _Work._unknown
        for record in run:
            try:
                step(self, record)
            except wire.BadPayload as error:
                self._flag(record, BAD_PAYLOAD, str(error))

    def _unknown(self, record: Record) -> None:
        self._flag(record, UNKNOWN_TYPE, f"type {record.type} version {record.version}: update RepBeat")

    def finish(self) -> Expanded:
        sessions.add_sets(self._db, self._sets)
        sessions.add_strain(self._db, self._strains)
        measured.add_breathings(self._db, self._breathings)
        calibrations.add(self._db, self._calibrations)
        touched = []
        for session_seq, (first, last) in sorted(self._touched.items()):
            touched.append(Key(first.device_id, first.log_id, session_seq))
            self._refresh(touched[-1], first, last)
        dated: set[Key] = set()
        for reading in self._readings:
            dated.update(self._date_around(reading))
        for athlete_id in sorted(self._days):
            days.refresh(self._db, athlete_id, self._days[athlete_id])
        return Expanded(
            sessions=tuple(touched),
            dated=tuple(sorted(dated, key=lambda key: key.session_seq)),
            flags=tuple(self._flags),
            answered=tuple(self._answered),
        )

    def _flag(self, record: Record, flag: str, detail: str) -> None:
        self._flags.append(
            Flag(device_id=record.device_id, log_id=record.log_id, seq=record.seq, flag=flag, detail=detail)
        )

    def _touch(self, record: Record, session_seq: int) -> int:
        named = self._touched.get(session_seq)
        if named is None:
            self._touched[session_seq] = [record, record]
        else:
            named[1] = record
        return session_seq

    def _check(self, record: Record) -> None:
        """A record that has no row of its own yet: only see that it can be read."""
        rows.check(record)

    def _time(self, record: Record) -> None:
        f = rows.fields(record)
        reading = clocks.add(
            self._db,
            clocks.Clock(
                device_id=record.device_id,
                log_id=record.log_id,
                boot=record.boot,
                seq=record.seq,
                uptime_ms=record.uptime_ms,
                received_ms=self._now_ms,
                refused=clock.refusal(f["unix_ms"], self._now_ms),
                **f,
            ),
        )
        if reading.refused:
            self._flag(record, CLOCK_REFUSED, reading.refused)
        else:
            self._readings.append(reading)

    def _heart(self, record: Record) -> None:
        rows.check_samples(record)

    def _rep(self, record: Record) -> None:
        """A record that belongs to a session and has no row of its own."""
        self._touch(record, rows.session_of(record))

    def _set(self, record: Record) -> None:
        row = rows.set_row(record)
        self._sets.append(row)
        self._trained.add(self._touch(record, row.session_seq))

    def _strain(self, record: Record) -> None:
        row = rows.strain_row(record)
        self._strains.append(row)
        self._costed.add(self._touch(record, row.session_seq))

    def _recovery(self, record: Record) -> None:
        self._touch(record, rows.fields(record)["session_seq"])

    def _breathing(self, record: Record) -> None:
        row = rows.breathing_row(record)
        self._breathings.append(row)
        if row.in_session is not None:
            self._touch(record, row.in_session)

    def _calibration(self, record: Record) -> None:
        self._calibrations.append(rows.calibration_row(record))

    def _session(self, record: Record) -> None:
        f = rows.fields(record)
        if f["event"] not in (wire.SESSION_START, wire.SESSION_END):
            raise wire.BadPayload(f"SESSION has the unknown event {f['event']}")
        # A start record names itself: its own number, whatever the log wrote between asking and appending.
        seq = record.seq if f["event"] == wire.SESSION_START else f["session_seq"]
        self._events.setdefault(self._touch(record, seq), []).append(record)
        self._costed.add(seq)

    def _plan(self, record: Record) -> None:
        owner = self._owners.at(record.seq)
        answered = plans.add_delivery(self._db, rows.delivery(record), owner)
        if answered is not None:
            self._answered.append(answered)

    def _battery(self, record: Record) -> None:
        f = rows.fields(record)
        devices.battery(
            self._db,
            record.device_id,
            record.log_id,
            record.seq,
            f["percent"],
            f["millivolts"],
            f["charging"],
        )

    def _loss(self, record: Record) -> None:
        f = rows.fields(record)
        store.add_loss(self._db, record, f["first_seq"], f["count"], f["what"])

    def _refresh(self, key: Key, first: Record, last: Record) -> None:
        """Make a session's row, and once it has ended its summary, from all that is here of it."""
        known = sessions.find(self._db, key)
        session = known or Session(
            device_id=key.device_id,
            log_id=key.log_id,
            session_seq=key.session_seq,
            first_seq=first.seq,
            last_seq=last.seq,
        )
        for record in self._events.get(key.session_seq, ()):
            session = _with_event(session, record)
        if session.start_seq is None and session.end_seq is None and first.seq <= session.first_seq:
            # Its SESSION records are lost or still to come: it began before its first record here.
            session = msgspec.structs.replace(session, boot=first.boot, uptime_ms=first.uptime_ms)
        moved = known is None or (known.boot, known.uptime_ms) != (session.boot, session.uptime_ms)
        session = msgspec.structs.replace(
            session,
            first_seq=min(session.first_seq, first.seq),
            last_seq=max(session.last_seq, last.seq),
            athlete_id=self._owners.at(key.session_seq),
            # What began when it did before is dated anew by new readings alone: `_date_around`.
            **(self._date(key.device_id, key.log_id, session.boot, session.uptime_ms) if moved else {}),
        )
        if known is not None and msgspec.structs.replace(known, last_seq=session.last_seq) == session:
            sessions.reaches(self._db, key, session.last_seq)
        else:
            sessions.put(self._db, session)
        self._changed(known, session)
        if session.end_seq is not None:
            summary.keep(self._db, key)

    def _date_around(self, reading: clocks.Clock) -> list[Key]:
        """Date anew what a new clock reading has a say in; the sessions of its boot."""
        key = (reading.device_id, reading.log_id, reading.boot)
        of_boot = sessions.of_boot(self._db, *key)
        low_ms, high_ms = self._clock(*key).reach(reading.uptime_ms)
        for known in of_boot:
            if not low_ms < known.uptime_ms < high_ms:
                continue
            session = msgspec.structs.replace(known, **self._date(*key, known.uptime_ms))
            if session != known:
                sessions.put(self._db, session)
                self._changed(known, session)
        return [Key(*key[:2], session.session_seq) for session in of_boot]

    def _changed(self, before: Session | None, after: Session) -> None:
        """Note the days whose load or tallies are others now."""
        same = before is not None and _filed(before) == _filed(after)
        if not same or before is None or before.duration_s != after.duration_s:
            alike.mark_session(self._db, after)
        ended = after.end_seq is not None
        if same and after.session_seq not in (self._costed | self._trained if ended else self._costed):
            return
        for session in (before, after):
            if session is not None and session.athlete_id is not None and session.start_ms is not None:
                day = days.day_of(session.start_ms, session.utc_offset_min)
                self._days.setdefault(session.athlete_id, set()).add(day)

    def _clock(self, device_id: str, log_id: int, boot: int) -> clock.BootClock:
        key = (device_id, log_id, boot)
        if key not in self._clocks:
            self._clocks[key] = clock.BootClock(clocks.of_boot(self._db, *key))
        return self._clocks[key]

    def _date(self, device_id: str, log_id: int, boot: int, uptime_ms: int) -> dict[str, int | None]:
        date = self._clock(device_id, log_id, boot).at(uptime_ms)
        start_ms, utc_offset_min, uncertainty_ms = date or (None, None, None)
        return {"start_ms": start_ms, "utc_offset_min": utc_offset_min, "uncertainty_ms": uncertainty_ms}


def _filed(session: Session) -> tuple[str | None, int | None, int | None]:
    """What says under whom and on which day a session counts."""
    return session.athlete_id, session.start_ms, session.utc_offset_min


def _with_event(session: Session, record: Record) -> Session:
    """The session with a SESSION record taken in: its first start and its last end count."""
    f = rows.fields(record)
    if f["event"] == wire.SESSION_START:
        if session.start_seq is not None and session.start_seq <= record.seq:
            return session
        return msgspec.structs.replace(
            session,
            start_seq=record.seq,
            boot=record.boot,
            uptime_ms=record.uptime_ms,
            plan_revision=f["plan_revision"],
        )
    if session.end_seq is not None and session.end_seq >= record.seq:
        return session
    if session.start_seq is None:
        uptime_ms = record.uptime_ms - f["duration_s"] * 1000
        session = msgspec.structs.replace(
            session, boot=record.boot, uptime_ms=uptime_ms, plan_revision=f["plan_revision"]
        )
    return msgspec.structs.replace(
        session,
        end_seq=record.seq,
        end_boot=record.boot,
        end_uptime_ms=record.uptime_ms,
        duration_s=f["duration_s"],
        rpe=rows.known(f["rpe"]),
    )


_STEPS: dict[int, Callable[[_Work, Record], None]] = {
    wire.TIME: _Work._time,
    wire.HEART: _Work._heart,
    wire.RR: _Work._heart,
    wire.REP: _Work._rep,
    wire.SET: _Work._set,
    wire.SESSION: _Work._session,
    wire.STRAIN: _Work._strain,
    wire.PLAN_APPLIED: _Work._plan,
    wire.BATTERY: _Work._battery,
    wire.LOSS: _Work._loss,
    wire.RECOVERY: _Work._recovery,
    wire.BREATHING: _Work._breathing,
    wire.CALIBRATION: _Work._calibration,
    wire.ANGLE: _Work._rep,
}
