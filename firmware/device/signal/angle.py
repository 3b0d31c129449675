"""How far a limb has turned from where its repetitions begin, by gravity and in any mounting.

The angle is the one between gravity's direction in the start position and now. It is the joint's angle where
the limb turns about a level axis; of a turn about the vertical nothing is seen, and of one about an axis in
between a part. Held, it is right to 3 degrees. A limb that turns round without a stop pushes the sensor
aside: by 7 degrees at most, half a metre from the joint, where the turn lasts as long as HELD_EPOCHS ask.
What turns faster, or is shaken, is not measured but counted as unsure.

The start position is where the limb is held still first, and anew where it is held for long elsewhere.
"""

from array import array

from .filters import isqrt
from .reject import ACCEPTED
from .rep_store import Rep

EPOCH_MS = 200  # means over them; a repetition of rehabilitation takes seconds
UNIT = 1000
SHAKEN_MG = 150  # away from 1 g, in the mean of an epoch: not gravity alone
STILL_DEG = 3
START_MS = 1500  # still for so long: the start position
FIRST_MS = 4000  # somewhere else, beyond the planned pause, before a repetition is known
LATER_MS = 10000  # and after
APART_DEG = 15  # a repetition rises so far from where it begins, or half of the range's lower end
BACK_DEG = 6  # and has turned when it has come back so far
HELD_EPOCHS = 4  # in a row within BACK_DEG of the farthest: 0.8 s
RUN = 2  # repetitions that make a set, unless it is to have one only
STALE_MS = 15000  # a single one so long before is none of it
CONFIDENT, DOUBTFUL = 90, 40  # a repetition's confidence: its angle is known, or not
UNKNOWN = -1

NOTHING = 0
READY = 1  # a start position has been found
SHORT = 2  # the repetition turned back before the range
BEYOND = 3  # it has passed the range


