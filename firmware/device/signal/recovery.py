"""What the heart does after effort and at rest: recovery over 60 s, and the resting heart rate.

Both take one heart rate a second, 0 where there is none that may be used, and give 0 rather than a guess.
"""

from array import array

RECOVERY_S = 60
EDGE_S = 5  # seconds averaged at the start and, centred, at the end: one beat's jitter is no recovery
EDGE_NEEDED = 3

RESTING_S = 300  # "lowest sustained five minutes" of the window
RESTING_NEEDED_S = 240


class HeartRateRecovery:
    """Drop of the heart rate in the first minute after effort, standing or sitting still.

    `drop_bpm` after `second` returned True: the fall from the mean of the 5 s before the end of effort to
    that of the 5 s around 60 s after it; 0 where either lacks values or the heart did not fall.
    """

    def __init__(self) -> None:
        self._recent = array("B", [0] * EDGE_S)
        self._at = 0
        self._after_s = -1
        self._start_bpm_x10 = 0
        self.drop_bpm = 0

    def begin(self) -> None:
        """Effort ended now, after the latest `second`."""
        self._start_bpm_x10 = self._mean_x10()
        self._after_s = 0
        self.drop_bpm = 0

    def stop(self) -> None:
        """Effort went on before a minute was over: there is no recovery to state."""
        self._after_s = -1

    def second(self, bpm: int) -> bool:
        """One second, in effort too. True once, when the minute is over."""
        self._recent[self._at] = bpm
        self._at = (self._at + 1) % EDGE_S
        if self._after_s < 0:
            return False
        self._after_s += 1
        if self._after_s < RECOVERY_S + EDGE_S // 2:
            return False
        self._after_s = -1
        end_x10 = self._mean_x10()
        if self._start_bpm_x10 and end_x10:
            self.drop_bpm = max(0, (self._start_bpm_x10 - end_x10 + 5) // 10)
        return True

    def _mean_x10(self) -> int:
        total = n = 0
        for bpm in self._recent:
            if bpm:
                total += bpm
                n += 1
        return 10 * total // n if n >= EDGE_NEEDED else 0


class RestingHeartRate:
    """Lowest mean over five minutes of a rest or sleep window; state which window it was beside it.

    `bpm_x10` is 0 until five minutes with enough values have passed.
    """

    def __init__(self) -> None:
        self._ring = array("B", [0] * RESTING_S)
        self.begin()

    def begin(self) -> None:
        """A new window."""
        for i in range(RESTING_S):
            self._ring[i] = 0
        self._seconds = 0
        self._total = 0
        self._known = 0
        self.bpm_x10 = 0

    def second(self, bpm: int) -> None:
        """One second; 0 where there is no value that may be used."""
        at = self._seconds % RESTING_S
        old = self._ring[at]
        self._ring[at] = bpm
        self._seconds += 1
        self._total += bpm - old
        self._known += (bpm > 0) - (old > 0)
        if self._seconds >= RESTING_S and self._known >= RESTING_NEEDED_S:
            mean_x10 = (10 * self._total + self._known // 2) // self._known
            if self.bpm_x10 == 0 or mean_x10 < self.bpm_x10:
                self.bpm_x10 = mean_x10
