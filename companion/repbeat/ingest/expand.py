"""Records to sessions, sets, repetitions, heart blocks, clocks and plan outcomes.

Doing it again changes nothing, and the order in which records arrive leaves no trace: a TIME record that
comes last dates what came before it, a set whose session began in a lost record still has a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from repbeat.ingest import clock, days, rows, summary
from repbeat.store import clocks, devices, heart_blocks, plans, sessions, values
from repbeat.store import records as store
from repbeat.store.database import Database
from repbeat.store.records import Flag, Record
from repbeat.store.sessions import Key, Session
from repbeat_protocol import records as wire

UNKNOWN_TYPE = "unknown_type"
BAD_PAYLOAD = "bad_payload"
CLOCK_REFUSED = "clock_refused"


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some records: sessions touched, oddities, plans that a device answered."""

    sessions: tuple[Key, ...]
    flags: tuple[Flag, ...]
    answered: tuple[plans.Plan, ...]


def expand(db: Database, records: Iterable[Record], now_ms: int) -> Expanded:
    """Derive the rows of these records.

    Run inside the transaction that keeps the records.
    """
    work = _Work(db, now_ms)
    for record in records:
        work.take(record)
    return work.finish()


class _Work:
    """One run over a batch: rows at once, sessions and dates when the batch is through."""

    def __init__(self, db: Database, now_ms: int) -> None:
        self._db = db
        self._now_ms = now_ms
        self._events: dict[Key, list[Record]] = {}
        self._clocks: dict[tuple[str, int, int], clock.BootClock] = {}
        self._touched: set[Key] = set()
        self._costed: set[Key] = set()  # those whose load, length or day may have changed
        self._readings: list[clocks.Clock] = []
        self._sets: list[sessions.Set] = []
        self._reps: list[sessions.Rep] = []
        self._strains: list[sessions.Strain] = []
        self._blocks: list[heart_blocks.HeartBlock] = []
        self._flags: list[Flag] = []
        self._answered: list[plans.Plan] = []
        self._athletes: set[str] = set()  # whose days may have changed

    def take(self, record: Record) -> None:
        if (record.type, record.version) not in wire.LAYOUTS:
            self._flag(record, UNKNOWN_TYPE, f"type {record.type} version {record.version}: update RepBeat")
            return
        step = _STEPS.get(record.type)
        if step is None:
            step = _Work._check
        try:
            step(self, record)
        except wire.BadPayload as error:
            self._flag(record, BAD_PAYLOAD, str(error))

    def finish(self) -> Expanded:
        sessions.add_sets(self._db, self._sets)
        sessions.add_reps(self._db, self._reps)
        sessions.add_strain(self._db, self._strains)
        heart_blocks.insert(
            self._db,
            [
                msgspec.structs.replace(
                    block, **self._date(block.device_id, block.log_id, block.boot, block.uptime_ms)
                )
                for block in self._blocks
            ],
        )
        touched = sorted(self._touched, key=msgspec.structs.astuple)
        for key in touched:
            self._refresh(key)
        for reading in self._readings:
            self._date_around(reading)
        for athlete_id in sorted(self._athletes):
            days.refresh(self._db, athlete_id)
        return Expanded(sessions=tuple(touched), flags=tuple(self._flags), answered=tuple(self._answered))

    def _flag(self, record: Record, flag: str, detail: str) -> None:
        self._flags.append(
            Flag(device_id=record.device_id, log_id=record.log_id, seq=record.seq, flag=flag, detail=detail)
        )

    def _check(self, record: Record) -> None:
        """A record that has no row of its own yet: only see that it can be read."""
        rows.fields(record)

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
        self._blocks.append(rows.heart_block(record))

    def _rep(self, record: Record) -> None:
        row = rows.rep_row(record)
        self._reps.append(row)
        self._touched.add(Key(row.device_id, row.log_id, row.session_seq))

    def _set(self, record: Record) -> None:
        row = rows.set_row(record)
        self._sets.append(row)
        self._touched.add(Key(row.device_id, row.log_id, row.session_seq))

    def _strain(self, record: Record) -> None:
        row = rows.strain_row(record)
        self._strains.append(row)
        self._costed.add(Key(row.device_id, row.log_id, row.session_seq))
        self._touched.add(Key(row.device_id, row.log_id, row.session_seq))

    def _session(self, record: Record) -> None:
        f = rows.fields(record)
        if f["event"] not in (wire.SESSION_START, wire.SESSION_END):
            raise wire.BadPayload(f"SESSION has the unknown event {f['event']}")
        # A start record names itself: its own number, whatever the log wrote between asking and appending.
        seq = record.seq if f["event"] == wire.SESSION_START else f["session_seq"]
        key = Key(record.device_id, record.log_id, seq)
        self._events.setdefault(key, []).append(record)
        self._costed.add(key)
        self._touched.add(key)

    def _plan(self, record: Record) -> None:
        owner = devices.athlete_at(self._db, record.device_id, record.log_id, record.seq)
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

    def _refresh(self, key: Key) -> None:
        """Make a session's row and summary anew from all that is here of it."""
        session = sessions.find(self._db, key) or Session(
            device_id=key.device_id, log_id=key.log_id, session_seq=key.session_seq
        )
        for record in self._events.get(key, ()):
            session = _with_event(session, record)
        sets = sessions.sets(self._db, key)
        reps = sessions.reps(self._db, key)
        strain = sessions.strain(self._db, key)
        if session.start_seq is None and session.end_seq is None:
            # Its SESSION records are lost or still to come: it began before its first record here.
            parts = [row.seq for row in sets] + [row.seq for row in reps] + ([strain.seq] if strain else [])
            first = min(parts)
            record = store.get(self._db, key.device_id, key.log_id, first)
            session = msgspec.structs.replace(session, boot=record.boot, uptime_ms=record.uptime_ms)
        session = msgspec.structs.replace(
            session,
            athlete_id=devices.athlete_at(self._db, key.device_id, key.log_id, key.session_seq),
            **self._date(key.device_id, key.log_id, session.boot, session.uptime_ms),
        )
        sessions.put(self._db, session)
        if key in self._costed:
            self._changed(session)
        result = summary.summarize(sets, reps, strain)
        values.put_session(
            self._db, key, values.Value(formula=summary.FORMULA, version=summary.VERSION, value=result)
        )

    def _date_around(self, reading: clocks.Clock) -> None:
        """Date anew what a new clock reading has a say in."""
        key = (reading.device_id, reading.log_id, reading.boot)
        low_ms, high_ms = self._clock(*key).reach(reading.uptime_ms)
        for session in sessions.of_boot(self._db, *key, low_ms, high_ms):
            sessions.put(self._db, msgspec.structs.replace(session, **self._date(*key, session.uptime_ms)))
            self._changed(session)
        heart_blocks.set_dates(
            self._db,
            [
                msgspec.structs.replace(block, **self._date(*key, block.uptime_ms))
                for block in heart_blocks.of_boot(self._db, *key, low_ms, high_ms)
            ],
        )

    def _changed(self, session: Session) -> None:
        if session.athlete_id is not None:
            self._athletes.add(session.athlete_id)

    def _clock(self, device_id: str, log_id: int, boot: int) -> clock.BootClock:
        key = (device_id, log_id, boot)
        if key not in self._clocks:
            self._clocks[key] = clock.BootClock(clocks.of_boot(self._db, *key))
        return self._clocks[key]

    def _date(self, device_id: str, log_id: int, boot: int, uptime_ms: int) -> dict[str, int | None]:
        date = self._clock(device_id, log_id, boot).at(uptime_ms)
        start_ms, utc_offset_min, uncertainty_ms = date or (None, None, None)
        return {"start_ms": start_ms, "utc_offset_min": utc_offset_min, "uncertainty_ms": uncertainty_ms}


def _with_event(session: Session, record: Record) -> Session:
    """The session with a SESSION record taken in: its first start and its last end count."""
    f = rows.fields(record)
    latched = {name: f[name] for name in ("plan_revision", "resting_bpm", "max_bpm")}
    if f["event"] == wire.SESSION_START:
        if session.start_seq is not None and session.start_seq <= record.seq:
            return session
        return msgspec.structs.replace(
            session, start_seq=record.seq, boot=record.boot, uptime_ms=record.uptime_ms, **latched
        )
    if session.end_seq is not None and session.end_seq >= record.seq:
        return session
    if session.start_seq is None:
        uptime_ms = record.uptime_ms - f["duration_s"] * 1000
        session = msgspec.structs.replace(session, boot=record.boot, uptime_ms=uptime_ms, **latched)
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
}
