"""From boot and uptime to UTC: which TIME records are believed, and which one dates a moment best."""

from __future__ import annotations

from collections.abc import Sequence

from repbeat.store.clocks import Clock
from repbeat_protocol import frames

# A device set by a phone in another time zone is at most this far ahead; more is a clock gone wrong.
AHEAD_MS = 24 * 3600 * 1000
# A crystal of an ESP32 module drifts up to 10 ppm, over temperature and age about 50; two readings of the
# same boot that are further apart than their uncertainties and this drift disagree.
DRIFT_PPM = 50


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


def at(clocks: Sequence[Clock], uptime_ms: int) -> tuple[int, int, int] | None:
    """(unix_ms, utc_offset_min, uncertainty_ms) of an uptime by the clocks of its boot; None without one.

    Between two readings that agree, the moment lies on the line through both, which takes out the drift;
    elsewhere the reading that is least uncertain there counts, its own uncertainty and what drift may add.
    """
    believed = sorted((c for c in clocks if not c.refused), key=lambda c: (c.uptime_ms, c.seq))
    if not believed:
        return None
    before = [c for c in believed if c.uptime_ms <= uptime_ms]
    after = [c for c in believed if c.uptime_ms > uptime_ms]
    if before and after and _agree(before[-1], after[0]):
        low, high = before[-1], after[0]
        span_ms = high.uptime_ms - low.uptime_ms
        passed_ms = (uptime_ms - low.uptime_ms) * (high.unix_ms - low.unix_ms) // span_ms
        return low.unix_ms + passed_ms, low.utc_offset_min, max(low.uncertainty_ms, high.uncertainty_ms)
    best = min(believed, key=lambda c: (_uncertainty_ms(c, uptime_ms), -c.seq))
    unix_ms = best.unix_ms + uptime_ms - best.uptime_ms
    return unix_ms, best.utc_offset_min, _uncertainty_ms(best, uptime_ms)


def _uncertainty_ms(clock: Clock, uptime_ms: int) -> int:
    return clock.uncertainty_ms + abs(uptime_ms - clock.uptime_ms) * DRIFT_PPM // 1_000_000


def _agree(low: Clock, high: Clock) -> bool:
    drift_ms = (high.unix_ms - low.unix_ms) - (high.uptime_ms - low.uptime_ms)
    return abs(drift_ms) <= low.uncertainty_ms + _uncertainty_ms(high, low.uptime_ms)
