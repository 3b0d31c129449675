"""How device time relates to wall time, and the one clock of an air.

World time is in milliseconds, 0 when the air was opened; it goes on over reboots of a device.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class ClockKind:
    """Device seconds per wall second; 0 is virtual time, which only moves by `Device.advance()`."""

    speed: float

    @property
    def virtual(self) -> bool:
        return self.speed == 0


def Real() -> ClockKind:
    """Device time is wall time."""
    return ClockKind(1.0)


def Scaled(speed: float) -> ClockKind:
    """Device time runs `speed` times as fast as the wall; Bluetooth works, up to what the CPU gives."""
    if speed <= 0:
        raise ValueError("a scaled clock needs a speed above 0; Virtual() is the clock that stands still")
    return ClockKind(float(speed))


def Virtual() -> ClockKind:
    """Device time stands still but for `Device.advance()`: deterministic, and as fast as the CPU allows."""
    return ClockKind(0.0)


class WorldClock:
    """World time of one air."""

    def __init__(self, kind: ClockKind) -> None:
        self.kind = kind
        self._opened_s = time.monotonic()

    def now_ms(self, speed: float) -> float:
        """World time for a clock of this speed; 0 for ever when it is virtual."""
        return (time.monotonic() - self._opened_s) * 1000 * speed

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of world time."""
        if self.kind.virtual:
            raise ValueError("in virtual time nothing passes by itself: use Device.advance()")
        await asyncio.sleep(seconds / self.kind.speed)

    def wall_s(self, seconds: float) -> float:
        """Wall seconds that a radio needs for `seconds` of air time (as they are when time is virtual)."""
        return seconds if self.kind.virtual else seconds / self.kind.speed
