"""What the last set's repetitions were like, to tell the next set from other movement in a rest."""

from array import array

from device.session.work_set import SURE

EARLY_REPS = 4  # like repetitions in a row that begin a set before its rest is over
LIKE_PERCENT = 170  # range and duration lie within this factor of the last set's, up and down
REPS = 16


class Usual:
    """The median range and duration of one exercise's latest set in this session."""

    def __init__(self) -> None:
        self._ranges = array("H", [0] * REPS)
        self._durations = array("H", [0] * REPS)
        self.begin()

    def begin(self) -> None:
        """A new session: nothing is usual yet."""
        self.exercise = -1
        self._range_mg = self._duration_ms = 0

    def learn(self, counter, exercise: int) -> None:
        """A set that counts has ended."""
        n = min(counter.count, REPS)
        for i in range(n):
            rep = counter.rep(counter.count - n + i)
            self._ranges[i] = min(rep.range_mg, 0xFFFF)
            self._durations[i] = min(rep.end_ms - rep.start_ms, 0xFFFF)
        if n:
            self.exercise = exercise
            self._range_mg = sorted(self._ranges[:n])[n // 2]
            self._duration_ms = sorted(self._durations[:n])[n // 2]

    def run(self, counter, exercise: int) -> int:
        """How many of the counter's latest repetitions are sure, and like this exercise's last set."""
        n = min(counter.count, REPS) if exercise == self.exercise else 0
        for i in range(n):
            rep = counter.rep(counter.count - 1 - i)
            like = _near(rep.range_mg, self._range_mg) and _near(rep.end_ms - rep.start_ms, self._duration_ms)
            if rep.confidence < SURE or not like:
                return i
        return n


def _near(value: int, usual: int) -> bool:
    return value * 100 <= usual * LIKE_PERCENT and usual * 100 <= value * LIKE_PERCENT
