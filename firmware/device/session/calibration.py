"""The usual range of each exercise, learned from the wearer's own repetitions (FEATURES row 70).

The first good set of an exercise calibrates it, and any set whose plan item says so does it anew. Kept in
settings as `rangeN` for exercise N: (extent << 1 | by tilt), as signal.reps gives them.
"""

from device.session.work_set import SURE
from repbeat_protocol import exercises
from repbeat_protocol.plan import CALIBRATE

LEAST_REPS = 3


class Calibrations:
    """`memory`: session.Memory."""

    def __init__(self, memory) -> None:
        self._memory = memory

    def of(self, exercise: int) -> tuple[int, int] | None:
        """What RepCounter.calibration wants for this exercise; None: not learned, or unknown."""
        kept = self._memory.get("range%d" % exercise, 0) if exercise != exercises.UNKNOWN else 0
        return (kept & 1, kept >> 1) if kept else None

    def learn(self, counter, item) -> None:
        """After a set of `item`: learn from it where there is nothing yet, or where the plan asks for it."""
        if item.exercise == exercises.UNKNOWN or counter.count < LEAST_REPS:
            return
        asked = item.flags & CALIBRATE
        sure = all(counter.rep(i).confidence >= SURE for i in range(LEAST_REPS))
        if not asked and (self.of(item.exercise) or not sure):
            return
        learned = counter.calibrate()
        if learned and learned[1]:
            self._memory.keep("range%d" % item.exercise, learned[1] << 1 | learned[0])
