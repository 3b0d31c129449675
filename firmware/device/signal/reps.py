"""Counts repetitions live from an accelerometer in any orientation, on the wrist or on the equipment.

The stream becomes means over 100 ms. Every two seconds the last 38 s at most are searched for a movement that
repeats (turns.py, walking.py); four repetitions of like pace in a row start the count and are credited at
once. From then on each repetition is counted as it ends: it is `likely` as soon as its way back has nearly
taken the usual time, and confirmed, with all that is measured of it, once the smooth signal has followed.

Two signals compete (window.py). The size of the acceleration shows any lift: highest where the load turns
upwards, lowest where it turns downwards. The tilt shows wide-angle movements such as curls better, and is
taken when it swings widely and repeats well. The chosen one is smoothed until only the fundamental is left.
Its turning points alternate: one kind starts repetitions, the other is their turn. Which is which the
exercise says, where the plan names it and its first way is up or down; else the first one starts. Where a set
is cut short, a last start without its turn counts as well when the movement's extremes at both ends of the
set are full-sized.
"""

from array import array

from repbeat_protocol.exercises import LOWERED_FIRST, first_way

from .cycles import HIGH, NONE, TurningPoints, middle
from .features import SetFeatures
from .filters import CELL_MS, LEAST_MS, CellMeans
from .form import FormJudge
from .reject import ACCEPTED, NO_RUN, STILL, TOO_FAST, TOO_SLOW, TOO_SMALL, WALKING
from .rep_store import Rep, RepStore
from .turns import Turns
from .velocity import Velocity, VelocityLoss
from .walking import Walking, fidgets, walks_off
from .window import FLOOR, SCALE, Window

KNOCK_MG2 = 4000 * 4000  # a knock, or the end of the scale: nothing that is lifted gets there
SEARCH_CELLS = 20  # before the count starts: cells between two searches
REFRESH_CELLS = 10
RUN = 4  # repetitions in a row that start a count
RUN_KNOWN = 2  # enough at the end of a set that was announced, and for what is like the calibrated ones
RUN_PERCENT = 160  # intervals of a run lie within this factor of the period, up and down
JOIN_PERCENT = 250  # intervals of what joins it
FASTEST = 12  # cells: steps repeat faster than most lifts
FASTEST_KNOWN = 8
EDGE_PERCENT = 83
STRONG_PERCENT = 130  # ours: what is taken up or put down may give a stronger one
WAY_PERCENT = (
    63  # of the usual swing, between the last start and rest: lifts from 66 %, a load put down to 62 %
)
EDGE_REPS = 4
RECENT = 7  # repetitions whose medians say what is usual now
CALIBRATION_REPS = 3
LIKE_OWN_PERCENT = 120  # of the calibrated range; a bar on its way from the rack differs by half
VELOCITY_REPS = 5  # the mean acceleration over them is gravity
PACE_REPS = 4  # known intervals before the period follows them
LIKELY_PERCENT = 85  # ours, of the usual way back: none too many in the recordings of 32 people


