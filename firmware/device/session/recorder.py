"""Turns what a session was into records: SESSION, REP, SET, STRAIN, PLAN_APPLIED."""

import struct

from device.signal import strain
from repbeat_protocol import records

U16 = 0xFFFF


class Recorder:
    """Writes one session's records to `log`; `clock` gives uptime. Payloads as in protocol/records.md."""

    def __init__(self, log, clock) -> None:
        self._log = log
        self._clock = clock
        self.session_seq = 0

    def _append(self, kind: int, values: tuple[int, ...]) -> int:
        return self._log.append(kind, 1, records.pack(kind, 1, values), self._clock.uptime_ms())

    def session_start(self, plan_revision: int, resting_bpm: int, max_bpm: int) -> None:
        """A session begins; its start record's sequence number names it from here on."""
        values = (
            records.SESSION_START,
            self._log.next_seq,
            plan_revision,
            resting_bpm,
            max_bpm,
            0,
            0,
            0,
            records.UNKNOWN_U8,
        )
        self.session_seq = self._append(records.SESSION, values)

    def session_end(
        self, plan_revision: int, resting_bpm: int, max_bpm: int, sets: int, reps: int, duration_s: int
    ) -> None:
        """The session is over; nobody has been asked for the perceived exertion yet."""
        values = (
            records.SESSION_END,
            self.session_seq,
            plan_revision,
            resting_bpm,
            max_bpm,
            min(sets, 255),
            min(reps, U16),
            duration_s,
            records.UNKNOWN_U8,
        )
        self._append(records.SESSION, values)

    def rep(self, rep, exercise: int, set_index: int, rep_index: int, end_ago_ms: int) -> None:
        """A confirmed repetition (signal.reps.Rep), which ended `end_ago_ms` ago."""
        values = (
            self.session_seq,
            exercise,
            min(set_index, 255),
            min(rep_index, 255),
            min(end_ago_ms, U16),
            min(rep.concentric_ms, U16),
            min(rep.pause_ms, U16),
            min(rep.eccentric_ms, U16),
            min(rep.range_mg, U16),
            min(rep.range_permille, U16),
            min(rep.mean_velocity_mm_s, U16),
            min(rep.peak_velocity_mm_s, U16),
            rep.form_bits,
            rep.confidence,
            0,
        )
        self._append(records.REP, values)

    def rejected(self, reason: int, exercise: int, set_index: int, rep_index: int) -> None:
        """A movement just seen that looked like a repetition and was not counted."""
        values = (
            self.session_seq,
            exercise,
            min(set_index, 255),
            min(rep_index, 255),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            reason,
        )
        self._append(records.REP, values)

    def set_done(
        self, execution, work, set_index: int, rejected: int, end_ago_ms: int, rest_before_s: int, reason: int
    ) -> None:
        """A set ended: `execution` says what was planned, `work` (WorkSet) what was done."""
        item = execution.item
        values = (
            self.session_seq,
            execution.revision,
            item.exercise,
            min(set_index, 255),
            execution.item_index,
            min(work.reps, 255),
            item.reps_low,
            item.reps_high,
            min(rejected, 255),
            item.load_g // 10,
            end_ago_ms,
            work.end_ms - work.start_ms,
            min(rest_before_s, U16),
            work.velocity_loss_permille(),
        )
        values += tuple(work.form_counts) + (reason,)
        self._append(records.SET, values)

    def strain(self, zones, muscular_x10: int) -> None:
        """What the session cost: exact seconds in zone of `zones` (ZoneClock), and the display."""
        values = (
            (self.session_seq, zones.resting_bpm, zones.max_bpm)
            + tuple([zones.zone_s(zone) for zone in range(6)])
            + (int(zones.banister() * 100 + 0.5), strain.strain_x10(zones), strain.STRAIN_VERSION)
            + (muscular_x10,)
        )
        self._append(records.STRAIN, values)

    def plan(self, revision: int, previous: int, outcome: int, reason: int, digest8: bytes) -> int:
        """A plan came into force or was refused; `digest8`: first 8 bytes of its SHA-256, as sent."""
        (digest,) = struct.unpack("<Q", digest8)
        return self._append(records.PLAN_APPLIED, (revision, previous, outcome, reason, digest))
