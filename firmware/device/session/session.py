"""The session: IDLE, READY, IN_SET, REST, DONE, driven by the button, the plan and the repetitions.

    IDLE    short press: a session begins (the plan in force, or a free one)           -> READY
    READY   repetitions are confirmed, or a short press                                -> IN_SET
    IN_SET  stillness after the last repetition, or a short press                      -> REST, READY or DONE
    REST    time is up and the heart is down: cue; a short press, or repetitions
            in its last ten seconds: earlier                                           -> READY, IN_SET
    DONE    the plan is done and the session has ended; a short press begins another   -> READY

A long press ends the session. The target and the velocity threshold cue at once; the set itself ends with
the stillness that follows, so that a repetition done after the cue is counted too. Times inside are ms
since the session's start; callers bring ticks_ms values.
"""

from device.session import cues, rest
from device.session.execution import Execution
from device.session.load import Load
from device.session.work_set import SURE, WorkSet
from device.signal import form
from repbeat_protocol import heart, live, records

ABANDON_SET_MS = 120000  # a set begun by button without a repetition was none
ABANDON_SESSION_MS = 1200000  # nobody has trained for twenty minutes
REJECTED_RECORDS = 8  # rejected movements of a set that get a record of their own
CUED_FORM = form.PARTIAL | form.FAST  # FEATURES row 33: range below 80 %, or lowered too fast


