"""One set under way: what its repetitions add up to, and when it is over."""

from array import array

from device.signal import form
from device.signal.velocity import VelocityLoss

STILL_MS = 8000  # no repetition for so long, or for three usual ones, ends the set
STILL_REPS = 3
DURATIONS = 9  # repetitions that the usual duration is taken from
SURE = 50  # confidence from which a velocity may end a set

FORM_BITS = (
    form.PARTIAL,
    form.FAST,
    form.TURN,
    form.UNEVEN,
    form.ABRUPT,
    form.ASYMMETRIC,
)


class WorkSet:
    """Counts and extremes of the running set; times in ms since the session's start."""

    def __init__(self) -> None:
        self.velocity_loss = VelocityLoss()
        self._durations = array("H", [0] * DURATIONS)
        self.form_counts = bytearray(len(FORM_BITS))
        self.begin(0)

    def begin(self, start_ms: int) -> None:
        """A set begins, with no repetition yet."""
        self.start_ms = start_ms
        self.end_ms = start_ms  # the last repetition's end
        self.reps = 0
        self.velocity_loss.begin()
        self.velocity_mm_s = 0
        self.form_bits = 0
        self._still_ms = STILL_MS
        for i in range(len(self.form_counts)):
            self.form_counts[i] = 0

    def add(self, rep) -> None:
        """One confirmed repetition (signal.reps.Rep)."""
        if self.reps == 0:
            self.start_ms = rep.start_ms
        self._durations[self.reps % DURATIONS] = min(rep.end_ms - rep.start_ms, 0xFFFF)
        self.reps += 1
        used = min(self.reps, DURATIONS)
        usual_ms = sorted(self._durations[:used])[used // 2]
        self._still_ms = max(STILL_MS, STILL_REPS * usual_ms)
        self.end_ms = rep.end_ms
        self.velocity_mm_s = rep.mean_velocity_mm_s
        self.velocity_loss.push(rep.mean_velocity_mm_s if rep.confidence >= SURE else 0)
        self.form_bits = rep.form_bits
        for i in range(len(FORM_BITS)):
            if rep.form_bits & FORM_BITS[i] and self.form_counts[i] < 255:
                self.form_counts[i] += 1

    def still(self, now_ms: int) -> bool:
        """Whether the set has ended by itself: no repetition for 8 s or three usual ones, if longer."""
        return self.reps > 0 and now_ms - self.end_ms >= self._still_ms
