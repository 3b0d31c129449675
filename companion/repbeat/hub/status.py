"""How a running hub is: kept in a file beside the database, for `repbeat hub --status` in another process."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from repbeat.hub import board, events
from repbeat.hub.slots import Slots, Usage

FILE = "hub-status.json"  # beside the keys: see keys.path_for
EVERY_S = 2.0
STALE_S = 10.0  # a hub that lives has written since
BACKING_OFF = "waits before it is tried again"


class DeviceStatus(msgspec.Struct, kw_only=True):
    """One device: `state` in words, by which adapter, since when; how often it was connected, what ended it.

    `again_ms`: when it is tried again, null while it is not waiting for that.
    """

    address: str
    device_id: str = ""
    name: str = ""
    state: str = board.OFF
    since_ms: int = 0
    adapter: str | None = None
    cursor: int = 0
    head_seq: int = 0
    connections: int = 0
    failures: dict[str, int] = {}
    problem: str = ""
    again_ms: int | None = None


class HubStatus(msgspec.Struct, kw_only=True):
    """A hub at a moment; `failures`: how often each cause ended a connection, over all devices."""

    pid: int
    begun_ms: int
    at_ms: int
    adapters: list[Usage]
    waiting: int
    devices: list[DeviceStatus]
    failures: dict[str, int] = {}


class Watch:
    """Listens to a hub; `now` is its status at any moment."""

    def __init__(
        self, bus: events.Bus, slots: Slots, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._slots = slots
        self._now_ms = now_ms
        self._begun_ms = now_ms()
        self._devices: dict[str, DeviceStatus] = {}
        bus.listen(self._hear)

    def now(self) -> HubStatus:
        """A snapshot."""
        rows = sorted(self._devices.values(), key=lambda one: (one.name, one.address))
        failures: Counter[str] = Counter()
        for one in rows:
            failures.update(one.failures)
        return HubStatus(
            pid=os.getpid(),
            begun_ms=self._begun_ms,
            at_ms=self._now_ms(),
            adapters=self._slots.usage(),
            waiting=self._slots.waiting,
            devices=rows,
            failures=dict(failures),
        )

    async def beside(self, serving: Coroutine[Any, Any, None], path: Path) -> None:
        """Serve, and keep the file meanwhile; it goes when the hub ends."""
        keeping = asyncio.create_task(self._keep(path))
        try:
            await serving
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            path.unlink(missing_ok=True)

    async def _keep(self, path: Path) -> None:
        while True:
            with suppress(OSError):  # a full disk must not end the service
                write(path, self.now())
            await asyncio.sleep(EVERY_S)

    def _hear(self, event: events.Event) -> None:
        one = self._devices.setdefault(event.address, DeviceStatus(address=event.address))
        one.device_id = event.device_id or one.device_id
        one.name = event.name or one.name
        match event:
            case events.Found():
                self._turn(one, board.CONNECTING)
            case events.Queued():
                self._turn(one, board.WAITING)
            case events.Dealt():
                one.adapter = event.adapter
                self._turn(one, board.CONNECTING)
            case events.Connected():
                one.connections += 1
                one.problem = ""
                one.cursor, one.head_seq = event.cursor, event.head_seq
                self._turn(one, board.SYNCING)
            case events.Progress():
                one.cursor, one.head_seq = event.cursor, event.head_seq
            case events.CaughtUp():
                one.cursor = one.head_seq = event.cursor
                self._turn(one, board.LIVE)
            case events.Disconnected():
                self._ended(one, event)

    def _ended(self, one: DeviceStatus, event: events.Disconnected) -> None:
        one.adapter = None
        one.problem = event.cause
        if event.why:
            one.failures[event.why] = one.failures.get(event.why, 0) + 1
        self._turn(one, BACKING_OFF if event.again_s else board.OFF)
        one.again_ms = self._now_ms() + round(event.again_s * 1000) if event.again_s else None

    def _turn(self, one: DeviceStatus, state: str) -> None:
        one.again_ms = None
        if one.state != state:
            one.state, one.since_ms = state, self._now_ms()


def write(path: Path, status: HubStatus) -> None:
    """In one step: a reader sees the one before or this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(status))
    fresh.replace(path)


def read(path: Path) -> HubStatus | None:
    """The last that a hub wrote; None where none runs here, or what is there cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=HubStatus)
    except (OSError, msgspec.DecodeError):
        return None


def told(status: HubStatus | None, now_ms: int) -> dict[str, Any]:
    """As `--json` prints it. `running` is false where a hub has ended without a word, and says when last."""
    if status is None:
        return {"running": False}
    alive = now_ms - status.at_ms <= STALE_S * 1000
    return {"running": alive, "age_s": max(0, now_ms - status.at_ms) / 1000, **msgspec.to_builtins(status)}


def lines(told: dict[str, Any], now_ms: int) -> Iterator[str]:
    """The same for people."""
    if "devices" not in told:
        yield "No hub runs here: start it with `repbeat hub`."
        return
    if not told["running"]:
        yield f"The hub (process {told['pid']}) last told {told['age_s']:.0f} s ago: it has ended or hangs."
    for one in told["adapters"]:
        yield f"adapter {one['adapter']}: {one['in_use']} of {one['places']} connections"
    if told["waiting"]:
        yield f"{told['waiting']} devices wait for their turn"
    for one in told["devices"]:
        yield f"{one['name'] or one['address']}: {_state(one, now_ms)}"
    for why, times in sorted(told["failures"].items()):
        yield f"{times} × {why}"


def _state(one: dict[str, Any], now_ms: int) -> str:
    text = f"{one['state']}, for {max(0, now_ms - one['since_ms']) / 1000:.0f} s"
    if one["state"] == board.SYNCING:
        text += f", record {one['cursor']} of {one['head_seq']}"
    if one["again_ms"] is not None:
        text += f"; tried again in {max(0, one['again_ms'] - now_ms) / 1000:.0f} s"
    return f"{text}: {one['problem']}" if one["problem"] else text