class RepCounter:
    """Counts the repetitions of one set at a time: `begin`, `push` each sample, `finish`.

    `likely`: one more repetition than `count` has as good as ended; it may still turn out to be none.
    """

    def __init__(self, at_wrist: bool = False) -> None:
        """`at_wrist`: where the sensor is; else on what is lifted."""
        self._at_wrist = at_wrist
        self._cells = CellMeans()
        self._window = Window()
        self._turning = TurningPoints()
        self._turns = Turns()
        self._walking = Walking()
        self._start_values = array("i", [0] * RECENT)
        self._turn_values = array("i", [0] * RECENT)
        self._interval_ms = array("i", [0] * RECENT)
        self._return_ms = array("i", [0] * RECENT)
        self._scratch = array("i", [0] * RECENT)
        self._velocity = Velocity()
        self._reps = RepStore()
        self._rep = Rep()
        self._form = FormJudge()
        self.velocity_loss = VelocityLoss()
        self.features = SetFeatures()
        self.calibration: tuple[int, int] | None = None
        self.begin(0)

    def begin(self, t_ms: int, exercise: int = 0, lowering_ms: int = 0, least_reps: int = 0) -> None:
        """A new set may start now.

        `exercise` is a code of repbeat_protocol.exercises (0 unknown), `lowering_ms` the planned lowering
        time, `least_reps` the fewest that are planned (0 none). The calibration stays.
        """
        self.exercise = exercise
        self._run = max(RUN_KNOWN, least_reps) if 0 < least_reps < RUN else RUN
        self._begun_ms = t_ms
        self._form.begin(lowering_ms)
        self.velocity_loss.begin()
        self.features.begin()
        self.rejected = 0
        self.last_reject = ACCEPTED
        self._reps.clear()
        self._next_ms = 0
        self._cells.restart()
        self._window.clear()
        self._since = 0
        self._locked = self._rested = False
        self._way = first_way(exercise, self._at_wrist)
        self._first_kind = NONE
        self._has_start = self._has_turn = False
        self.likely = False
        self._first_is_full = True
        self._intervals = self._returns = 0

    @property
    def count(self) -> int:
        """Repetitions confirmed in this set."""
        return self._reps.count

    def rep(self, i: int) -> Rep:
        """The i-th confirmed repetition of the set, of which the latest 64 are kept; good until the next
        call."""
        return self._reps.get(i)

    def push(self, t_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> int:
        """One sample (mg, 0.1 deg/s); returns how many repetitions it confirmed.

        A knock is passed over, and what comes sooner than needed.
        """
        if t_ms < self._next_ms or ax * ax + ay * ay + az * az >= KNOCK_MG2:
            return 0
        self._next_ms = t_ms + LEAST_MS
        cells = self._cells
        if not cells.push(t_ms, ax, ay, az, gx, gy, gz):
            return 0
        before = self._reps.count
        while cells.next_cell():
            self._cell()
        return self._reps.count - before

    def finish(self, t_ms: int) -> int:
        """The set has ended; returns how many repetitions that confirmed."""
        before = self._reps.count
        if not self._locked:
            self._search(True)
        if self._locked:
            self.likely = False
            while self._window.done < self._window.n:
                self._advance()
            self._close()
        elif before == 0:
            self._reject(STILL if self._window.spread < FLOOR else NO_RUN)
        return self._reps.count - before

    def _cell(self) -> None:
        window = self._window
        window.append(self._cells.end_ms - CELL_MS // 2, self._cells.mean)
        self._since += 1
        if self._locked:
            while window.ready():
                self._advance()
            self._expect_end()
            if self._since >= REFRESH_CELLS:
                self._since = 0
                window.refresh()
                self._watch()
        elif self._since >= SEARCH_CELLS:
            self._since = 0
            self._search(False)

    def _search(self, final: bool) -> None:
        """Look for a run of repetitions among the window's turning points, and start the count with it."""
        window = self._window
        rests = window.rests(SEARCH_CELLS)
        if rests and not final and window.rests(window.n):
            return window.forget()
        if rests and not final and self._rested:
            return  # nothing has come since the last search that found nothing
        self._rested = rests
        if not window.search():
            return
        if window.pace < (FASTEST_KNOWN if self.exercise else FASTEST):
            return self._reject(TOO_FAST)
        if self._walking.is_seen(window):
            return self._reject(WALKING)
        if self._at_wrist and fidgets(window):
            return
        cells = window.n if final else window.settled()
        first = self._run_among_turns(cells, final)
        if first < 0 and (final or rests) and window.pace >= 2 * FASTEST and window.try_half():
            # What repeats after one repetition repeats after two as well.
            cells = window.n if final else window.settled()
            first = -1 if self._walking.is_seen(window) else self._run_among_turns(cells, final)
        if first < 0:
            return
        window.done = cells
        self._locked = True
        turns = self._turns
        while first and turns.fits(first - 1, window.pace * CELL_MS, JOIN_PERCENT):
            first -= 1
        for _ in range(first // 2):
            self._reject(NO_RUN)
        if self._lacks_start(first):
            self._turned(self._way, 2 * turns.at_ms[first] - turns.at_ms[first + 1], turns.value[first + 1])
            self._first_is_full = False  # nobody knows, and one edge of a set counts, not both
        for i in range(first, turns.n):
            self._turned(turns.kind[i], turns.at_ms[i], turns.value[i])

    def _lacks_start(self, first: int) -> bool:
        """Whether the first of the turning points is a full repetition's turn, whose start nobody saw."""
        turns = self._turns
        if self._window.by_tilt or turns.kind[first] != -self._way:
            return False
        if self._is_longer(turns.at_ms[first], turns.at_ms[first + 1], 100):
            return False
        full = max([turns.swing(i) for i in range(first + 1, min(first + 2 * RUN, turns.n - 1))])
        return turns.swing(first) * 100 >= full * EDGE_PERCENT

    def _run_among_turns(self, cells: int, final: bool) -> int:
        """Collect the turning points of the first `cells`; where a run starts among them, -1 nowhere."""
        turns, pace_ms = self._turns, self._window.pace * CELL_MS
        turns.collect(self._window, self._turning, cells)
        first = turns.run(2 * self._run_needed(final), pace_ms, RUN_PERCENT)
        if first < 0 and final and self.exercise:
            first = turns.run(2 * RUN, pace_ms, JOIN_PERCENT)
        return first

    def _run_needed(self, final: bool) -> int:
        """Repetitions in a row that prove a set: fewer when the plan or a calibration says what to expect."""
        if final and self.exercise:
            return RUN_KNOWN
        # By its size alone, on what is lifted, two do not tell the period: a set in 20 was off by one more.
        told = final or self._at_wrist or self._window.by_tilt
        return RUN_KNOWN if told and self._is_like_own() else self._run

    def _is_like_own(self) -> bool:
        """Whether what repeats is about as wide as the calibrated repetitions."""
        window = self._window
        if self.calibration is None or self.calibration[0] != window.by_tilt:
            return False
        size = window.spread // SCALE
        if not window.by_tilt:
            pace_ms = window.pace * CELL_MS
            size = size * (pace_ms * pace_ms // 1000) // 4026
        own = self.calibration[1]
        return own * 100 <= size * LIKE_OWN_PERCENT and size * 100 <= own * LIKE_OWN_PERCENT

    def _advance(self) -> None:
        """The next cell of the slow signal, once the count has started."""
        window = self._window
        value = window.advance()
        kind = self._turning.step(value, window.at_ms[window.done - 1], window.threshold)
        if kind != NONE:
            self._turned(kind, self._turning.at_ms, self._turning.value)

    def _turned(self, kind: int, at_ms: int, value: int) -> None:
        if self._first_kind == NONE:
            if self._way == -kind and not self._window.by_tilt:
                return  # the load was taken up, or put in place
            self._first_kind = kind
            self._first_ms = at_ms
            self._first_value = value
        if kind == self._first_kind:
            if self._reps.count or self._has_turn:
                self._return_ms[self._returns % RECENT] = at_ms - self._turn_ms
                self._returns += 1
            if self._has_turn:
                self._confirm(at_ms, value)
            self._follow_pace(at_ms)
            self._has_start = True
            self._start_ms, self._start_value = at_ms, value
        elif self._has_start and self._is_put_down(at_ms, value):
            self._has_start = False
            self._reject(TOO_SLOW)
        elif self._has_start:
            self._has_turn = True
            self._turn_ms, self._turn_value = at_ms, value

    def _is_longer(self, from_ms: int, to_ms: int, percent: int) -> bool:
        """Whether a time is longer than so many percent of the period."""
        return to_ms - from_ms > self._window.pace * CELL_MS * percent // 100

    def _is_put_down(self, turn_ms: int, turn_value: int) -> bool:
        """Whether a turn comes long after its start and is weaker than the others: the end of the lifts."""
        if not self._is_longer(self._start_ms, turn_ms, JOIN_PERCENT):
            return False
        return abs(turn_value - self._start_value) * 100 < abs(self._usual_swing()) * EDGE_PERCENT

    def _usual_swing(self) -> int:
        """From the turns to the starts, with its sign; 0 before the first repetition."""
        used = min(self._reps.count, RECENT)
        if not used:
            return 0
        turn = middle(self._turn_values, used, self._scratch)
        return middle(self._start_values, used, self._scratch) - turn

    def _follow_pace(self, start_ms: int) -> None:
        """The period follows the median of the latest intervals between starts."""
        if not self._reps.count:
            return
        interval_ms = start_ms - self._start_ms
        pace_ms = self._window.pace * CELL_MS
        if interval_ms * 100 > pace_ms * JOIN_PERCENT:
            return
        self._interval_ms[self._intervals % RECENT] = interval_ms
        self._intervals += 1
        if self._intervals >= PACE_REPS:
            usual_ms = middle(self._interval_ms, min(self._intervals, RECENT), self._scratch)
            self._window.set_pace((usual_ms + CELL_MS // 2) // CELL_MS)

    def _is_full(self, value: int) -> bool:
        """Whether a start's extreme is about as far from the turns as it usually is."""
        used = min(self._reps.count, RECENT)
        if not used:
            return False
        swing = 100 * abs(value - middle(self._turn_values, used, self._scratch))
        usual = abs(self._usual_swing())
        return usual * EDGE_PERCENT <= swing <= usual * STRONG_PERCENT

    def _confirm(self, end_ms: int, end_value: int) -> None:
        """A repetition has its start, its turn and its end."""
        rep, window = self._rep, self._window
        rep.start_ms, rep.turn_ms, rep.end_ms = self._start_ms, self._turn_ms, end_ms
        first_ms, second_ms = self._turn_ms - self._start_ms, max(0, end_ms - self._turn_ms)
        phases_ms = (first_ms, second_ms) if self._lifts_first() else (second_ms, first_ms)
        rep.concentric_ms, rep.eccentric_ms = phases_ms
        rep.range_mg = abs(2 * self._turn_value - self._start_value - end_value) // (2 * SCALE)
        rep.range_permille = self._range_permille(rep)
        rep.pause_ms = window.pause_ms(self._turn_ms, end_ms - self._start_ms)
        self._measure_velocity(rep)
        rep.confidence = self._confidence(rep)
        quarter_ms = (end_ms - self._start_ms) // 4
        onset_mg = window.jerk(self._start_ms - quarter_ms, self._start_ms + quarter_ms)
        bounce_mg = window.jerk(self._turn_ms - quarter_ms, self._turn_ms + quarter_ms)
        rep.form_bits = self._form.judge(rep, self._reps, onset_mg, bounce_mg)
        self._has_start = self._has_turn = False
        at = self._reps.count % RECENT
        self._start_values[at], self._turn_values[at] = self._start_value, self._turn_value
        self._reps.add(rep)
        self.features.add(rep, window)
        if self._reps.count == EDGE_REPS:
            self._first_is_full = self._first_is_full and self._is_full(self._first_value)

    def _lifts_first(self) -> bool:
        """Whether the way out is the concentric one."""
        if self._way != NONE:
            return self.exercise not in LOWERED_FIRST
        return self._window.by_tilt or self._first_kind == HIGH

    def _range_permille(self, rep: Rep) -> int:
        """Range against the calibrated one, 0 where there is none for this signal."""
        if self.calibration is None or self.calibration[0] != self._window.by_tilt:
            return 0
        return min(9999, extent(rep, self._window.by_tilt) * 1000 // max(1, self.calibration[1]))

    def _measure_velocity(self, rep: Rep) -> None:
        store = self._reps
        earlier = max(store.oldest(), store.count - VELOCITY_REPS)
        first_ms = store.get(earlier).start_ms if store.count else rep.start_ms
        sample_ms = (self._cells.end_ms - self._begun_ms) // max(1, self._cells.samples)
        self._velocity.measure(self._window, first_ms, rep.start_ms, rep.end_ms, sample_ms)
        rep.mean_velocity_mm_s, rep.peak_velocity_mm_s = self._velocity.mean_mm_s, self._velocity.peak_mm_s
        self.velocity_loss.push(rep.mean_velocity_mm_s)

    def _confidence(self, rep: Rep) -> int:
        """From how well the movement repeats and how like the others this repetition is."""
        store = self._reps
        pace_ms = self._window.pace * CELL_MS
        off = 100 * abs(rep.end_ms - rep.start_ms - pace_ms) // max(1, pace_ms)
        usual_mg = store.median("range_mg", store.count) or rep.range_mg
        off += 100 * abs(rep.range_mg - usual_mg) // max(1, usual_mg)
        return max(5, min(99, 60 + self._window.strength // 2 - off // 2))

    def calibrate(self) -> tuple[int, int] | None:
        """After `finish` of a set of three or more own repetitions: take their range as the usual one.

        Returns what to keep (and to put back into `calibration` later), None when there were too few.
        """
        store = self._reps
        if store.count < CALIBRATION_REPS:
            return None
        by_tilt = self._window.by_tilt
        extents = sorted([extent(store.get(i), by_tilt) for i in range(CALIBRATION_REPS)])
        self.calibration = (int(by_tilt), extents[CALIBRATION_REPS // 2])
        return self.calibration

    def _close(self) -> None:
        """Settle what the end of the set has left open."""
        by_tilt = self._window.by_tilt
        if self._has_turn:
            self._confirm(self._turning.pending_ms(), self._turning.pending_value())
        if self._has_start:
            if not by_tilt and self._ends_in_rest():
                self._reject(TOO_SLOW)  # the load was put down after that start
            elif by_tilt or (self._first_is_full and self._is_full(self._start_value)):
                self._turn_ms, self._turn_value = self._turning.pending_ms(), self._turning.pending_value()
                self._confirm(self._turn_ms, self._turn_value)
            else:
                self._reject(TOO_SMALL)

    def _ends_in_rest(self) -> bool:
        """Whether rest follows the last start and no way out lies between."""
        turning = self._turning
        if not self._is_longer(self._start_ms, self._cells.end_ms, RUN_PERCENT):
            return False
        if self._is_longer(self._start_ms, turning.pending_ms(), RUN_PERCENT):
            return True
        way = abs(turning.pending_value() - self._start_value)
        return way * 100 < abs(self._usual_swing()) * WAY_PERCENT

    def _expect_end(self) -> None:
        """A repetition ends when its way back has taken as long as usual; just before that it is likely."""
        self.likely = False
        if not self._has_turn:
            return
        window = self._window
        pace_ms = window.pace * CELL_MS
        used = min(self._returns, RECENT)
        usual_ms = middle(self._return_ms, used, self._scratch) if used else pace_ms // 2
        since_ms = self._cells.end_ms - self._turn_ms
        if window.at_ms[window.done - 1] - self._turn_ms >= usual_ms or since_ms > pace_ms + CELL_MS // 2:
            self._confirm(self._turning.pending_ms(), self._turning.pending_value())
        else:
            self.likely = since_ms * 100 >= usual_ms * LIKELY_PERCENT

    def _watch(self) -> None:
        """Walking ends the run: what follows must show a new one."""
        window = self._window
        if walks_off(window):
            self._reject(WALKING)
            self._locked = self._has_start = self._has_turn = self.likely = False
            self._first_kind = NONE
            window.clear()

    def _reject(self, reason: int) -> None:
        """Count a rejected movement; one that lasts over several searches counts once."""
        if reason not in (TOO_FAST, WALKING) or reason != self.last_reject:
            self.rejected += 1
        self.last_reject = reason


def extent(rep: Rep, by_tilt: bool) -> int:
    """A measure of range of motion: the swing of the tilt, or mm of a sine with this swing and duration."""
    if by_tilt:
        return rep.range_mg
    duration_ms = rep.end_ms - rep.start_ms
    return rep.range_mg * (duration_ms * duration_ms // 1000) // 4026
