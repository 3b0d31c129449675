"""Steps while the band is worn: a STEPS record for each walk, and a nudge after long sitting.

The nudge comes once in a window of local minutes of the day (settings nudge_from_min, nudge_until_min), when
no walk was felt for nudge_after_min; 0 switches it off. Without a clock there is none. The day of the latest
is kept (`nudged_day`): a restart does not bring a second one.
"""

from device.signal.steps import StepCounter
from repbeat_protocol import records

STOPPED_MS = 10_000  # a pause longer than this ends a walk
DAY_MIN = 1440
FROM_MIN, UNTIL_MIN = 540, 1200  # nine to eight, where nobody has set another window


class Walk:
    """`motion` for each sample, `second` once a second; `cadence_x10` is that of the walk under way."""

    def __init__(self, journal, clock, memory, cue) -> None:
        """`memory`: session.Memory; `cue()` plays the nudge; it is called at most once a window."""
        self._counter = StepCounter()
        self._journal = journal
        self._clock = clock
        self._memory = memory
        self._cue = cue
        self._begun = 0  # steps before this walk
        self._begun_ms = 0
        self._last_ms = 0  # of the latest step, uptime
        self._cadence_x10 = self._cv_permille = 0  # of the walk so far

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self._counter.steps

    @property
    def cadence_x10(self) -> int:
        """Tenths of a step a minute, 0 when not walking."""
        return self._counter.cadence_x10()

    def motion(self, t_ms: int, ax: int, ay: int, az: int) -> None:
        """One sample: ms (ticks), mg."""
        if self._counter.push(t_ms, ax, ay, az):
            now = self._clock.uptime_ms()
            if self._counter.steps and now - self._last_ms > STOPPED_MS:
                self._begun_ms = now
            self._last_ms = now
            self._cadence_x10 = self._counter.cadence_x10()
            self._cv_permille = self._counter.cv_permille()

    def second(self, worn: bool) -> None:
        """End a walk that has stopped; nudge who has sat for long."""
        now = self._clock.uptime_ms()
        steps = self._counter.steps - self._begun
        if steps and now - self._last_ms > STOPPED_MS:
            self._begun = self._counter.steps
            values = (
                min((self._last_ms - self._begun_ms) // 1000, 0xFFFF),
                min(steps, 0xFFFF),
                self._cadence_x10,
                min(self._cv_permille, 0xFFFF),
            )
            self._journal.append(records.STEPS, 1, records.pack(records.STEPS, 1, values), now)
        if worn:
            self._nudge(now)

    def _nudge(self, now: int) -> None:
        after_min = self._memory.get("nudge_after_min", 0)
        unix_s = self._clock.unix_s()
        if not after_min or not unix_s or now - self._last_ms < after_min * 60_000:
            return
        local_min = unix_s // 60 + self._clock.utc_offset_min
        day, minute = local_min // DAY_MIN, local_min % DAY_MIN
        get = self._memory.get
        inside = get("nudge_from_min", FROM_MIN) <= minute < get("nudge_until_min", UNTIL_MIN)
        if inside and day != get("nudged_day", 0):
            self._memory.keep("nudged_day", day)
            self._cue()
