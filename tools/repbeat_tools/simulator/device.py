"""A simulated device: the firmware in its own interpreter process, its flash, its hardware and its radio."""

from __future__ import annotations

import asyncio
import json
import shutil
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from repbeat_tools.simulator import process
from repbeat_tools.simulator.clock import ClockKind, WorldClock
from repbeat_tools.simulator.errors import (
    BootLoop,
    DeviceFailed,
    DeviceHung,
    DeviceOff,
    FirmwareStopped,
    SimulatorError,
    UnmodelledHardware,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from repbeat_tools.simulator.controller import Faults
    from repbeat_tools.simulator.radio import Radio

Event = dict[str, Any]

EXIT_UNMODELLED = 70
NOTIFY_QUEUE = 12
"""Notifications that NimBLE takes before ENOMEM: its 12 buffers (CONFIG_BT_NIMBLE_MSYS_1_BLOCK_COUNT)."""
BOOT_MS = 300.0
"""From reset to boot.py on an ESP32-S3 with the default bootloader: 0.3 s, give or take."""
SHORT_LIFE_MS, SHORT_LIVES = 1000.0, 12
"""So many boots in a row, each ended by its own reset within so much of its time, are a boot loop."""
TAIL_LINES = 15
RESTARTS = {
    "reset": "hard_reset",
    "soft_reset": "soft_reset",
    "watchdog": "watchdog",
    "deepsleep": "deepsleep",
}


def lay_out(files: Path, sources: Mapping[str, Path], extra: Mapping[str, bytes]) -> None:
    """Write what `mpremote cp -r` would: folders of sources at paths of the device, then single files."""
    for target, source in sources.items():
        shutil.copytree(
            source,
            files / target.strip("/"),
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "manifest.py"),
        )
    for target, content in extra.items():
        path = files / target.strip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Device:
    """Made by `Air.device()`. Waiting calls take wall seconds and raise what stopped the device."""

    def __init__(
        self,
        name: str,
        radio: Radio,
        world: WorldClock,
        kind: ClockKind,
        flash_dir: Path,
        heap_kb: int,
        options: Mapping[str, Any],
        ticks_start_ms: int,
        wasm: str,
    ) -> None:
        self.name = name
        self.radio = radio
        self.flash_dir = flash_dir
        self.kind = kind
        self.lines: list[str] = []
        self.line_times_ms: list[float] = []
        self.events: list[Event] = []
        self.ends: list[Event] = []
        """How each life of the device ended, oldest first."""
        self.slipped_ms = 0.0  # over all lives that have ended
        self._slipping_ms = 0.0  # in this one
        self._world = world
        self._heap_kb = heap_kb
        self._options = dict(options)
        self._ticks_start_ms = ticks_start_ms
        self._wasm = wasm
        self._world_ms = 0.0
        self._hold_ms: float | None = None
        self._rtc_ms: float | None = None
        self._process: process.HostProcess | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._feeds: list[tuple[float, str, bytes]] = []  # (end in world ms, type, frame)
        self._levels: dict[str, bytes] = {}
        self._listeners: list[Callable[[Event], object]] = []
        self._changed = asyncio.Event()
        self._booted = asyncio.Event()
        self._reached: asyncio.Future[bool] | None = None
        self._failure: SimulatorError | None = None
        self._stopped: FirmwareStopped | None = None
        self._short_lives = 0

    # -- state ------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> float:
        """World time as this device has it: behind the air's by what it slipped."""
        if self.kind.virtual:
            return self._world_ms
        return self._world.now_ms(self.kind.speed) - self.slipped_ms - self._slipping_ms

    @property
    def powered(self) -> bool:
        return self._process is not None

    @property
    def mac(self) -> str:
        return str(self.radio.mac)

    @property
    def fs(self) -> Path:
        """The device's filesystem, as a folder of this computer."""
        return self.flash_dir / "fs"

    def on_event(self, listener: Callable[[Event], object]) -> None:
        """Call `listener(event)` for every event from now on, as it comes."""
        self._listeners.append(listener)

    # -- power ------------------------------------------------------------------------------------

    async def power_on(self, cause: str = "power_on", timeout_s: float = 30.0) -> None:
        """Boot. Returns when main.py has run up to where it waits."""
        if self._process is not None:
            raise SimulatorError(f"{self.name} has power already: reboot(), kill() or power_cycle() it")
        if cause == "power_on":
            self._rtc_ms = None
        self._supervisor = asyncio.create_task(self._live(cause), name=f"device {self.name}")
        self._booted.clear()
        await self._wait_until(self._booted.is_set, timeout_s, "boot", fatal=True)
        if self.kind.virtual:
            await self.advance(0, timeout_s)

    async def kill(self) -> None:
        """kill -9: gone in the middle of whatever it did. Its peers see a supervision time-out."""
        await self._end("killed")

    async def reboot(self, timeout_s: float = 30.0) -> None:
        """Reset pin: the same flash, power stays on."""
        await self._end("reset_pin")
        await self.power_on("hard_reset", timeout_s)

    async def power_cycle(self, off_s: float = 0.0, timeout_s: float = 30.0) -> None:
        """Battery out, and in again after `off_s` seconds of world time."""
        await self._end("power_cut")
        if off_s:
            if self.kind.virtual:
                self._world_ms += off_s * 1000
            else:
                await self._world.sleep(off_s)
        await self.power_on("power_on", timeout_s)

    async def close(self) -> None:
        """End the process for good. Part of `Air.__aexit__`."""
        await self._end("closed")

    async def _end(self, kind: str) -> None:
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        supervisor.cancel()
        await asyncio.gather(supervisor, return_exceptions=True)
        self.ends.append({"type": "halt", "kind": kind, "world_ms": self.now_ms})

    # -- the world around it ----------------------------------------------------------------------

    def send(self, message: Event) -> None:
        """Tell the board something (button, battery, a power cut to come). `t_ms` in it is world time.

        Messages with a time are sent again after a reboot while they are not past; without one, the last of
        its type is (a battery level stays what it is). A power cut that came is spent.
        """
        frame = process.json_frame(b"M", message)
        if "t_ms" in message:
            self._keep(float(message["t_ms"]), message["type"], frame)
        elif message["type"] != "power_cut":
            self._levels[message["type"]] = frame
        if self._process is not None:
            self._process.write(frame)

    def feed(self, stream: str, t_ms: npt.NDArray[np.float64], rows: npt.NDArray[np.float32]) -> None:
        """Signal for a sensor: world times `t_ms` [n], ascending, and values `rows` [n, columns]."""
        if rows.ndim != 2 or t_ms.shape != (rows.shape[0],):
            raise ValueError(f"times {t_ms.shape} and rows {rows.shape} do not belong together")
        if not len(t_ms):
            return
        name = stream.encode()
        payload = b"".join(
            (
                struct.pack("<B", len(name)) + name + struct.pack("<II", *rows.shape),
                np.ascontiguousarray(t_ms, "<f8").tobytes(),
                np.ascontiguousarray(rows, "<f4").tobytes(),
            )
        )
        frame = process.frame(b"S", payload)
        self._keep(float(t_ms[-1]), "signal", frame)
        if self._process is not None:
            self._process.write(frame)

    def hold_at(self, world_ms: float | None) -> None:
        """Let a paced device's time wait at `world_ms`, so that a stutter of this computer starves no sensor.

        Whoever feeds signals moves it on with each feed, and lifts it with None. Virtual time has no need.
        """
        if self.kind.virtual:
            return
        self._hold_ms = world_ms
        if self._process is not None:
            self._process.write(process.json_frame(b"C", {"type": "hold", "world_ms": world_ms}))

    def _keep(self, end_ms: float, kind: str, frame: bytes) -> None:
        self._feeds = [feed for feed in self._feeds if feed[0] >= self.now_ms]
        self._feeds.append((end_ms, kind, frame))

    # -- the link's faults ------------------------------------------------------------------------

    def cut_link(self) -> None:
        """Out of range: both ends of all its connections see a supervision time-out now."""
        self.radio.expire()

    @property
    def faults(self) -> Faults:
        """Knobs of its radio: silence, lost PDUs, latency, a refused connection. They outlive a reboot."""
        return self.radio.faults

    # -- waiting ----------------------------------------------------------------------------------

    async def advance(self, seconds: float, timeout_s: float = 120.0) -> None:
        """Virtual time: let this device live `seconds` more, through resets and sleeps of its own."""
        if not self.kind.virtual:
            raise SimulatorError("only a device with a Virtual() clock is advanced")
        target_ms = self._world_ms + seconds * 1000
        deadline = time.monotonic() + timeout_s
        while True:
            if self._failure is not None:
                raise self._failure
            if self._process is None and self._supervisor is None:
                raise DeviceOff(f"{self.name} is off: {self.ends[-1:]}")
            await self._wait_until(self._booted.is_set, deadline - time.monotonic(), "boot", fatal=True)
            if self._process is not None:
                ms = max(0.0, target_ms - self._world_ms)
                reached = self._reached = asyncio.get_running_loop().create_future()
                self._process.write(process.json_frame(b"C", {"type": "advance", "ms": ms}))
                await self._wait_until(reached.done, deadline - time.monotonic(), "advance", fatal=True)
                if reached.result():
                    return

    async def event(
        self,
        kind: str,
        timeout_s: float = 30.0,
        since: int = 0,
        where: Callable[[Event], bool] = lambda event: True,
    ) -> Event:
        """The first event of this type in `events[since:]`, waiting for it when it has not come yet."""

        def found() -> Event | None:
            return next((e for e in self.events[since:] if e["type"] == kind and where(e)), None)

        await self._wait_until(
            lambda: found() is not None, timeout_s, f"event {kind!r}", ends=kind != "main_ended"
        )
        event = found()
        assert event is not None  # noqa: S101
        return event

    async def line(self, text: str, timeout_s: float = 30.0, since: int = 0) -> str:
        """The first line of output in `lines[since:]` that contains `text`, waiting for it."""

        def found() -> str | None:
            return next((line for line in self.lines[since:] if text in line), None)

        await self._wait_until(lambda: found() is not None, timeout_s, f"line {text!r}", ends=True)
        return found() or ""

    async def end(self, timeout_s: float = 30.0, since: int = 0) -> Event:
        """How the life after `ends[since:]` ended (reset, power cut, deep sleep …)."""
        await self._wait_until(lambda: len(self.ends) > since, timeout_s, "end")
        return self.ends[since]

    async def _wait_until(
        self, ready: Callable[[], bool], timeout_s: float, what: str, ends: bool = False, fatal: bool = False
    ) -> None:
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self._failure is not None:
                raise self._failure
            if ends and self._stopped is not None:
                raise self._stopped
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                tail = "\n  ".join(self.lines[-TAIL_LINES:])
                message = f"{self.name}: no {what} within {timeout_s:.1f} s; last lines:\n  {tail}"
                if not fatal:
                    raise TimeoutError(message) from None
                await self._end("hung")
                raise DeviceHung(message) from None

    # -- one life after another -------------------------------------------------------------------

    async def _live(self, cause: str) -> None:
        try:
            await self._lives(cause)
        except Exception as error:
            self._fail(DeviceFailed(f"{self.name}: {error!r}"))
            raise

    async def _lives(self, cause: str) -> None:
        while True:
            self._stopped = None
            began_ms = self.now_ms
            end = await self._life(cause)
            if end["kind"] == "power_cut":
                self._feeds = [feed for feed in self._feeds if feed[1] != "power_cut"]
            self.ends.append(end)
            self._notify()
            if self._failure is not None or end["kind"] not in RESTARTS:
                self._supervisor = None
                return
            lived_ms = end["world_ms"] - began_ms
            self._short_lives = self._short_lives + 1 if lived_ms < SHORT_LIFE_MS else 0
            if self._short_lives > SHORT_LIVES:
                tail = "\n  ".join(self.lines[-TAIL_LINES:])
                self._fail(BootLoop(f"{self.name} reset itself {SHORT_LIVES} times in a row:\n  {tail}"))
                return
            cause = RESTARTS[end["kind"]]
            pause_ms = BOOT_MS if end.get("wake_ms") is None else float(end["wake_ms"])
            if pause_ms < 0:
                self._supervisor = None
                return
            if self.kind.virtual:
                self._world_ms += pause_ms
            else:
                await asyncio.sleep(pause_ms / 1000 / self.kind.speed)

    async def _life(self, cause: str) -> Event:
        """Run one host process to its end, and tell how it ended."""
        _, share = process.runtime()
        self._booted.clear()
        self.slipped_ms += self._slipping_ms  # of a life that was killed and could not tell
        self._slipping_ms = 0.0
        now_ms = self.now_ms
        self._feeds = [feed for feed in self._feeds if feed[0] >= now_ms]
        feeds = [*self._levels.values(), *(frame for _, _, frame in self._feeds)]
        config = {
            "runtime": str(share),
            "wasm": self._wasm,
            "heap_bytes": self._heap_kb * 1024,
            "files": str(self.fs),
            "standin": str(process.HERE / "standin"),
            "flash_file": str(self.flash_dir / "flash.bin"),
            "nvs_file": str(self.flash_dir / "nvs.json"),
            "board_module": str(process.HERE / "chips" / "board.mjs"),
            "options": {**self._options, "reset_cause": cause},
            "speed": self.kind.speed,
            "world_ms": now_ms,
            "hold_ms": self._hold_ms,
            "wall_ms": time.monotonic() * 1000,
            "ticks_start_ms": self._ticks_start_ms,
            "rtc_ms": self._rtc_ms,
            "bluetooth": {"mac": list(self.radio.mac_bytes), "queue": NOTIFY_QUEUE},
            "feeds": len(feeds),
        }
        frames = [process.json_frame(b"C", config), *feeds]
        end: Event = {}

        def receive(channel: bytes, payload: bytes) -> None:
            if channel == b"B":
                self._on_bluetooth(payload)
            elif channel == b"P":
                self.line_times_ms.append(struct.unpack_from("<d", payload)[0])
                self.lines.append(payload[8:].decode(errors="replace"))
                self._notify()
            elif channel == b"M":
                self._on_event(json.loads(payload))
            else:
                self._on_control(json.loads(payload), end)

        host = await process.HostProcess.spawn(receive, frames)
        self._process = host
        try:
            await self.radio.attach(host.write)
            supervisor = asyncio.current_task()
            if supervisor is not None and supervisor.cancelling():
                raise asyncio.CancelledError  # Bumble's wait_for has swallowed it: see tasks.end
            code = await asyncio.shield(host.ended)
        finally:
            self._process = None
            self._booted.clear()
            if not host.ended.done():
                host.kill()
                await host.ended
            await self.radio.detach()
            if self._reached is not None and not self._reached.done():
                self._reached.set_result(False)
        if self._failure is not None:
            pass  # told already
        elif code == EXIT_UNMODELLED:
            self._fail(UnmodelledHardware(f"{self.name}: {self.events[-1].get('what', self.events[-1])}"))
        elif code != 0 or not end:
            self._fail(DeviceFailed(f"{self.name}: host ended with {code}:\n{host.errors}"))
        return end or {"type": "halt", "kind": "failed", "world_ms": self.now_ms}

    def _on_bluetooth(self, payload: bytes) -> None:
        try:
            self.radio.on_firmware(payload)
        except NotImplementedError as error:
            self._fail(UnmodelledHardware(f"{self.name}: {error}"))
            if self._process is not None:
                self._process.kill()

    def _on_control(self, message: Event, end: Event) -> None:
        kind = message["type"]
        if kind == "rtc":
            self._rtc_ms = message["rtc_ms"]
            return
        self._world_ms = max(self._world_ms, message["world_ms"])
        if kind == "booted":
            self.events.append({"type": "boot", "t_ms": message["world_ms"]})
        elif kind == "running":
            self._booted.set()
        elif kind == "halt":
            end.update(message)
            self.slipped_ms += message["slipped_ms"]
            self._slipping_ms = 0.0
        elif kind == "slip":
            self._slipping_ms = message["slipped_ms"]
        elif kind == "reached" and self._reached is not None and not self._reached.done():
            self._reached.set_result(True)
        self._notify()

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        if event["type"] == "main_ended":
            tail = "\n  ".join(self.lines[-TAIL_LINES:])
            self._stopped = FirmwareStopped(
                f"{self.name}: main.py ended: {event['error'] or 'returned'}\n  {tail}"
            )
        for listener in self._listeners:
            listener(event)
        self._notify()

    def _fail(self, error: SimulatorError) -> None:
        self._failure = error
        self._supervisor = None
        self._notify()

    @property
    def failure(self) -> SimulatorError | None:
        """What broke the simulation of this device, if anything did."""
        return self._failure

    def _notify(self) -> None:
        self._changed.set()
