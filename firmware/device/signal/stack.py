"""Counts repetitions on a weight stack from its distance to a sensor on the machine's frame.

The sensor looks from above or from below, so either way of the plates may be up; the first lift tells. Where
the stack rests is where it stands still: it is taken up again whenever the plates come to rest, so another
pin or a sensor that was knocked needs no set-up.

A repetition is a rise and a fall: it starts where the plates last were near the bottom, turns near the top,
and ends when they are back, or when they have come down by half and rise again. Single lifts count: nothing
but the stack moves in the sensor's beam.
"""

from array import array

from .reject import ACCEPTED, TOO_FAST, TOO_SLOW, TOO_SMALL, UNSEEN
from .rep_store import Rep, RepStore
from .velocity import VelocityLoss

NEAR_MM = (
    20  # what counts as the same place: some four standard deviations of a VL53L1X (DS12385, short mode)
)
STILL_MM = 30
SETTLE_MS = 800  # standing still for so long before the first lift: the stack is at rest
LONG_MS = 5000  # and after it, where no lift pauses for so long
LEAST_MM = 70  # two plates; moving the pin or a seat shakes the stack by less
SMALL_PERCENT = 40  # of the set's usual way
FASTEST_MS = 500  # a repetition; a thing thrown through the beam is faster
SLOWEST_MS = 30000
RETURN_PERCENT = 50  # so much of the rise must be gone before the next rise begins a repetition
TURN_PERCENT = 18  # of a repetition without a pause: how long it is near its top
BROKEN_MS = 1000  # without a distance for so long, a movement is given up
UNSURE_MS = 300  # and for so long, it has no velocity
SLOPE = 5  # distances over which the peak velocity is taken: 100 ms at 40 Hz
CALIBRATION_REPS = 3

FAR_MM = 1 << 13  # beyond what the sensor can tell

BOTTOM, RISING, FALLING = range(3)