class Session:
    """One band's session: what it is in, and all that may move it on."""

    def __init__(self, counter, plans, recorder, cue, settings, diff) -> None:
        """RepCounter, PlanSwitch, Recorder; `cue(pattern)` plays; `diff`: time.ticks_diff."""
        self._counter = counter
        self._plans = plans
        self._recorder = recorder
        self._cue = cue
        self._settings = settings
        self._diff = diff
        self._rest = rest.Rest()
        self._origin = 0
        self._bpm = 0
        self._good = False
        self._listening = False  # whether motion is counted: walking about in a rest is no set
        self.load = Load()
        self.work = WorkSet()
        self.execution = Execution(None)
        self.phase = live.IDLE
        self.set_index = 0

    @property
    def active(self) -> bool:
        """Whether a session is running."""
        return self.phase in (live.READY, live.IN_SET, live.REST)

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
        else:
            self._arm(now)
            self._begin_set(now)
            self._cue(cues.SET_START)

    def long_press(self, ticks: int) -> None:
        """The long press: the session ends."""
        now = self._diff(ticks, self._origin)
        if self.phase == live.IN_SET:
            self._end_set(now, records.END_BUTTON)
        if self.active:
            self._end_session(now)

    def motion(self, ticks: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """One sample of the motion sensor: mg and 0.1 deg/s."""
        if not self.active or not self._listening:
            return
        now = self._diff(ticks, self._origin)
        if self._counter.push(now, ax, ay, az, gx, gy, gz):
            if self.phase != live.IN_SET:
                self._begin_set(now)
            self._take_reps(now)

    def heart(self, bpm: int, state: int) -> None:
        """One second's heart rate and its state (protocol heart.NO_CONTACT … GOOD)."""
        self._bpm = bpm
        self._good = state == heart.GOOD
        if self.active and self.load.second(bpm, state):
            self._cue(cues.STRAIN_CAP)

    def tick(self, ticks: int) -> None:
        """Several times a second: what time alone brings about."""
        now = self._diff(ticks, self._origin)
        if self.phase == live.IN_SET:
            self._note_rejected()
            if self.work.still(now):
                self._end_set(now, records.END_STILL)
            elif not self.work.reps and now - self.work.start_ms > ABANDON_SET_MS:
                self.phase = live.READY
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
        self.execution = Execution(self._plans.in_force())
        plan = self.execution.plan
        resting_bpm = plan.resting_bpm if plan else 0
        max_bpm = plan.max_bpm if plan else 0
        self.load.begin(
            resting_bpm or self._settings.get("resting_bpm", 0),
            max_bpm or self._settings.get("max_bpm", 0),
            plan.strain_cap_x10 if plan else 0,
        )
        self._recorder.session_start(self.execution.revision, self.load.resting_bpm, self.load.max_bpm)
        self.set_index = 0
        self._total_reps = 0
        self._last_set_ms = 0
        self.work.begin(0)
        self._arm(0)
        self.phase = live.READY
        self._cue(cues.READY)

    def _apply_plan(self, now: int) -> None:
        """Between sets only: the plan that waits comes into force, also for what is left of this session."""
        if self._plans.switch():
            self._cue(cues.PLAN_APPLIED)
            if self.active:
                self.execution = Execution(self._plans.in_force(), self.execution.sets_done)
                if self._listening:
                    self._arm(now)
                if self.execution.done:
                    self._end_session(now)

    def _end_session(self, now: int) -> None:
        load = self.load
        if load.zones:
            self._recorder.strain(load.zones, load.muscular_x10)
        self._recorder.session_end(
            self.execution.revision,
            load.resting_bpm,
            load.max_bpm,
            self.set_index,
            self._total_reps,
            now // 1000,
        )
        self.phase = live.DONE
        self._cue(cues.SESSION_DONE)

    # Set

    def _arm(self, now: int) -> None:
        """The counter may see a set from here on: the plan's next one."""
        item = self.execution.item
        self._counter.begin(now, item.exercise, item.eccentric_ds * 100)
        self._listening = True

    def _begin_set(self, now: int) -> None:
        self.phase = live.IN_SET
        self._reps_taken = 0
        self._rejected_noted = 0
        self._target_cued = False
        self._velocity_stop = False
        self.work.begin(now)

    def _take_reps(self, now: int) -> None:
        """Everything the counter has confirmed and the set does not hold yet."""
        form_bits = 0
        while self._reps_taken < self._counter.count:
            rep = self._counter.rep(self._reps_taken)
            exercise = self.execution.item.exercise
            self.work.add(rep)
            self._recorder.rep(rep, exercise, self.set_index, self._reps_taken, now - rep.end_ms)
            self._reps_taken += 1
            form_bits |= rep.form_bits
            self._check_velocity(rep)
        item = self.execution.item
        if not self._target_cued and (self._velocity_stop or 0 < item.reps_high <= self.work.reps):
            self._target_cued = True
            self._cue(cues.SET_DONE)
        elif form_bits & CUED_FORM:
            self._cue(cues.FORM)

    def _check_velocity(self, rep) -> None:
        """A doubtful velocity stops nothing."""
        limit = self.execution.item.velocity_loss_percent
        if limit and rep.confidence >= SURE and self.work.velocity_loss_permille() >= limit * 10:
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
        if self._velocity_stop:
            reason = records.END_VELOCITY
        elif 0 < item.reps_high <= work.reps:
            reason = records.END_TARGET
        if not work.reps:
            work.end_ms = now  # begun and ended by hand: nothing was counted, the time still counts
        self._recorder.set_done(
            self.execution,
            work,
            self.set_index,
            self._counter.rejected,
            now - work.end_ms,
            max(0, work.start_ms - self._last_set_ms) // 1000 if self.set_index else 0,
            reason,
        )
        self.load.add_set(work.reps, item.load_g, work.velocity_loss_permille())
        self.set_index += 1
        self._total_reps += work.reps
        self._last_set_ms = work.end_ms
        self.execution.set_done()
        if self.execution.done:
            self._end_session(now)
            return
        if item.rest_s:
            self._rest.begin(work.end_ms, item.rest_s, item.rest_until_bpm)
            self.phase = live.REST
            self._listening = False
        else:
            self.phase = live.READY
            self._arm(now)

    def _tick_rest(self, now: int) -> None:
        due = self._rest.update(now, self._bpm, self._good)
        if not self._listening and self._rest.left_s(now) <= rest.COUNTDOWN_S:
            self._arm(now)
        if due == rest.COUNTDOWN:
            self._cue(cues.COUNTDOWN)
        elif due == rest.OVER:
            self.phase = live.READY
            self._cue(cues.REST_OVER)
