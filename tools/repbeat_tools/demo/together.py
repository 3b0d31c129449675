"""The time of a world with many devices: each turn of it is lived by all of them before the next begins.

A busy computer makes this world slower, and never one device's clock late against another's: repetitions felt
by two sensors at one moment are recorded at one moment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from repbeat_tools.simulator import Air, Device
from repbeat_tools.simulator.errors import DeviceOff

TURN_MS = 100.0
TURN_LIMIT_S = 60.0  # wall time in which a turn must have been lived, however busy the computer is


class Together:
    """`run` lets the world of `air` (with a Virtual clock) go on, at most `speed` of its seconds a second."""

    def __init__(self, air: Air, speed: float) -> None:
        self.now_ms = 0.0
        self._air = air
        self.speed = speed
        self._begun_s = time.time()
        self._feeders: list[Callable[[float], object]] = []
        self._turned = asyncio.Condition()

    def unix_s(self) -> float:
        """Unix seconds on the world's clock."""
        return self._begun_s + self.now_ms / 1000

    def feed_by(self, feeder: Callable[[float], object]) -> None:
        """Call `feeder(until_ms)` before each turn: it brings signals up to that moment at least."""
        self._feeders.append(feeder)

    async def run(self) -> None:
        """Live turn after turn until cancelled, or until a device breaks down."""
        loop = asyncio.get_running_loop()
        while True:
            begun_s = loop.time()
            until_ms = self.now_ms + TURN_MS
            for feeder in self._feeders:
                feeder(until_ms)
            await asyncio.gather(*(_live(device, until_ms) for device in self._air.devices.values()))
            async with self._turned:
                self.now_ms = until_ms
                self._turned.notify_all()
            await asyncio.sleep(max(0.0, begun_s + TURN_MS / 1000 / self.speed - loop.time()))

    async def sleep(self, seconds: float) -> None:
        """Wait for seconds of world time."""
        end_ms = self.now_ms + seconds * 1000
        async with self._turned:
            await self._turned.wait_for(lambda: self.now_ms >= end_ms)


async def _live(device: Device, until_ms: float) -> None:
    if not device.powered:
        return
    with suppress(DeviceOff):  # meanwhile
        await device.advance(max(0.0, until_ms - device.now_ms) / 1000, TURN_LIMIT_S)
