"""When was each sample of a FIFO burst taken, and how fast does the sensor really run?

A sensor samples by its own oscillator, which is off by per cents (LSM6DSO: typically 5 %, MAX30102: 2 %)
and drifts with temperature, while the only trustworthy clock is the processor's. The count of samples over
a stretch of that clock is the true rate. Sample times lie on a grid of that period whose phase is held by
one certain fact of each burst: the newest sample is between nought and one period old when the burst is
read. Corrections are spread over the burst's samples, so that times never run backwards.

Integers only, none above 2**30, so that nothing here allocates.
"""

from time import ticks_add, ticks_diff

from micropython import const

_FIRST_MS = const(1_000)  # a first estimate, better than the nominal rate: one sample more or less is 1-2 %
_TRUST_MS = const(5_000)  # 0.2-0.4 %: from here on the rate counts as measured
_AGAIN_MS = const(20_000)  # later windows replace an estimate only when they are better than this
_WINDOW_MS = const(60_000)  # temperature moves the oscillator in minutes
_LOST_TRACK_MS = const(10_000)


class SampleClock:
    """Times in ms are `time.ticks_ms()` values; periods in microseconds.

    Rates in millihertz (up to 3,000,000).
    """

    def __init__(self, nominal_mhz: int, delay_us: int = 0):
        """delay_us: how long before its FIFO entry a sample's centre lies (on-chip averaging, filters)."""
        self.set_up(nominal_mhz, delay_us)

    def set_up(self, nominal_mhz: int, delay_us: int = 0) -> None:
        """Begin anew, as after a change of rate: what was measured is forgotten."""
        self.rate_mhz = nominal_mhz
        self.measured = False
        self.period_us = 1_000_000_000 // nominal_mhz
        self._delay_us = delay_us
        self._running = False
        self._newest_ms = self._newest_us = 0
        self._base_ms = self._base_us = 0  # time of the sample before the burst
        self._step_us = self.period_us
        self._window_ms = self._window_n = 0

    def burst(self, now_ms: int, n: int, behind: int = 0, within_us: int = 0) -> None:
        """n samples were read; `behind` newer ones were still in the FIFO at now_ms.

        within_us: the newest is younger than this, where that is known to be less than a period.
        """
        if self._running and -_LOST_TRACK_MS < ticks_diff(now_ms, self._newest_ms) < _LOST_TRACK_MS:
            self._base_ms = self._newest_ms
            self._base_us = self._newest_us
            self._forward(n)
            age_us = ticks_diff(now_ms, self._newest_ms) * 1000 - self._newest_us
            late_us = behind * self.period_us
            if age_us < late_us:
                self._newest_at(now_ms, late_us)
            elif age_us > late_us + (within_us or self.period_us):
                self._newest_at(now_ms, late_us + (within_us or self.period_us))
            if n:
                span_ms = ticks_diff(self._newest_ms, self._base_ms)
                self._step_us = (span_ms * 1000 + self._newest_us - self._base_us) // n
            self._measure(now_ms, n, behind)
            return
        self._start(now_ms, n, behind)
        self._window_ms = now_ms
        self._window_n = -behind

    def full(self, now_ms: int, n: int, lost: int) -> None:
        """n samples from a FIFO that stopped when it was full: they follow the ones before.

        `lost` later ones are gone.
        """
        if self._running:
            self._base_ms = self._newest_ms
            self._base_us = self._newest_us
            self._step_us = self.period_us
        else:
            self._start(now_ms, n, lost)
        self.gap()

    def overwritten(self, now_ms: int, n: int, behind: int = 0) -> int:
        """n samples from a FIFO that dropped its oldest. The number lost, by the clock."""
        missing_us = 0
        if self._running:
            age_ms = min(ticks_diff(now_ms, self._newest_ms), 1_000_000)
            missing_us = age_ms * 1000 - (n + behind) * self.period_us
        self.gap()
        self.burst(now_ms, n, behind)
        return max(0, missing_us // self.period_us)

    def gap(self) -> None:
        """Samples are missing: the next burst is placed by its own reading time only, and the count starts
        anew."""
        self._running = False

    def time_of(self, i: int) -> int:
        """Time of the burst's i-th sample in ms."""
        after_us = self._base_us + (i + 1) * self._step_us - self._delay_us
        return ticks_add(self._base_ms, (after_us + 500) // 1000)

    def _start(self, now_ms: int, n: int, behind: int) -> None:
        """Place a burst by its reading time alone."""
        self._newest_at(now_ms, behind * self.period_us)
        self._step_us = self.period_us
        before_us = self._newest_us - n * self.period_us
        self._base_ms = ticks_add(self._newest_ms, before_us // 1000)
        self._base_us = before_us % 1000
        self._running = True

    def _newest_at(self, now_ms: int, age_us: int) -> None:
        self._newest_ms = ticks_add(now_ms, -age_us // 1000)
        self._newest_us = -age_us % 1000

    def _forward(self, n: int) -> None:
        us = self._newest_us + n * self.period_us
        self._newest_ms = ticks_add(self._newest_ms, us // 1000)
        self._newest_us = us % 1000

    def _measure(self, now_ms: int, n: int, behind: int) -> None:
        self._window_n += n
        elapsed_ms = ticks_diff(now_ms, self._window_ms)
        if elapsed_ms < (_AGAIN_MS if self.measured else _FIRST_MS):
            return
        self.measured = self.measured or elapsed_ms >= _TRUST_MS
        whole = (self._window_n + behind) * 1000
        if whole <= 0:
            return
        self.rate_mhz = whole // elapsed_ms * 1000 + whole % elapsed_ms * 1000 // elapsed_ms
        self.period_us = 1_000_000_000 // self.rate_mhz
        if elapsed_ms >= _WINDOW_MS:
            self._window_ms = now_ms
            self._window_n = -behind
