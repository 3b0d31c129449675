"""Hints about the form of each repetition.

A hint compares a repetition with the athlete's own others (or calibrated ones), never with other people. They
are hints, not verdicts: on recordings of instructed faults a set-level classifier that uses the same
quantities
is right far less often than the repetition count (README, accuracy table).
"""

from array import array

from .rep_store import Rep, RepStore

# Form flags (REP record, `form_bits`).
PARTIAL = 1  # range below 0.8 of the calibrated one, or of the set's own median
FAST = 2  # lowered too fast
TURN = 4  # bounced or paused
UNEVEN = 8
ABRUPT = 16
ASYMMETRIC = 32

LEAST_EARLIER = 3  # repetitions before a set can be its own measure
PARTIAL_PERMILLE = 800  # SCIENCE section 3, a product rule
FAST_PERCENT = 60  # of the usual lowering time, or of the planned one
PAUSE_MS = 500  # beyond the usual pause
UNEVEN_PERCENT = 35  # deviation from the usual duration
JERK_PERCENT = 170  # of the usual greatest change within 100 ms
LOPSIDED_PERCENT = 170  # change of the two directions' ratio against the usual one


class FormJudge:
    """Flags for one repetition after another of a set."""

    def __init__(self) -> None:
        self._onset = array("i", [0] * 8)
        self._bounce = array("i", [0] * 8)
        self.begin()

    def begin(self, lowering_ms: int = 0) -> None:
        """A new set; `lowering_ms` is the planned lowering time, 0 none."""
        self._lowering_ms = lowering_ms
        self._judged = 0

    def judge(self, rep: Rep, store: RepStore, onset_mg: int, bounce_mg: int) -> int:
        """Flags of the next repetition, not yet in the store.

        `onset_mg` and `bounce_mg`: greatest change of the acceleration within 100 ms at its start and its
        turn.
        """
        bits = 0
        earlier = store.count
        if rep.range_permille:
            if rep.range_permille < PARTIAL_PERMILLE:
                bits |= PARTIAL
        elif earlier >= LEAST_EARLIER and rep.range_mg * 1000 < PARTIAL_PERMILLE * store.median(
            "range_mg", earlier
        ):
            bits |= PARTIAL
        lowering_ms = self._lowering_ms
        if earlier >= LEAST_EARLIER:
            usual_ms = store.median("concentric_ms", earlier) + store.median("eccentric_ms", earlier)
            off_ms = abs(rep.concentric_ms + rep.eccentric_ms - usual_ms)
            if off_ms * 100 > usual_ms * UNEVEN_PERCENT:
                bits |= UNEVEN
            if lopsided(rep, store.median("concentric_ms", earlier), store.median("eccentric_ms", earlier)):
                bits |= ASYMMETRIC
            lowering_ms = lowering_ms or store.median("eccentric_ms", earlier)
            kept = min(self._judged, len(self._onset))
            if onset_mg * 100 > JERK_PERCENT * mean(self._onset, kept):
                bits |= ABRUPT
            if bounce_mg * 100 > JERK_PERCENT * mean(self._bounce, kept):
                bits |= TURN
        if rep.pause_ms > store.median("pause_ms", earlier) + PAUSE_MS:
            bits |= TURN
        if lowering_ms and rep.eccentric_ms * 100 < lowering_ms * FAST_PERCENT:
            bits |= FAST
        self._onset[self._judged % len(self._onset)] = onset_mg
        self._bounce[self._judged % len(self._bounce)] = bounce_mg
        self._judged += 1
        return bits


def mean(values: "array[int]", used: int) -> int:
    """Mean of the first `used` values, 0 when there is none."""
    total = 0
    for i in range(used):
        total += values[i]
    return total // used if used else 0


def lopsided(rep: Rep, lifting_ms: int, lowering_ms: int) -> bool:
    """Whether the two directions share the time unlike the usual durations, either way."""
    here, usual = rep.concentric_ms * lowering_ms, rep.eccentric_ms * lifting_ms
    return here * 100 > usual * LOPSIDED_PERCENT or usual * 100 > here * LOPSIDED_PERCENT