class AngleCounter:
    """Counts one set's repetitions by their angle: `begin`, `push` each sample, `finish`, as RepCounter does.

    They may be as slow as they like. `angle`: degrees, UNKNOWN without a start position or while shaken.
    `below`, `within`, `above`, `unsure`: repetitions by where they turned; `most`: the largest known angle.
    `event`: what to tell the wearer, until the next sample. `item`: of the plan, whose range and pause count.
    """

    rejected = 0  # a movement that is no repetition leaves no trace
    last_reject = ACCEPTED
    likely = 0  # none is guessed before its end

    def __init__(self) -> None:
        self._start = array("h", [0] * 3)
        self._anchor = array("h", [0] * 3)
        self._latest = array("h", [0] * HELD_EPOCHS)
        self._reps = array("i", [0] * (4 * RUN))  # start, turn, end, confidence
        self._rep = Rep()
        self.item = None
        self.begin(0)

    def begin(self, t_ms: int, exercise: int = 0, lowering_ms: int = 0, least_reps: int = 0) -> None:
        """A new set may start now; see RepCounter. The exercise and its lowering time say nothing here."""
        self._epoch_ms = self._still_ms = t_ms
        self._x = self._y = self._z = self._n = 0
        self._least = RUN if least_reps != 1 else 1
        self._found = False
        self.angle = UNKNOWN
        self.event = NOTHING
        self._clear()

    def _clear(self) -> None:
        self._out = self._told = self._shaken = False
        self._far = self._held = self._valley = 0
        self._last_ms = 0
        self._sum = 0
        self.below = self.within = self.above = self.unsure = self.most = 0

    @property
    def _apart(self) -> int:
        """Degrees that a repetition leaves its beginning by."""
        return max(3, min(APART_DEG, (self.item.angle_low or self.item.angle_high) // 2))

    @property
    def known(self) -> int:
        """Repetitions whose angle is known."""
        return self.below + self.within + self.above

    @property
    def mean(self) -> int:
        """Mean angle at the turn of those, 0 without any."""
        return (self._sum + self.known // 2) // self.known if self.known else 0

    @property
    def count(self) -> int:
        """Repetitions of this set; the first counts when the second has come."""
        n = self.known + self.unsure
        return n if n >= self._least else 0

    def rep(self, i: int) -> Rep:
        """One of the latest RUN repetitions; good until the next call."""
        rep, at = self._rep, 4 * (i % RUN)
        rep.start_ms, rep.turn_ms, rep.end_ms, rep.confidence = self._reps[at : at + 4]
        rep.concentric_ms = rep.turn_ms - rep.start_ms
        rep.eccentric_ms = rep.end_ms - rep.turn_ms
        return rep

    def push(self, t_ms: int, ax: int, ay: int, az: int, _gx: int, _gy: int, _gz: int) -> int:
        """One sample in mg; returns how many repetitions it confirmed."""
        self.event = NOTHING
        before = self.count
        if t_ms - self._epoch_ms >= EPOCH_MS:
            if t_ms - self._epoch_ms >= 2 * EPOCH_MS:  # a gap: what was in it is not known
                self._epoch_ms = self._still_ms = t_ms
                self._shaken = True
            elif self._n:
                self._epoch_ms += EPOCH_MS
                self.event = self._epoch(t_ms)
            self._x = self._y = self._z = self._n = 0
        self._x += ax
        self._y += ay
        self._z += az
        self._n += 1
        return self.count - before

    def finish(self, _t_ms: int) -> int:
        """The set has ended; a single repetition counts now."""
        before = self.count
        self._least = 1
        return self.count - before

    def _epoch(self, t_ms: int) -> int:
        n = self._n
        x, y, z = self._x // n, self._y // n, self._z // n
        length = isqrt(x * x + y * y + z * z)
        if abs(length - 1000) > SHAKEN_MG:
            self._still_ms = t_ms
            self._shaken = True
            self.angle = UNKNOWN
            return NOTHING
        x, y, z = x * UNIT // length, y * UNIT // length, z * UNIT // length
        if between(self._anchor, x, y, z) > STILL_DEG:
            _put(self._anchor, x, y, z)
            self._still_ms = t_ms
        still_ms = t_ms - self._still_ms
        if not self._found:
            return self._begin_at(x, y, z) if still_ms >= START_MS else NOTHING
        self.angle = angle = between(self._start, x, y, z)
        long_ms = self.item.pause_ds * 100 + (LATER_MS if self.known else FIRST_MS)
        if angle >= self._apart and still_ms >= long_ms:
            return self._begin_at(x, y, z)
        return self._follow(t_ms, angle)

    def _begin_at(self, x: int, y: int, z: int) -> int:
        _put(self._start, x, y, z)
        self._found = True
        self._out = False
        self._valley = self.angle = 0
        return READY

    def _follow(self, t_ms: int, angle: int) -> int:
        """One more angle of a repetition, or of the way between two."""
        latest, reps, apart = self._latest, self._reps, self._apart
        for i in range(HELD_EPOCHS - 1):
            latest[i] = latest[i + 1]
        latest[-1] = angle
        at = 4 * ((self.known + self.unsure) % RUN)
        if not self._out:
            self._valley = min(self._valley, angle)
            if angle < max(0, self._valley) + apart:
                return NOTHING
            if not self.count and t_ms - self._last_ms > STALE_MS:
                self._clear()
                at = 0
            self._out = True
            self._told = self._shaken = False
            self._far = self._held = 0
            reps[at] = t_ms
        if angle > self._far:
            self._far = angle
            reps[at + 1] = t_ms
        self._held = max(self._held, min(latest))
        if angle <= max(apart * 2 // 3, self._far // 2):
            self._out = False
            self._valley = angle
            self._last_ms = reps[at + 2] = t_ms
            sure = not self._shaken and self._far - self._held <= BACK_DEG
            reps[at + 3] = CONFIDENT if sure else DOUBTFUL
            self._count(sure, self._far)
        if self._told:
            return NOTHING
        if min(latest[-1], latest[-2]) > self.item.angle_high:
            self._told = True
            return BEYOND
        if self._far < self.item.angle_low and self._far - angle >= BACK_DEG:
            self._told = True
            return SHORT
        return NOTHING

    def _count(self, sure: bool, far: int) -> None:
        if not sure:
            self.unsure += 1
            return
        if far < self.item.angle_low:
            self.below += 1
        elif far > self.item.angle_high:
            self.above += 1
        else:
            self.within += 1
        self._sum += far
        self.most = max(self.most, far)


def _put(vector: "array[int]", x: int, y: int, z: int) -> None:
    vector[0], vector[1], vector[2] = x, y, z


def between(vector: "array[int]", x: int, y: int, z: int) -> int:
    """Degrees between two unit vectors (thousandths), 0-180.

    Half of it has the tangent |a - b| / |a + b| (Kahan 2006, "How futile are mindless assessments of
    roundoff", section 12), which is exact for small angles and for large ones. The arctangent is formula 9 of
    Rajan et al. 2006, IEEE Signal Processing Magazine 23(3): off by 0.09 degrees at most.
    """
    a, b, c = vector[0], vector[1], vector[2]
    far = isqrt((x - a) * (x - a) + (y - b) * (y - b) + (z - c) * (z - c))
    near = isqrt((x + a) * (x + a) + (y + b) * (y + b) + (z + c) * (z + c))
    part = min(far, near) * 1024 // (max(far, near) or 1)
    half_x10 = (450 * part + part * (1024 - part) // 1024 * (140 * 1024 + 38 * part) // 1024) // 1024
    if far > near:
        half_x10 = 900 - half_x10
    return (2 * half_x10 + 5) // 10
