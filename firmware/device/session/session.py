"""The session: IDLE, READY, IN_SET, REST, DONE, driven by the button, the plan and the repetitions.

    IDLE       short press: a session begins (the plan in force, or a free one)        -> READY
    READY      repetitions are confirmed, or a short press                             -> IN_SET
    IN_SET     stillness after the last repetition, or a short press                   -> REST, READY or DONE
    REST       time is up and the heart is down: cue; a short press, repetitions in
               its last ten seconds, or before like those of the last set: earlier     -> READY, IN_SET
    BREATHING  the plan's item is paced breathing; when it ends, or a short press      -> as after a set
    DONE       the plan is done and the session has ended; a short press begins anew   -> READY

A long press ends the session. The target cues as soon as its last repetition is likely, the velocity
threshold once the repetition is measured; the set itself ends with the stillness that follows, so that a
repetition done after the cue is counted too. A short run of movements that the plan did not ask for is
recorded, and does not count as a set of the plan. Times inside are ms since the session's start; callers
bring ticks_ms values.
"""

from device.session import cues, rest
from device.session.execution import Execution
from device.session.raw_window import RawWindow
from device.session.usual import EARLY_REPS, Usual
from device.session.work_set import SURE, WorkSet
from device.signal import angle, form
from device.signal.recovery import EDGE_S, RECOVERY_S, HeartRateRecovery
from repbeat_protocol import heart, live, records
from repbeat_protocol.exercises import PACED_BREATHING
from repbeat_protocol.plan import WARM_UP

ABANDON_SET_MS = 120000  # a set begun by button without a repetition was none
ABANDON_SESSION_MS = 1200000  # nobody has trained for twenty minutes
REJECTED_RECORDS = 8  # rejected movements of a set that get a record of their own
ANGLE_CUES = {angle.READY: cues.SET_START, angle.SHORT: cues.NOT_FAR, angle.BEYOND: cues.TOO_FAR}
CUED_FORM = form.PARTIAL | form.FAST  # FEATURES row 33: range below 80 %, or lowered too fast


