"""From boot and uptime to UTC: which TIME records are believed, and which one dates a moment best."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from repbeat.store.clocks import Clock
from repbeat_protocol import frames

# A device set by a phone in another time zone is at most this far ahead; more is a clock gone wrong.
AHEAD_MS = 24 * 3600 * 1000
# A crystal of an ESP32 module drifts up to 10 ppm, over temperature and age about 50; two readings of the
# same boot that are further apart than their uncertainties and this drift disagree.
DRIFT_PPM = 50
NEVER = (-(1 << 62), 1 << 62)  # before and after every uptime


def refusal(unix_ms: int, received_ms: int) -> str:
    """Why a device's clock is not believed; "" when it is.

    A companion whose own clock was never set (a Raspberry Pi without network) cannot call another one early.
    """
    if unix_ms < frames.EARLIEST_UNIX_S * 1000:
        return "before 2025: the device's clock had not been set"
    if unix_ms >= frames.LATEST_UNIX_S * 1000:
        return "2040 or later: the device's clock had been set wrongly"
    if received_ms >= frames.EARLIEST_UNIX_S * 1000 and unix_ms > received_ms + AHEAD_MS:
        return "more than a day ahead of the companion's clock when it arrived"
    return ""


class BootClock:
    """All the readings of one boot: dates every uptime of it."""

    def __init__(self, clocks: Iterable[Clock]) -> None:
        believed = (clock for clock in clocks if not clock.refused)
        self._readings = sorted(believed, key=lambda clock: (clock.uptime_ms, clock.seq))
        self._uptimes = [clock.uptime_ms for clock in self._readings]

    def at(self, uptime_ms: int) -> tuple[int, int, int] | None:
        """(unix_ms, utc_offset_min, uncertainty_ms) of an uptime; None without a believed reading.

        Only the readings next to it count. Between two that agree, the moment lies on the line through
        both, which takes out the drift; else the one counts that is less uncertain there, by its own
        uncertainty and what drift may have added.
        """
        after = bisect_right(self._uptimes, uptime_ms)
        near = self._readings[max(0, after - 1) : after + 1]
        if not near:
            return None
        if len(near) == 2 and _agree(near[0], near[1]):
            low, high = near
            span_ms = high.uptime_ms - low.uptime_ms
            passed_ms = (uptime_ms - low.uptime_ms) * (high.unix_ms - low.unix_ms) // span_ms
            return low.unix_ms + passed_ms, low.utc_offset_min, max(low.uncertainty_ms, high.uncertainty_ms)
        best = min(near, key=lambda clock: (_uncertainty_ms(clock, uptime_ms), -clock.seq))
        unix_ms = best.unix_ms + uptime_ms - best.uptime_ms
        return unix_ms, best.utc_offset_min, _uncertainty_ms(best, uptime_ms)

    def reach(self, uptime_ms: int) -> tuple[int, int]:
        """The uptimes between which the reading at `uptime_ms` has a say, both excluded."""
        before = bisect_left(self._uptimes, uptime_ms) - 1
        after = bisect_right(self._uptimes, uptime_ms)
        low = self._uptimes[before] if before >= 0 else NEVER[0]
        high = self._uptimes[after] if after < len(self._uptimes) else NEVER[1]
        return low, high


def _uncertainty_ms(clock: Clock, uptime_ms: int) -> int:
    return clock.uncertainty_ms + abs(uptime_ms - clock.uptime_ms) * DRIFT_PPM // 1_000_000


def _agree(low: Clock, high: Clock) -> bool:
    drift_ms = (high.unix_ms - low.unix_ms) - (high.uptime_ms - low.uptime_ms)
    return abs(drift_ms) <= low.uncertainty_ms + _uncertainty_ms(high, low.uptime_ms)
