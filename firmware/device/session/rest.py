"""Rest between sets: counted down, and stretched until the heart has come down too.

The rest lasts `rest_s`. If the plan names `rest_until_bpm`, it goes on until the heart rate is below,
twice `rest_s` at the longest (protocol/plan.md). A heart rate that is not good stretches nothing.
"""

from repbeat_protocol import records

COUNTDOWN_S = 10  # the cue before the end, in rests that are longer than twice this
STRETCH = 2

NOTHING = 0
COUNTDOWN = 1
OVER = 2


class Rest:
    """One rest at a time; times in ms on any clock that does not wrap within a session.

    `planned_s` and `why` (records.REST_…) are those of the last rest.
    """

    def __init__(self) -> None:
        self.none()

    def none(self) -> None:
        """No rest before the next set."""
        self.begin(0, 0, 0)
        self.over = True
        self.why = records.REST_NONE

    def begin(self, start_ms: int, rest_s: int, until_bpm: int) -> None:
        """Rest from `start_ms` (the last repetition's end) on; `until_bpm` 0: by the clock alone."""
        self._start_ms = start_ms
        self._rest_ms = rest_s * 1000
        self._until_bpm = until_bpm
        self._warned = rest_s <= 2 * COUNTDOWN_S
        self._stretched = False
        self.planned_s = rest_s
        self.over = False
        self.why = records.REST_EARLY  # until it has ended by itself

    def update(self, now_ms: int, bpm: int, good: bool) -> int:
        """NOTHING, COUNTDOWN (once) or OVER (once): what has come due. `bpm` counts only if `good`."""
        if self.over:
            return NOTHING
        rested_ms = now_ms - self._start_ms
        if rested_ms >= self._rest_ms:
            fast = self._until_bpm and good and bpm >= self._until_bpm
            longest = rested_ms >= STRETCH * self._rest_ms
            if not fast or longest:
                self.over = True
                if self._stretched:
                    self.why = records.REST_LONGEST if longest else records.REST_HEART
                else:
                    self.why = records.REST_TIME
                return OVER
            self._stretched = True
        elif not self._warned and rested_ms >= self._rest_ms - COUNTDOWN_S * 1000:
            self._warned = True
            return COUNTDOWN
        return NOTHING

    def left_s(self, now_ms: int) -> int:
        """Seconds still to go by the clock, rounded up; 0 when over or waiting for the heart."""
        left_ms = self._start_ms + self._rest_ms - now_ms
        return 0 if self.over or left_ms <= 0 else (left_ms + 999) // 1000
