"""The device's time: monotonic milliseconds since boot always, UTC when somebody has told it.

Records carry uptime only. A TIME record ties uptime to UTC, with an uncertainty; the companion resolves
the rest. UTC on the device serves the plan's expiry and Current Time, nothing else.
"""

from repbeat_protocol import frames

# TIME record: who told the time
FROM_COMPANION = 1
FROM_CURRENT_TIME = 2

UNCERTAIN_MS = 0xFFFF  # "at least": the time zone was not told


class ClockRefused(ValueError):
    """A time outside frames.EARLIEST_UNIX_S … LATEST_UNIX_S: set the clock of the sender and send again."""


def plausible(unix_s: int) -> bool:
    """Whether a device of this project can live at that time."""
    return frames.EARLIEST_UNIX_S <= unix_s < frames.LATEST_UNIX_S


class Clock:
    """Uptime across the wraps of ticks_ms, and its mapping to UTC.

    `uptime_ms` must be asked at least once in 2^29 ms (six days); every record does. `ticks` and `diff`
    are those of the module time.
    """

    def __init__(self, ticks, diff) -> None:
        self._ticks = ticks
        self._diff = diff
        self._last = ticks()
        self._uptime_ms = self._last
        self._unix_at_boot_ms = 0
        self.source = 0  # 0: nobody has told the time in this boot
        self.uncertainty_ms = UNCERTAIN_MS
        self.utc_offset_min = 0

    def uptime_ms(self) -> int:
        """Milliseconds since boot, never falling."""
        now = self._ticks()
        self._uptime_ms += self._diff(now, self._last)
        self._last = now
        return self._uptime_ms

    def set_utc(self, unix_ms: int, uncertainty_ms: int, utc_offset_min: int, source: int) -> None:
        """Tie the uptime of now to UTC; ClockRefused for an impossible time, and then nothing changes."""
        if not plausible(unix_ms // 1000):
            raise ClockRefused("unix time %d s is refused: check the sender's clock" % (unix_ms // 1000))
        self._unix_at_boot_ms = unix_ms - self.uptime_ms()
        self.uncertainty_ms = uncertainty_ms
        self.source = source
        self.utc_offset_min = utc_offset_min

    def unix_ms(self) -> int:
        """UTC in ms since 1970; 0 while nobody has told it."""
        return self._unix_at_boot_ms + self.uptime_ms() if self.source else 0

    def unix_s(self) -> int:
        """UTC in s since 1970; 0 while nobody has told it."""
        return self.unix_ms() // 1000