class Session:
    """One band's session: what it is in, and all that may move it on."""

    def __init__(
        self, counter, plans, recorder, cue, load, calibrations, recogniser, breathing, diff
    ) -> None:
        """`cue(pattern)` plays; `diff`: time.ticks_diff; the others are those of session/ and signal/."""
        self._by_motion = self._counter = counter  # or `angle`, where the plan gives an angle range
        self._plans = plans
        self._recorder = recorder
        self._cue = cue
        self._calibrations = calibrations
        self._recogniser = recogniser
        self._breathing = breathing
        self._diff = diff
        self._rest = rest.Rest()
        self._usual = Usual()
        self._raw = RawWindow(recorder)
        self._recovery = HeartRateRecovery()
        self._origin = 0
        self._bpm = 0
        self._good = False
        self.load = load
        self.angle = angle.AngleCounter()
        self.work = WorkSet()
        self.execution = Execution(None)
        self.phase = live.IDLE
        self.set_index = 0

    @property
    def active(self) -> bool:
        """Whether a session is running."""
        return self.phase not in (live.IDLE, live.DONE)

    @property
    def reps(self) -> int:
        """Repetitions of the running set as they are shown: with the likely one; 0 outside a set."""
        return self.work.reps + self._counter.likely if self.phase == live.IN_SET else 0

    def rest_left_s(self, ticks: int) -> int:
        """Seconds of rest still to go."""
        return self._rest.left_s(self._diff(ticks, self._origin)) if self.phase == live.REST else 0

    # What happens from outside

    def press(self, ticks: int) -> None:
        """The short press: on to the next thing."""
        now = self._diff(ticks, self._origin)
        if not self.active:
            self._begin_session(ticks)
        elif self.phase == live.IN_SET:
            self._end_set(now, records.END_BUTTON)
        elif self.phase == live.BREATHING:
            self._breathing.stop()
        elif self.execution.item.exercise == PACED_BREATHING:
            self._prepare(now)
        else:
            self._arm(now)
            self._begin_set(now)
            self._cue(cues.SET_START)

    def long_press(self, ticks: int) -> None:
        """The long press: the session ends."""
        self._stop(self._diff(ticks, self._origin), records.END_BUTTON)

    def unwell(self, ticks: int) -> None:
        """The athlete feels unwell: everything stops, without a farewell, and it is written down."""
        self._stop(self._diff(ticks, self._origin), records.END_UNWELL)

    def motion(self, ticks: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """One sample of the motion sensor: mg and 0.1 deg/s."""
        if self.phase not in (live.READY, live.IN_SET, live.REST):
            return
        now = self._diff(ticks, self._origin)
        self._raw.motion(now, ax, ay, az)
        if self._counter.push(now, ax, ay, az, gx, gy, gz):
            if self.phase == live.REST:
                early = self._early(now)
                if early:
                    self._begin_set(now, self._counter.count - early)
            elif self.phase == live.READY:
                self._begin_set(now)
            if self.phase == live.IN_SET:
                self._take_reps(now)
        elif self._counter.likely and self.phase == live.IN_SET:
            self._cue_target()
        if self.angle.event and self.phase != live.REST:
            self._cue(ANGLE_CUES[self.angle.event])
            self.angle.event = angle.NOTHING

    def heart(self, bpm: int, state: int) -> None:
        """One second's heart rate and its state (protocol heart.NO_CONTACT … GOOD)."""
        self._bpm = bpm
        self._good = state == heart.GOOD
        if self._recovery.second(bpm if state >= heart.FAIR else 0) and self._recovery.drop_bpm:
            ago_s = RECOVERY_S + EDGE_S // 2
            self._recorder.recovery(self.set_index - 1, ago_s, self._recovery.drop_bpm)
        if self.active and self.load.second(bpm, state):
            self._cue(cues.STRAIN_CAP)
        if self.active and state >= heart.FAIR and self.load.range.second(self.load.zone(bpm)):
            self._cue(cues.ZONE_EXIT)

    def tick(self, ticks: int) -> None:
        """Several times a second: what time alone brings about."""
        now = self._diff(ticks, self._origin)
        self._raw.tick(now)
        if self.phase == live.IN_SET:
            self._note_rejected()
            if self.work.still(now):
                self._end_set(now, records.END_STILL)
            elif not self.work.reps and now - self.work.start_ms > ABANDON_SET_MS:
                self.phase = live.READY
            return
        if self.phase == live.BREATHING:
            if not self._breathing.active:
                self._last_set_ms = now
                self._advance(now, now)
            return
        if self._plans.due:
            self._apply_plan(now)
        if self.phase == live.REST:
            self._tick_rest(now)
        if self.active and now - self._last_set_ms > ABANDON_SESSION_MS:
            self._end_session(now)

    # Session

    def _begin_session(self, ticks: int) -> None:
        self._origin = ticks
        if self._plans.due:
            self._apply_plan(0)
        plan = self._plans.in_force()
        self.execution = Execution(plan)
        self.load.begin(plan)
        self._recorder.session_start(self.execution.revision, self.load.resting_bpm, self.load.max_bpm)
        self.set_index = 0
        self._total_reps = 0
        self._last_set_ms = 0
        self._recovery.stop()
        self._usual.begin()
        self._rest.none()
        self.work.begin(0)
        self._cue(cues.READY)
        self._prepare(0)

    def _apply_plan(self, now: int) -> None:
        """Between sets only: the plan that waits comes into force, also for what is left of this session."""
        if self._plans.switch():
            self._cue(cues.PLAN_APPLIED)
            if self.active:
                self.execution = Execution(self._plans.in_force(), self.execution.sets_done)
                if self.execution.done:
                    self._end_session(now)
                else:
                    self._arm(now)

    def _stop(self, now: int, reason: int) -> None:
        if self.phase == live.IN_SET:
            self._end_set(now, reason)
        elif self.phase == live.BREATHING:
            self._breathing.stop()
        if self.active:
            self._end_session(now, reason != records.END_UNWELL)

    def _end_session(self, now: int, farewell: bool = True) -> None:
        load = self.load
        if load.zones:
            self._recorder.strain(load.zones, load.muscular_x10, load.curve)
        load.end()
        self._recorder.session_end(
            self.execution.revision,
            load.resting_bpm,
            load.max_bpm,
            self.set_index,
            self._total_reps,
            now // 1000,
        )
        self.phase = live.DONE
        if farewell:
            self._cue(cues.SESSION_DONE)

    # Set

    def _prepare(self, now: int) -> None:
        """The plan's next item may begin."""
        item = self.execution.item
        if item.exercise == PACED_BREATHING:
            self._breathing.begin(item, self._recorder.session_seq)
            self.phase = live.BREATHING
        else:
            self._arm(now)
            self.phase = live.READY

    def _arm(self, now: int) -> None:
        """The counter may see a set from here on: the plan's next one."""
        item = self.execution.item
        self._raw.begin()
        self.angle.event = angle.NOTHING
        self.angle.item = item
        self._counter = self.angle if item.angle_high else self._by_motion
        self._counter.begin(now, item.exercise, item.eccentric_ds * 100, item.reps_low)
        self._by_motion.calibration = self._calibrations.of(item.exercise)

    def _early(self, now: int) -> int:
        """How many repetitions in a rest begin the next set: near its end any, before unmistakable ones."""
        left_s = self._rest.left_s(now)
        if left_s <= rest.COUNTDOWN_S:
            return self._counter.count
        if left_s * 2 > self._rest.planned_s:
            return 0  # so soon it is what the last set has left over
        run = self._usual.run(self._counter, self.execution.item.exercise)
        return run if run >= EARLY_REPS else 0

    def _begin_set(self, now: int, skipped: int = 0) -> None:
        """A set begins; the first `skipped` repetitions of the counter do not belong to it."""
        self.phase = live.IN_SET
        self._reps_taken = skipped
        self._rejected_noted = 0
        self._target_cued = False
        self._velocity_stop = False
        self._recovery.stop()
        self.work.begin(now)

    def _take_reps(self, now: int) -> None:
        """Everything the counter has confirmed and the set does not hold yet."""
        form_bits = 0
        item = self.execution.item
        while self._reps_taken < self._counter.count:
            rep = self._counter.rep(self._reps_taken)
            self.work.add(rep)
            seq = self._recorder.rep(rep, item.exercise, self.set_index, self.work.reps - 1, now - rep.end_ms)
            self._raw.want(seq, rep)
            self._reps_taken += 1
            form_bits |= rep.form_bits
            self._check_velocity(rep)
        self._recovery.begin()  # as if it had been the last
        if not self._cue_target() and form_bits & CUED_FORM:
            self._cue(cues.FORM)

    def _cue_target(self) -> bool:
        """Once a set: it has reached its target or its velocity threshold."""
        reached = self._velocity_stop or 0 < self.execution.item.reps_high <= self.reps
        if not reached or self._target_cued:
            return False
        self._target_cued = True
        self._cue(cues.SET_DONE)
        return True

    def _check_velocity(self, rep) -> None:
        """A doubtful velocity stops nothing, and a warm-up is not stopped."""
        item = self.execution.item
        if item.flags & WARM_UP or rep.confidence < SURE:
            return
        if self.work.velocity_loss.reached(item.velocity_loss_percent * 10):
            self._velocity_stop = True

    def _note_rejected(self) -> None:
        """A record for each rejected movement, the first few of a set; SET has the number of all."""
        counter = self._counter
        if self._rejected_noted < min(counter.rejected, REJECTED_RECORDS):
            self._rejected_noted += 1
            self._recorder.rejected(
                counter.last_reject, self.execution.item.exercise, self.set_index, self.work.reps
            )

    def _end_set(self, now: int, reason: int) -> None:
        if self._counter.finish(now):
            self._take_reps(now)
        work = self.work
        item = self.execution.item
        if reason != records.END_UNWELL:
            if self._velocity_stop:
                reason = records.END_VELOCITY
            elif 0 < item.reps_high <= work.reps:
                reason = records.END_TARGET
        if not work.reps:
            work.end_ms = now  # begun and ended by hand: nothing was counted, the time still counts
        counts = reason != records.END_STILL or not self._is_doubtful(item)
        recognised, percent = (0, 0) if item.angle_high else self._recogniser.recognise(self._counter)
        self._recorder.set_done(
            self.execution,
            work,
            counts,
            self.set_index,
            self._counter.rejected,
            now - work.end_ms,
            max(0, work.start_ms - self._last_set_ms) // 1000 if self.set_index else 0,
            self._rest,
            recognised,
            percent,
            reason,
        )
        if item.angle_high:
            self._recorder.angles(item, self.angle, self.set_index)
        self.load.add_set(work.reps, item.load_g, work.velocity_loss.permille)
        self.set_index += 1
        self._total_reps += work.reps
        self._last_set_ms = work.end_ms
        if counts:
            if not item.angle_high:
                self._usual.learn(self._counter, item.exercise)
                self._calibrations.learn(self._counter, item)
            self._advance(now, work.end_ms)
        else:
            self._rest_from(now, work.end_ms, item)

    def _is_doubtful(self, item) -> bool:
        """Fewer repetitions than half of what was asked, or fewer than asked and unlike the set before."""
        if self.work.reps * 2 < item.reps_low:
            return True
        known = self._usual.exercise == item.exercise
        return self.work.reps < item.reps_low and known and not self._usual.run(self._counter, item.exercise)

    def _advance(self, now: int, end_ms: int) -> None:
        """One set of the plan is done: on to its rest, or to the end."""
        item = self.execution.item
        self.execution.set_done()
        if self.execution.done:
            self._end_session(now)
        else:
            self._rest_from(now, end_ms, item)

    def _rest_from(self, now: int, end_ms: int, item) -> None:
        """The rest after `item`, which ended at `end_ms`; movement is listened to from its beginning."""
        if item.rest_s:
            self._rest.begin(end_ms, item.rest_s, item.rest_until_bpm)
            self.phase = live.REST
            self._fresh = False
            self._arm(now)
        else:
            self._rest.none()
            self._prepare(now)

    def _tick_rest(self, now: int) -> None:
        due = self._rest.update(now, self._bpm, self._good)
        if due == rest.COUNTDOWN:
            self._cue(cues.COUNTDOWN)
        elif due == rest.OVER:
            self._cue(cues.REST_OVER)
            if self.execution.item.exercise == PACED_BREATHING:
                self._prepare(now)
            else:
                self.phase = live.READY
        if not self._fresh and self._rest.left_s(now) <= rest.COUNTDOWN_S:
            self._fresh = True
            if not self._usual.run(self._counter, self.execution.item.exercise):
                self._arm(now)  # what was moved so far, racking the weight too, is no part of the next set
