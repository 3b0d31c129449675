"""What is known of each repetition of a set, packed: 34 bytes a repetition, the latest 64 kept."""

from array import array

CAPACITY = 64
MOST = 0xFFFF  # of a measured field: a REP record takes no more either
TIMES = ("start_ms", "turn_ms", "end_ms")
MEASURED = (
    "concentric_ms",
    "pause_ms",
    "eccentric_ms",
    "range_mg",
    "range_mm",
    "range_permille",
    "mean_velocity_mm_s",
    "peak_velocity_mm_s",
    "lowering_mm_s",
    "form_bits",
    "confidence",
)


class Rep:
    """One repetition. Times are those of the pushed samples; 0 in a measured field means not known.

    `pause_ms` is at the turn, `range_mg` the swing of the slow signal, `range_mm` the way where the sensor
    measures it, `range_permille` the range against the calibrated one, velocities are those of the lifting
    phase, `lowering_mm_s` the mean one of the other, `confidence` is 0-100.
    """

    def __init__(self) -> None:
        self.start_ms = 0
        self.turn_ms = 0
        self.end_ms = 0
        self.concentric_ms = 0
        self.pause_ms = 0
        self.eccentric_ms = 0
        self.range_mg = 0
        self.range_mm = 0
        self.range_permille = 0
        self.mean_velocity_mm_s = 0
        self.peak_velocity_mm_s = 0
        self.lowering_mm_s = 0
        self.form_bits = 0
        self.confidence = 0


class RepStore:
    """A ring of repetitions; what `get` returns is good until the next `get`."""

    def __init__(self) -> None:
        self._times = array("i", [0] * (CAPACITY * len(TIMES)))
        self._measured = array("H", [0] * (CAPACITY * len(MEASURED)))
        self._view = Rep()
        self._scratch = array("H", [0] * CAPACITY)
        self.count = 0

    def clear(self) -> None:
        """A new set."""
        self.count = 0

    def add(self, rep: Rep) -> None:
        """Keep a copy of a repetition."""
        row = self.count % CAPACITY
        at = row * len(TIMES)
        for name in TIMES:
            self._times[at] = getattr(rep, name)
            at += 1
        at = row * len(MEASURED)
        for name in MEASURED:
            self._measured[at] = max(0, min(getattr(rep, name), MOST))
            at += 1
        self.count += 1

    def get(self, i: int) -> Rep:
        """The i-th repetition of the set."""
        if not self.oldest() <= i < self.count:
            raise IndexError("repetition %d of %d is not kept" % (i, self.count))
        row = i % CAPACITY
        at = row * len(TIMES)
        for name in TIMES:
            setattr(self._view, name, self._times[at])
            at += 1
        at = row * len(MEASURED)
        for name in MEASURED:
            setattr(self._view, name, self._measured[at])
            at += 1
        return self._view

    def oldest(self) -> int:
        """Index of the oldest repetition that is kept."""
        return max(0, self.count - CAPACITY)

    def median(self, field: str, before: int, most: int = CAPACITY) -> int:
        """Median (upper) of a measured field over up to `most` repetitions before one, without those of 0.

        0 where there is none.
        """
        column = MEASURED.index(field)
        scratch = self._scratch
        used = 0
        for i in range(max(self.oldest(), before - most), before):
            value = self._measured[i % CAPACITY * len(MEASURED) + column]
            if value:
                j = used
                while j and scratch[j - 1] > value:
                    scratch[j] = scratch[j - 1]
                    j -= 1
                scratch[j] = value
                used += 1
        return scratch[used // 2] if used else 0
