"""REST records: when the wearer lay still, and what the heart did there.

Windows come from the arm's angle (signal/rest.py). Beside each: the lowest heart rate sustained over five
minutes, and RMSSD and breathing as means over the five-minute stretches of stillness, each cleaned and judged
by itself. All of an outage of an hour or less belongs together, as windows may still join.
"""

from device.signal import hrv
from device.signal.recovery import RestingHeartRate
from device.signal.respiration import Respiration
from device.signal.rest import BOUT_MS, JOIN_MS, RestFinder
from device.signal.rr import RrSeries, ms_from_1024
from repbeat_protocol import heart, records

SAMPLE_MS = 200  # the angle is a mean over 5 s: more samples add nothing
STRETCH_MS = 300000  # the standard length of a short recording (Task Force 1996)
INTERVALS = 512  # 300 s at 102 beats a minute
FAR_MS = 1 << 29  # six days: windows are counted from a new origin before small numbers end


class RestLog:
    """`motion` takes samples, `second` the heart. `journal` keeps records, `clock` gives uptime."""

    def __init__(self, journal, clock) -> None:
        self._journal = journal
        self._clock = clock
        self._finder = RestFinder()
        self._resting = RestingHeartRate()
        self._series = RrSeries(INTERVALS)
        self._origin_ms = clock.uptime_ms()
        self._last_ms = 0
        self._quiet_ms = 0  # when it was last still for five minutes
        self._stretch_ms = 0  # when the running stretch began
        self._clear()

    def _clear(self) -> None:
        self._resting.begin()
        self._rmssd_x10 = self._kept = self._stretches = 0
        self._breaths_x10 = self._breathed = 0

    def motion(self, worn: bool, ax: int, ay: int, az: int) -> None:
        """One sample (mg) of the present."""
        now = self._now()
        if now - self._last_ms < SAMPLE_MS:
            return
        self._last_ms = now
        if self._finder.push(now, ax, ay, az, worn):
            self._write(now)

    def second(self, bpm: int, state: int, rr_1024: list[int], broken: bool) -> None:
        """The heart of this second."""
        now = self._now()
        if self._finder.still_ms() < BOUT_MS:
            self._stretch_ms = now
            self._series.reset()
            if self._quiet_ms and now - self._quiet_ms > JOIN_MS + BOUT_MS:
                self._quiet_ms = 0
                self._clear()
            return
        self._quiet_ms = now
        self._resting.second(bpm if state >= heart.FAIR else 0)
        if broken:
            self._series.gap()
        for rr in rr_1024:
            self._series.push(ms_from_1024(rr))
        if now - self._stretch_ms >= STRETCH_MS:
            self._measure()
            self._stretch_ms = now
            self._series.reset()

    def flush(self) -> None:
        """Write every window that is open: the power is about to go."""
        now = self._now()
        while self._finder.finish(now):
            self._write(now)

    def _now(self) -> int:
        now = self._clock.uptime_ms() - self._origin_ms
        if now < FAR_MS:
            return now
        while self._finder.finish(now):
            self._write(now)
        self._finder = RestFinder()
        self._origin_ms += now
        self._last_ms = self._quiet_ms = self._stretch_ms = 0
        return 0

    def _measure(self) -> None:
        """One stretch of stillness."""
        result = hrv.measure(self._series, STRETCH_MS)
        if result is None or not result.displayable():
            return
        self._rmssd_x10 += int(result.rmssd_ms * 10 + 0.5)
        self._kept += result.kept_permille
        self._stretches += 1
        breaths_x10 = Respiration().measure(
            self._series, STRETCH_MS
        )  # its memory is needed twelve times an hour
        if breaths_x10:
            self._breaths_x10 += breaths_x10
            self._breathed += 1

    def _write(self, now: int) -> None:
        finder = self._finder
        n = self._stretches
        values = (
            (now - finder.start_ms) // 1000,
            (finder.end_ms - finder.start_ms) // 1000,
            finder.kind,
            (self._resting.bpm_x10 + 5) // 10,
            min(self._rmssd_x10 // n, 0xFFFF) if n else 0,
            self._breaths_x10 // self._breathed if self._breathed else 0,
            self._kept // n if n else 0,
        )
        payload = records.pack(records.REST, 1, values)
        self._journal.append(records.REST, 1, payload, self._clock.uptime_ms())
        self._clear()
