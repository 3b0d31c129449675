"""What a session was becomes records: SESSION, REP, SET, ANGLE, STRAIN, RECOVERY, CHECKIN, PLAN_APPLIED."""

import struct

from device.signal import strain
from repbeat_protocol import records

U16 = 0xFFFF
UNANSWERED = (records.UNKNOWN_U8,) * 5


class Recorder:
    """Writes one session's records to `log`; `clock` gives uptime. Payloads as in protocol/records.md."""

    def __init__(self, log, clock) -> None:
        self._log = log
        self._clock = clock
        self.session_seq = 0
        self._end = None  # values of the last session's end

    def _append(self, kind: int, values: tuple[int, ...], version: int = 1) -> int:
        return self._log.append(kind, version, records.pack(kind, version, values), self._clock.uptime_ms())

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
        self._end = (
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
        self._append(records.SESSION, self._end)

    def effort(self, rpe: int) -> None:
        """The athlete has answered, 0-10: the session's end once more, with the answer."""
        self._append(records.SESSION, self._end[:-1] + (rpe,))

    def rep(self, rep, exercise: int, set_index: int, rep_index: int, end_ago_ms: int) -> int:
        """A confirmed repetition (signal.reps.Rep), which ended `end_ago_ms` ago; its sequence number."""
        values = self._of_rep(rep, exercise, set_index, rep_index, end_ago_ms, rep.range_mg)
        return self._append(records.REP, values)

    def machine_rep(
        self, rep, set_index: int, rep_index: int, end_ago_ms: int, load_g: int, power_w: int
    ) -> int:
        """A repetition on a machine whose way is measured; `load_g`, `power_w` 0: not known."""
        values = self._of_rep(rep, 0, set_index, rep_index, end_ago_ms, 0)
        values += (min(rep.range_mm, U16), min(load_g // 10, U16), min(power_w, U16))
        return self._append(records.REP, values, 2)

    def _of_rep(self, rep, exercise: int, set_index: int, rep_index: int, end_ago_ms: int, range_mg: int):
        return (
            self.session_seq,
            exercise,
            min(set_index, 255),
            min(rep_index, 255),
            min(end_ago_ms, U16),
            min(rep.concentric_ms, U16),
            min(rep.pause_ms, U16),
            min(rep.eccentric_ms, U16),
            min(range_mg, U16),
            min(rep.range_permille, U16),
            min(rep.mean_velocity_mm_s, U16),
            min(rep.peak_velocity_mm_s, U16),
            rep.form_bits,
            rep.confidence,
            0,
        )

    def calibration(self, values: tuple[int, ...]) -> None:
        """A step of a machine's calibration: the fields of records.CALIBRATION."""
        self._append(records.CALIBRATION, values)

    def raw_window(self, payload: memoryview) -> None:
        """One part of the motion around a doubtful repetition (repbeat_protocol.raw_window)."""
        self._log.append(records.RAW_WINDOW, 2, payload, self._clock.uptime_ms())

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
        self,
        execution,
        work,
        counts: bool,
        set_index: int,
        rejected: int,
        end_ago_ms: int,
        rest_before_s: int,
        rest,
        recognised: int,
        recognised_percent: int,
        reason: int,
        load_g: int = -1,
    ) -> None:
        """A set ended: `execution` and `rest` say what was planned, `work` (WorkSet) what was done.

        `counts`: whether it stands for a set of the plan. `load_g`: measured; -1: the planned one.
        """
        item = execution.item
        values = (
            self.session_seq,
            execution.revision,
            item.exercise if execution.plan else recognised,
            min(set_index, 255),
            execution.item_index if counts else records.UNKNOWN_U8,
            min(work.reps, 255),
            item.reps_low,
            item.reps_high,
            min(rejected, 255),
            (item.load_g if load_g < 0 else load_g) // 10,
            end_ago_ms,
            work.end_ms - work.start_ms,
            min(rest_before_s, U16),
            work.velocity_loss.permille,
        )
        values += tuple(work.form_counts) + (reason,)
        values += (item.flags, rest.planned_s, rest.why, recognised, recognised_percent)
        self._append(records.SET, values, 2)

    def angles(self, item, found, set_index: int) -> None:
        """How far the limb moved in the set that just ended; `found`: signal.angle.AngleCounter."""
        values = (
            self.session_seq,
            item.exercise,
            min(set_index, 255),
            item.angle_low,
            item.angle_high,
            min(found.below, 255),
            min(found.within, 255),
            min(found.above, 255),
            min(found.unsure, 255),
            found.mean,
            found.most,
        )
        self._append(records.ANGLE, values)

    def recovery(self, set_index: int, start_ago_s: int, drop_bpm: int) -> None:
        """A minute after a set's last repetition: how far the heart rate has fallen."""
        self._append(
            records.RECOVERY, (self.session_seq, min(set_index, 255), start_ago_s, min(drop_bpm, 255))
        )

    def check_in(self, answers: tuple[int, ...], unwell: bool) -> None:
        """Sleep, fatigue, soreness, stress, mood, 1-5 each, records.UNKNOWN_U8 where not answered."""
        self._append(records.CHECKIN, answers + (1 if unwell else 0,))

    def strain(self, zones, muscular_x10: int, curve: int) -> None:
        """What the session cost: exact seconds in zone of `zones` (ZoneClock), and the display."""
        values = (
            (self.session_seq, zones.resting_bpm, zones.max_bpm)
            + tuple([zones.zone_s(zone) for zone in range(6)])
            + (int(zones.banister() * 100 + 0.5), strain.strain_x10(zones), strain.STRAIN_VERSION)
            + (muscular_x10, curve)
            + zones.limits
        )
        self._append(records.STRAIN, values, 2)

    def plan(self, revision: int, previous: int, outcome: int, reason: int, digest8: bytes) -> int:
        """A plan came into force or was refused; `digest8`: first 8 bytes of its SHA-256, as sent."""
        (digest,) = struct.unpack("<Q", digest8)
        return self._append(records.PLAN_APPLIED, (revision, previous, outcome, reason, digest))
