"""Which heart rate counts: the strap's while it is worn and heard, else the optical sensor's.

A strap measures the heart's own voltage and is trusted as it is; the optical value carries the tracker's
quality. States as in a HEART record: only GOOD may change anything by itself.
"""

from device.link import measurement
from device.signal.beats import GOOD_QUALITY, BeatDetector
from device.signal.heart import HeartTracker
from repbeat_protocol import heart, records

FAIR_QUALITY = (
    60  # percent chance of being within 5 bpm; the tracker's own bar for good is higher (heart_weights.py)
)
STALE_MS = 6000  # the tracker gives a value every two seconds
STRAP_STALE_MS = 3000  # a strap notifies every second
POSSIBLE_BPM = (30, 240)
STILL_MG = 60  # a wrist whose acceleration changes by more from sample to sample is moving
CALM_MS = 3000  # so long after a movement intervals are thrown away: the pulse wave has to settle
INTERVALS = 9  # in a second; more are no heart


class HeartSource:
    """`sample` takes optical samples; `second` decides once a second: bpm, state, source, rr_1024."""

    def __init__(self, strap, clock, optical_hz: int) -> None:
        """`strap`: link.Strap; `optical_hz`: samples a second of the optical sensor."""
        self._strap = strap
        self._clock = clock
        self._optical_hz = optical_hz
        self._ax = self._ay = self._az = 0
        self._begin(0)
        self._optical_ms = -STALE_MS
        self._strap_ms = -STRAP_STALE_MS
        self.worn = False  # by the optical sensor
        self.bpm = 0
        self.state = heart.NO_CONTACT
        self.source = records.SOURCE_OPTICAL
        self.rr_1024 = []  # intervals that ended within this second
        self.rr_broken = False  # beats were lost before the first of them
        self._beats = []

    def _begin(self, t_ms: int) -> None:
        self._tracker = HeartTracker()
        self._detector = BeatDetector(self._optical_hz)
        self._last_t_ms = t_ms
        self._moved_ms = t_ms
        self._lost_beat = True

    def sample(self, t_ms: int, ppg1: int, ppg2: int, ax: int, ay: int, az: int) -> None:
        """One optical sample with the acceleration of its time; `t_ms` as ticks_ms."""
        if t_ms < self._last_t_ms - STALE_MS:
            self._begin(t_ms)  # ticks_ms has wrapped: every twelve days
        self._last_t_ms = t_ms
        self._follow_motion(t_ms, ax, ay, az)
        if self._detector.push(t_ms, ppg1):
            self._beat(t_ms)
        if self._tracker.push(t_ms, ppg1, ppg2, ax, ay, az):
            self._optical_ms = self._clock.uptime_ms()
            self.worn = self._tracker.contact != measurement.NO_CONTACT

    def _follow_motion(self, t_ms: int, ax: int, ay: int, az: int) -> None:
        if abs(ax - self._ax) + abs(ay - self._ay) + abs(az - self._az) > STILL_MG:
            self._moved_ms = t_ms
        self._ax, self._ay, self._az = ax, ay, az

    def _beat(self, t_ms: int) -> None:
        """Keep an optical interval of a still wrist; any other breaks the chain."""
        detector = self._detector
        calm = t_ms - self._moved_ms >= CALM_MS and self.worn
        if calm and detector.rr_1024 and detector.quality >= GOOD_QUALITY:
            if len(self._beats) < INTERVALS:
                self._beats.append(detector.rr_1024)
        else:
            self._beats.clear()
            self._lost_beat = True

    def unseen(self) -> None:
        """The optical sensor is off: the band is not worn."""
        self.worn = False

    def second(self) -> None:
        """Take what the strap has sent, then choose."""
        now = self._clock.uptime_ms()
        self.rr_1024.clear()
        self.rr_broken = False
        measured = None
        while self._strap.take():
            measured = self._strap.measurement
            for i in range(measured.rr_count):
                self.rr_1024.append(measured.rr[i])
        if measured:
            self._strap_ms = now
            self._take_strap(measured)
        elif not self._strap.connected or now - self._strap_ms > STRAP_STALE_MS:
            self._take_optical(now)
        self._beats.clear()

    def _take_strap(self, measured) -> None:
        self.source = records.SOURCE_STRAP
        self.bpm = measured.bpm
        if measured.contact == measurement.NO_CONTACT:
            self.state = heart.NO_CONTACT
        elif POSSIBLE_BPM[0] <= measured.bpm <= POSSIBLE_BPM[1]:
            self.state = heart.GOOD
        else:
            self.state = heart.NO_VALUE
        if self.state < heart.POOR:
            self.bpm = 0

    def _take_optical(self, now: int) -> None:
        tracker = self._tracker
        self.source = records.SOURCE_OPTICAL
        self.rr_1024.extend(self._beats)
        self.rr_broken = self._lost_beat
        self._lost_beat = False
        self.bpm = 0
        if not self.worn:
            self.state = heart.NO_CONTACT
        elif not tracker.bpm_x10 or now - self._optical_ms > STALE_MS:
            self.state = heart.NO_VALUE
        else:
            self.bpm = (tracker.bpm_x10 + 5) // 10
            if tracker.good:
                self.state = heart.GOOD
            else:
                self.state = heart.FAIR if tracker.quality >= FAIR_QUALITY else heart.POOR