class StackCounter:
    """Counts one set at a time: `begin`, `push` each distance, `finish`. Times in ms, distances in mm."""

    def __init__(self) -> None:
        self._recent = array("i", [0] * 3)
        self._slope_mm = array("i", [0] * SLOPE)
        self._slope_ms = array("i", [0] * SLOPE)
        self._reps = RepStore()
        self._rep = Rep()
        self.velocity_loss = VelocityLoss()
        self.calibration_mm = 0
        self._side = 0  # +1: distances grow as the stack rises
        self._rest_mm = 0
        self._rested = False
        self.begin(0)

    def begin(self, t_ms: int) -> None:
        """A new set may start now. Where the stack rests and the calibration stay."""
        self.rejected = 0
        self.last_reject = ACCEPTED
        self.velocity_loss.begin()
        self._reps.clear()
        self._last_ms = t_ms
        self._restart()

    def forget_rest(self, t_ms: int) -> None:
        """The flag was moved: a new set, from wherever the stack stands still next."""
        self._rested = False
        self._side = 0
        self.begin(t_ms)

    @property
    def rest_mm(self) -> int:
        """Where the stack rests, by the sensor; 0 while that is not known."""
        return self._rest_mm if self._rested else 0

    @property
    def count(self) -> int:
        """Repetitions confirmed in this set."""
        return self._reps.count

    def rep(self, i: int) -> Rep:
        """The i-th repetition, of which the latest 64 are kept; good until the next call."""
        return self._reps.get(i)

    def push(self, t_ms: int, mm: int, valid: bool = True) -> int:
        """One measurement; returns how many repetitions it confirmed: 0 or 1."""
        if t_ms <= self._last_ms:
            return 0
        gap_ms = t_ms - self._last_ms
        if gap_ms > BROKEN_MS:
            self._break()
            gap_ms = 0
        if not valid:
            return 0
        self._last_ms = t_ms
        self._longest_gap_ms = max(self._longest_gap_ms, gap_ms)
        if gap_ms > UNSURE_MS:
            self._seen = 0  # what was before is no neighbour
        mm = self._middle(mm)
        self._settle(t_ms, mm)
        if not self._rested:
            return 0
        return self._follow(t_ms, self._height(mm))

    def finish(self, t_ms: int) -> int:
        """The set has ended; returns how many repetitions that confirmed."""
        if self._phase == FALLING and self._fallen(self._bottom):
            return self._confirm()
        if self._phase != BOTTOM:
            self._reject(UNSEEN)
        self._phase = BOTTOM
        return 0

    def calibrate(self) -> int:
        """After a set of three or more own repetitions: their usual way in mm, to put back later; else 0."""
        if self._reps.count >= CALIBRATION_REPS:
            self.calibration_mm = self._reps.median("range_mm", CALIBRATION_REPS)
        return self.calibration_mm if self._reps.count >= CALIBRATION_REPS else 0

    # Where the stack is

    def _restart(self) -> None:
        """Nothing is known of what the stack is doing."""
        self._seen = 0
        self._sloped = 0
        self._still_ms = -1
        self._still_low = self._still_high = 0
        self._phase = BOTTOM
        self._low = FAR_MM
        self._high = self._bottom = 0
        self._start_ms = self._start_mm = 0
        self._longest_gap_ms = 0

    def _break(self) -> None:
        """Too long without a distance."""
        if self._phase != BOTTOM:
            self._reject(UNSEEN)
        self._restart()

    def _middle(self, mm: int) -> int:
        """Median of the last three distances: a single stray one is none."""
        recent = self._recent
        recent[self._seen % 3] = mm
        self._seen += 1
        if self._seen < 3:
            return mm
        a, b, c = recent[0], recent[1], recent[2]
        return max(min(a, b), min(max(a, b), c))

    def _settle(self, t_ms: int, mm: int) -> None:
        """Watch for the stack standing still, and take its rest from there."""
        low, high = min(self._still_low, mm), max(self._still_high, mm)
        if self._still_ms < 0 or high - low > STILL_MM:
            self._still_ms, self._still_low, self._still_high = t_ms, mm, mm
            return
        self._still_low, self._still_high = low, high
        still_ms = t_ms - self._still_ms
        here = (low + high) // 2
        if still_ms < SETTLE_MS:
            return
        if not self._rested or (self._phase == BOTTOM and abs(here - self._rest_mm) <= STILL_MM):
            self._rested = True
            self._rest_mm = here
            self._still_ms = -1  # anew, so that the beginning of a rise is never part of it
        elif still_ms >= LONG_MS:
            if self._phase != BOTTOM:
                self._reject(TOO_SLOW)
            self._rest_mm = here
            self._phase = BOTTOM
            self._low = 0

    def _height(self, mm: int) -> int:
        """Above the rest, in mm."""
        way = mm - self._rest_mm
        if self._side == 0:
            if abs(way) < LEAST_MM:
                return abs(way)
            self._side = 1 if way > 0 else -1
        height = way * self._side
        if height <= -LEAST_MM:  # it was not the bottom: the set began with the weight held up
            self._rest_mm = mm
            self._phase = BOTTOM
            self._low = 0
            if not self._reps.count:
                self._side = 0
            return 0
        return height

    # What it does

    def _follow(self, t_ms: int, height: int) -> int:
        """The next height."""
        self._slope(t_ms, height)
        if self._phase == BOTTOM:
            if height < self._low:
                self._low = height
            if height <= self._low + NEAR_MM:
                self._start_ms, self._start_mm = t_ms, height
                self._longest_gap_ms = 0
            if height - self._low >= LEAST_MM // 2:
                self._rise(t_ms, height)
        elif self._phase == RISING:
            self._peak_mm_s = max(self._peak_mm_s, self._slope_mm_s)
            self._high = max(self._high, height)
            if height > self._top_mm + NEAR_MM:
                self._top_ms, self._top_mm = t_ms, height
            if height >= self._high - NEAR_MM:
                self._leave_ms, self._leave_mm = t_ms, height
            elif self._high - height > max(2 * NEAR_MM, (self._high - self._low) // 5):
                self._phase = FALLING
                self._bottom, self._bottom_ms = height, t_ms
        else:
            return self._fall(t_ms, height)
        return 0

    def _rise(self, t_ms: int, height: int) -> None:
        self._phase = RISING
        self._peak_mm_s = self._slope_mm_s
        self._high = self._top_mm = self._leave_mm = height
        self._top_ms = self._leave_ms = t_ms

    def _fall(self, t_ms: int, height: int) -> int:
        if height < self._bottom:
            self._bottom, self._bottom_ms = height, t_ms
        rise = self._high - self._low
        if height <= self._low + NEAR_MM:
            return self._confirm()
        if height - self._bottom <= max(2 * NEAR_MM, rise // 5):
            return 0
        if not self._fallen(self._bottom):
            self._phase = RISING  # a hesitation on the way
            return 0
        done = self._confirm()
        self._start_ms, self._start_mm = self._bottom_ms, self._bottom
        self._low = self._bottom
        self._rise(t_ms, height)
        return done

    def _fallen(self, bottom: int) -> bool:
        return (self._high - bottom) * 100 >= (self._high - self._low) * RETURN_PERCENT

    def _slope(self, t_ms: int, height: int) -> None:
        """Velocity over the last few distances, mm/s."""
        at = self._sloped % SLOPE
        span_ms = t_ms - self._slope_ms[at]
        full = self._sloped >= SLOPE and 0 < span_ms <= BROKEN_MS
        self._slope_mm_s = (height - self._slope_mm[at]) * 1000 // span_ms if full else 0
        self._slope_mm[at], self._slope_ms[at] = height, t_ms
        self._sloped += 1

    def _confirm(self) -> int:
        """A rise and a fall are over: a repetition, or the reason why not."""
        self._phase = BOTTOM
        rep, end_ms = self._rep, self._bottom_ms
        range_mm = self._high - (self._low + max(self._low, self._bottom)) // 2
        reason = self._reason(range_mm, end_ms - self._start_ms)
        self._low = self._bottom
        if reason:
            self._reject(reason)
            return 0
        near_top_ms = self._leave_ms - self._top_ms
        moving_percent = 100 - TURN_PERCENT
        rep.pause_ms = max(
            0, (near_top_ms * 100 - (end_ms - self._start_ms) * TURN_PERCENT) // moving_percent
        )
        turning_ms = (near_top_ms - rep.pause_ms) // 2
        rep.start_ms, rep.turn_ms, rep.end_ms = self._start_ms, self._top_ms + turning_ms, end_ms
        rep.concentric_ms = rep.turn_ms - rep.start_ms
        rep.eccentric_ms = end_ms - rep.turn_ms - rep.pause_ms
        rep.range_mm = range_mm
        rep.range_permille = min(9999, range_mm * 1000 // self.calibration_mm) if self.calibration_mm else 0
        seen = self._longest_gap_ms < UNSURE_MS
        rising_ms, falling_ms = self._top_ms - self._start_ms, end_ms - self._leave_ms
        rep.mean_velocity_mm_s = per_second(self._top_mm - self._start_mm, rising_ms) if seen else 0
        rep.peak_velocity_mm_s = max(rep.mean_velocity_mm_s, self._peak_mm_s) if seen else 0
        rep.lowering_mm_s = per_second(self._leave_mm - self._bottom, falling_ms) if seen else 0
        rep.confidence = self._confidence(range_mm)
        self._reps.add(rep)
        self.velocity_loss.push(rep.mean_velocity_mm_s)
        self._longest_gap_ms = 0
        return 1

    def _reason(self, range_mm: int, duration_ms: int) -> int:
        usual_mm = self._reps.median("range_mm", self._reps.count)
        if range_mm < LEAST_MM or range_mm * 100 < usual_mm * SMALL_PERCENT:
            return TOO_SMALL
        if duration_ms < FASTEST_MS:
            return TOO_FAST
        return TOO_SLOW if duration_ms > SLOWEST_MS else ACCEPTED

    def _confidence(self, range_mm: int) -> int:
        """From how much of it was seen, and how like the others it is."""
        usual_mm = self._reps.median("range_mm", self._reps.count) or range_mm
        off = 50 * abs(range_mm - usual_mm) // usual_mm + self._longest_gap_ms // 20
        return max(5, 99 - off)

    def _reject(self, reason: int) -> None:
        self.rejected += 1
        self.last_reject = reason


def per_second(way_mm: int, time_ms: int) -> int:
    """Mean velocity in mm/s, 0 where the time is none."""
    return max(0, way_mm) * 1000 // time_ms if time_ms > 0 else 0
