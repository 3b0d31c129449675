"""HEART and RR records: every second's value while worn, in blocks; every interval that was heard.

A block is written when it is full, after FLUSH_S, at a session's end, when the source changes, and when
the device is taken off. So a power cut costs two minutes of heart rate at most, and the record's own
times name the gap.
"""

from repbeat_protocol import heart, records

FLUSH_S = 120
OFF_S = 60  # seconds without contact that are still written; then nothing until it is worn again
LATE_MS = 1500  # a second that comes later than this begins a new block
RR_PAUSE_MS = 10000  # intervals of one block follow each other
RR_LEAST = 5  # a shorter run of optical intervals tells nothing: it is not worth a record


class HeartLog:
    """Collects seconds and intervals; `log` keeps the blocks, `clock` gives uptime."""

    def __init__(self, log, clock) -> None:
        self._log = log
        self._clock = clock
        self._seconds = heart.HeartWriter()
        self._source = 0
        self._first_ms = 0
        self._off_s = OFF_S
        self._intervals = heart.RrWriter()
        self._rr_source = 0
        self._rr_first_ms = 0
        self._rr_last_ms = 0

    def second(self, bpm: int, state: int, source: int) -> None:
        """The value of this second; call it once a second on a steady beat."""
        now = self._clock.uptime_ms()
        if state == heart.NO_CONTACT:
            self._off_s += 1
            if self._off_s > OFF_S:
                if self._seconds.samples:
                    self._write_seconds(now)
                return
        else:
            self._off_s = 0
        writer = self._seconds
        if writer.samples and (
            source != self._source or now - self._first_ms - writer.samples * 1000 > LATE_MS
        ):
            self._write_seconds(now)
        if not writer.samples:
            self._first_ms = now
            self._source = source
        writer.add(min(bpm, 255), state)
        if writer.full() or writer.samples >= FLUSH_S:
            self._write_seconds(now)

    def interval(self, rr_1024: int, source: int) -> None:
        """One beat-to-beat interval in 1/1024 s that has just ended."""
        now = self._clock.uptime_ms()
        writer = self._intervals
        if writer.count and (source != self._rr_source or now - self._rr_last_ms > RR_PAUSE_MS):
            self._write_intervals(now)
        if not writer.count:
            self._rr_first_ms = now
            self._rr_source = source
        self._rr_last_ms = now
        writer.add(rr_1024)
        if writer.full() or now - self._rr_first_ms >= FLUSH_S * 1000:
            self._write_intervals(now)

    def broken(self) -> None:
        """The next interval does not follow the last one: beats between them were lost or thrown away."""
        if self._intervals.count:
            self._write_intervals(self._clock.uptime_ms())

    def flush(self) -> None:
        """Write what has been collected: a session ended, or the power is about to go."""
        now = self._clock.uptime_ms()
        if self._seconds.samples:
            self._write_seconds(now)
        if self._intervals.count:
            self._write_intervals(now)

    def _write_seconds(self, now: int) -> None:
        payload = self._seconds.take(now - self._first_ms, self._source)
        self._log.append(records.HEART, 1, payload, now)

    def _write_intervals(self, now: int) -> None:
        worth = self._rr_source != records.SOURCE_OPTICAL or self._intervals.count >= RR_LEAST
        payload = self._intervals.take(now - self._rr_last_ms, self._rr_source)
        if worth:
            self._log.append(records.RR, 1, payload, now)
