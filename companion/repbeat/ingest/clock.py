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

    The reading with the least uncertainty at that uptime counts, its own plus what drift may have added.
    """
    best: tuple[int, int, Clock] | None = None
    for clock in clocks:
        if clock.refused:
            continue
        uncertainty_ms = clock.uncertainty_ms + abs(uptime_ms - clock.uptime_ms) * DRIFT_PPM // 1_000_000
        if best is None or (uncertainty_ms, -clock.seq) < best[:2]:
            best = (uncertainty_ms, -clock.seq, clock)
    if best is None:
        return None
    uncertainty_ms, _, clock = best
    return clock.unix_ms + uptime_ms - clock.uptime_ms, clock.utc_offset_min, uncertainty_ms
