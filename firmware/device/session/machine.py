"""A machine's own sets, from the distance to its weight stack: nobody presses a button, nobody is known.

A session begins with the first repetition and ends when nobody has trained for QUIET_MS; stillness ends a
set.
Each repetition carries its way in mm and, where the beam meets the selector pin's flag and the pin's
positions were told (settings `stack_…`), the load, and the power of lifting it;
with a load cell, what hung on it. Times are ms since the
session's origin; callers bring ticks_ms values.
"""

from device.session.execution import Execution
from device.session.rest import Rest
from device.session.stack_calibration import StackCalibration
from device.session.work_set import WorkSet
from device.signal.weight import Trace, grams
from repbeat_protocol import auth, records

QUIET_MS = 300_000  # ours: whoever comes after five minutes is somebody else
REJECTED_RECORDS = 8
STILL_MM = 6  # four standard deviations of a VL53L1X (DS12385, short mode)
STILL_SAMPLES = 20
NEAR_MM = 30  # the counter's own rest is that coarse
NEAR_PERCENT = 35  # of a step: so far from a pin's place the load is not known


class Machine:
    """`counter`: StackCounter; `settings`: the pin's places, the cell's scale; `diff`: time.ticks_diff.

    `flag`, `cell`: see StackCalibration.
    """

    def __init__(self, counter, recorder, settings, diff, flag: bool = True, cell: bool = False) -> None:
        counter.calibration_mm = settings.get("stack_range_mm")
        self.calibration = StackCalibration(settings, recorder.calibration, diff, flag, cell)
        self._counter = counter
        self._recorder = recorder
        self._settings = settings
        self._diff = diff
        self._execution = Execution(None)
        self._rest = Rest()
        self._rest.none()
        self._work = WorkSet()
        self._origin = 0
        self._fresh = True  # no distance yet since the origin
        self._stand_mm = 0
        self._still_mm = self._still_sum = self._still_n = 0
        self._taken = self._noted = 0
        self._trace = Trace() if cell else None
        self._set_load_g = 0  # of its repetitions, added up
        self.active = False  # a session runs

    def distance(self, ticks: int, mm: int, valid: bool) -> None:
        """One measurement of the sensor."""
        if self._fresh:
            self._fresh = False
            self._origin = ticks
            self._counter.begin(0)
            if self._trace:
                self._trace.clear()
        now = self._diff(ticks, self._origin)
        if valid:
            self._stand(now, mm, ticks)
        if self._counter.push(now, mm, valid):
            if self.calibration.active:
                self._calibrate(ticks, now)
                return
            if not self.active:
                self._begin_session()
            self._take(now)

    def weight(self, ticks: int, counts: int, valid: bool) -> None:
        """One reading of the load cell."""
        if valid and not self._fresh:
            self._trace.push(self._diff(ticks, self._origin), counts)
            self.calibration.weighed(counts, ticks)

    def calibrate(self, action: int, plate: int, first_g: int, step_g: int, ticks: int) -> int:
        """An order of auth.CALIBRATE: 0, or the auth code of a refusal."""
        calibration = self.calibration
        if action == auth.STOP:
            calibration.stop()
            return 0
        if action == auth.BEGIN and not self.active:
            return calibration.begin(plate, first_g, step_g, ticks)
        if action == auth.GO_ON and calibration.active:
            calibration.go_on(ticks)
            return 0
        return auth.BAD_MESSAGE if action > auth.GO_ON else auth.IN_USE

    def calibrate_again(self, ticks: int) -> None:
        """Begin with the loads told last, where nobody trains."""
        if not self.active:
            self.calibration.again(ticks)

    def _calibrate(self, ticks: int, now: int) -> None:
        counter = self._counter
        rep = counter.rep(counter.count - 1)
        self.calibration.rep(rep, self._counts(rep), ticks)
        counter.begin(now)
        counter.calibration_mm = self._settings.get("stack_range_mm")

    def _stand(self, now: int, mm: int, ticks: int) -> None:
        """Where the flag stands still near the bottom, to the millimetre: half a second's mean."""
        self.calibration.seen = True
        if abs(mm - self._still_mm) > STILL_MM:
            self._still_mm, self._still_sum, self._still_n = mm, 0, 0
        self._still_sum += mm
        self._still_n += 1
        if self._still_n == STILL_SAMPLES:
            mean = self._still_sum // STILL_SAMPLES
            self._still_mm, self._still_sum, self._still_n = mean, 0, 0
            if self.calibration.stood(mean, ticks):
                self._counter.forget_rest(now)
            if abs(mean - self._counter.rest_mm) <= NEAR_MM:
                self._stand_mm = mean

    def tick(self, ticks: int) -> None:
        """Several times a second: what time alone brings about."""
        if self.calibration.active:
            self.calibration.tick(ticks)
        if self._fresh:
            return
        now = self._diff(ticks, self._origin)
        if self.active:
            self._note_rejected()
            if self._work.still(now):
                self._end_set(now)
            elif not self._work.reps and now - self._last_ms > QUIET_MS:
                self._end_session(now)
        elif now > QUIET_MS:
            self._fresh = True  # times stay small while nobody trains

    def _begin_session(self) -> None:
        self._recorder.session_start(0, 0, 0)
        self.active = True
        self._sets = self._reps = 0
        self._last_ms = 0
        self._work.begin(0)

    def _take(self, now: int) -> None:
        while self._taken < self._counter.count:
            rep = self._counter.rep(self._taken)
            load_g = self._lifted_g(rep)
            self._set_load_g += load_g
            power_w = load_g * rep.range_mm // max(1, rep.concentric_ms) * 981 // 100_000  # m g h / t
            self._work.add(rep)
            index, ago_ms = self._work.reps - 1, now - rep.end_ms
            self._recorder.machine_rep(rep, self._sets, index, ago_ms, load_g, power_w)
            self._taken += 1

    def _counts(self, rep) -> int | None:
        return self._trace.mean(rep.start_ms, rep.end_ms) if self._trace else None

    def _lifted_g(self, rep) -> int:
        """What hung on the load cell over a repetition; without one, what the pin's place says."""
        counts, get = self._counts(rep), self._settings.get
        if counts is None:
            return self.load_g(self._stand_mm)
        return max(0, grams(counts, get("cell_zero"), get("cell_per_kg")))

    def load_g(self, rest_mm: int) -> int:
        """The load by where the pin's flag rests; 0 when it is at none of the places told."""
        get = self._settings.get
        step_um = get("stack_step_um")
        if not step_um:
            return 0
        off_um = (rest_mm - get("stack_top_mm")) * 1000
        if step_um < 0:
            step_um, off_um = -step_um, -off_um
        plate = (off_um + step_um // 2) // step_um
        if plate < 0 or abs(off_um - plate * step_um) * 100 > step_um * NEAR_PERCENT:
            return 0
        return get("stack_first_g") + plate * get("stack_step_g")

    def _note_rejected(self) -> None:
        if self._noted < min(self._counter.rejected, REJECTED_RECORDS):
            self._noted += 1
            self._recorder.rejected(self._counter.last_reject, 0, self._sets, self._work.reps)

    def _end_set(self, now: int) -> None:
        if self._counter.finish(now):
            self._take(now)
        work = self._work
        rest_s = max(0, work.start_ms - self._last_ms) // 1000 if self._sets else 0
        self._recorder.set_done(
            self._execution,
            work,
            False,
            self._sets,
            self._counter.rejected,
            now - work.end_ms,
            rest_s,
            self._rest,
            0,
            0,
            records.END_STILL,
            self._set_load_g // max(1, work.reps),
        )
        self._sets += 1
        self._reps += work.reps
        self._last_ms = work.end_ms
        self._counter.begin(now)
        self._taken = self._noted = self._set_load_g = 0
        self._work.begin(now)

    def _end_session(self, now: int) -> None:
        self._recorder.session_end(0, 0, 0, self._sets, self._reps, now // 1000)
        self.active = False
        self._fresh = True
