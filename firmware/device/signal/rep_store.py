"""What is known of each repetition of a set, packed: 56 bytes a repetition, the latest 64 kept."""

from array import array

CAPACITY = 64
FIELDS = (
    "start_ms",
    "turn_ms",
    "end_ms",
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
        self._data = array("i", [0] * (CAPACITY * len(FIELDS)))
        self._view = Rep()
        self._scratch = array("i", [0] * CAPACITY)
        self.count = 0

    def clear(self) -> None:
        """A new set."""
        self.count = 0

    def add(self, rep: Rep) -> None:
        """Keep a copy of a repetition."""
        at = self.count % CAPACITY * len(FIELDS)
        for name in FIELDS:
            self._data[at] = getattr(rep, name)
            at += 1
        self.count += 1

    def get(self, i: int) -> Rep:
        """The i-th repetition of the set."""
        if not self.oldest() <= i < self.count:
            raise IndexError("repetition %d of %d is not kept" % (i, self.count))
        at = i % CAPACITY * len(FIELDS)
        for name in FIELDS:
            setattr(self._view, name, self._data[at])
            at += 1
        return self._view

    def set(self, i: int, field: str, value: int) -> None:
        """Change one field of a kept repetition."""
        self._data[i % CAPACITY * len(FIELDS) + FIELDS.index(field)] = value

    def oldest(self) -> int:
        """Index of the oldest repetition that is kept."""
        return max(0, self.count - CAPACITY)

    def median(self, field: str, before: int, most: int = CAPACITY) -> int:
        """Median (upper) of a field over up to `most` repetitions before one, those with 0 left out; 0 if
        none."""
        column = FIELDS.index(field)
        scratch = self._scratch
        used = 0
        for i in range(max(self.oldest(), before - most), before):
            value = self._data[i % CAPACITY * len(FIELDS) + column]
            if value:
                j = used
                while j and scratch[j - 1] > value:
                    scratch[j] = scratch[j - 1]
                    j -= 1
                scratch[j] = value
                used += 1
        return scratch[used // 2] if used else 0
