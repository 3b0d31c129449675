"""Puts an athlete and a simulated band together: signals go to the sensors, cues come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from numpy.typing import NDArray

from repbeat_tools.simulator.model.athlete import Athlete

AHEAD_MS = 600.0  # signals reach this far into the future, so that no sensor runs dry between two turns
TURN_S = 0.2


class Band(Protocol):
    """What a player needs of repbeat_tools.simulator's device."""

    @property
    def now_ms(self) -> float: ...
    def feed(self, stream: str, t_ms: NDArray[Any], rows: NDArray[Any]) -> object: ...
    def hold_at(self, world_ms: float | None) -> None: ...
    def send(self, message: dict[str, Any]) -> object: ...
    def on_event(self, listener: Callable[[dict[str, Any]], object]) -> object: ...


async def train(
    athlete: Athlete,
    band: Band,
    sleep: Callable[[float], Awaitable[object]],
    *,
    limit_s: float = 3600.0,
    ahead_ms: float = AHEAD_MS,
) -> bool:
    """Train until the athlete is done: True. False when the world's clock went on for limit_s before that.

    `sleep(seconds)` lets the band's world go on: `air.sleep`, or `band.advance` under virtual time. Signals
    go on for one turn after the end.
    """
    band.on_event(athlete.sense)
    end_ms = band.now_ms + limit_s * 1000
    try:
        while True:
            finished = athlete.done
            samples = athlete.feed(band.now_ms + ahead_ms)
            for message in samples.messages:
                band.send(message)
            if len(samples.t_ms):
                band.feed("imu", samples.t_ms, samples.imu)
                band.feed("ppg", samples.t_ms, samples.ppg)
                band.hold_at(float(samples.t_ms[-1]))
            await sleep(TURN_S)
            if finished or band.now_ms >= end_ms:
                return finished
    finally:
        band.hold_at(None)
