"""Paced breathing: when to breathe in and out, and heart rate and RMSSD in the minute before and after.

Six breaths a minute with the longer half breathing out is what most breathing exercises ask for. Figures
are of the same length and posture on both sides; they are shown side by side, never as a score.
"""

from device.signal.hrv import Hrv, measure
from device.signal.rr import RrSeries

MEASURE_MS = 60000
RATE_X10_MIN = 30
RATE_X10_MAX = 200

# Phases of an exercise
BEFORE = 1
PACED = 2
AFTER = 3
DONE = 4

# What `update` says
NOTHING = 0
BREATHE_IN = 1
BREATHE_OUT = 2
PHASE = 3  # a new phase began, see `phase`


class PaceRefused(ValueError):
    """A pace outside 3-20 breaths a minute, a share of breathing in outside 20-80 %, or no time at all."""


class BreathingExercise:
    """One exercise: a minute of listening, `pace_s` of pacing, a minute of listening.

    `before` and `after` are figures, or None where too few intervals were usable.
    """

    def __init__(self, start_ms: int, pace_s: int, breaths_x10: int = 60, in_percent: int = 40) -> None:
        if not RATE_X10_MIN <= breaths_x10 <= RATE_X10_MAX or not 20 <= in_percent <= 80 or pace_s <= 0:
            raise PaceRefused("pace %d/10 a minute, %d %% in, %d s" % (breaths_x10, in_percent, pace_s))
        self._breath_ms = 600000 // breaths_x10
        self._in_ms = self._breath_ms * in_percent // 100
        self._phase_ms = start_ms
        self._paced_ms = pace_s * 1000
        self._said = NOTHING
        self._series = RrSeries(256)
        self.phase = BEFORE
        self.before: Hrv | None = None
        self.after: Hrv | None = None

    def interval(self, rr_ms: int, doubtful: bool = False) -> None:
        """One interval as it ends; those of the paced minutes are breath made visible and not measured."""
        if self.phase in (BEFORE, AFTER):
            self._series.push(rr_ms, doubtful)

    def gap(self) -> None:
        """The stream of intervals was interrupted."""
        self._series.gap()

    def update(self, now_ms: int) -> int:
        """What has come due; call it as often as cues shall be exact (every 50-100 ms)."""
        if self.phase == DONE:
            return NOTHING
        passed_ms = now_ms - self._phase_ms
        if self.phase != PACED:
            if passed_ms < MEASURE_MS:
                return NOTHING
            result = measure(self._series, MEASURE_MS)
            self._series.reset()
            if self.phase == BEFORE:
                self.before = result
            else:
                self.after = result
            return self._next_phase(now_ms)
        if passed_ms >= self._paced_ms:
            return self._next_phase(now_ms)
        due = BREATHE_IN if passed_ms % self._breath_ms < self._in_ms else BREATHE_OUT
        if due == self._said:
            return NOTHING
        self._said = due
        return due

    def _next_phase(self, now_ms: int) -> int:
        self.phase += 1
        self._phase_ms = now_ms
        self._said = NOTHING
        return PHASE
