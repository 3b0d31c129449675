"""The air: devices and centrals that hear each other, in this process but for their interpreters."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bumble.keys import MemoryKeyStore

from repbeat_tools.simulator.backend import backends
from repbeat_tools.simulator.clock import ClockKind, Real, WorldClock
from repbeat_tools.simulator.controller import AirController, Faults
from repbeat_tools.simulator.device import Device, lay_out
from repbeat_tools.simulator.errors import SimulatorError
from repbeat_tools.simulator.link import AirLink, Pace
from repbeat_tools.simulator.process import HERE
from repbeat_tools.simulator.radio import Radio, host_of

DEFAULT_HEAP_KB = 1024
"""Not a chip's: this build collects garbage only between steps, so what the compiler leaves behind during the
imports stays until main.py is done. Measure live bytes at idle; cap the heap as a smoke test."""
ESPRESSIF_OUI, CENTRAL_OUI = "24:0A:C4", "00:1A:7D"


def firmware_folders() -> tuple[Path, Path]:
    """The firmware and protocol folders: of this checkout, or as packed into the wheel."""
    root = HERE.parents[2]
    firmware = root / "firmware" if (root / "firmware" / "main.py").exists() else HERE.parent / "_firmware"
    import repbeat_protocol

    return firmware, Path(repbeat_protocol.__file__).parent


class Central:
    """A computer or phone: a Bumble host as central. `backends` are bleak's scanner and client classes."""

    def __init__(self, name: str, mac: str, link: AirLink) -> None:
        self.name = name
        self.mac = mac
        self.faults = Faults()
        self.controller = AirController(name, link, mac, self.faults)
        self.device = host_of(name, self.controller, f"C0{mac[2:]}")
        self.device.keystore = MemoryKeyStore()
        self.backends: tuple[type[BaseBleakScanner], type[BaseBleakClient]] = backends(self.device)

    def cut_link(self) -> None:
        """Out of range of everything: both ends of all connections see a supervision time-out."""
        self.controller.expire()

    async def power_off(self) -> None:
        """The computer is switched off, or its process killed: peripherals see a supervision time-out."""
        self.controller.switch_off()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


class Air:
    """`async with Air(clock=Scaled(20), pace=Pace()) as air:` – everything in it ends when the block does.

    clock       for all devices that do not bring their own
    pace        rhythm of connections; None is as fast as this computer can
    latency_ms  one way, in air time; `air.link.latency_ms` may be changed later
    """

    def __init__(
        self, clock: ClockKind | None = None, pace: Pace | None = None, latency_ms: float = 0.0
    ) -> None:
        self.clock = clock or Real()
        self.world = WorldClock(self.clock)
        self.link = AirLink(self.world, pace, latency_ms)
        self.devices: dict[str, Device] = {}
        self.centrals: dict[str, Central] = {}
        self._folders: list[tempfile.TemporaryDirectory[str]] = []

    async def __aenter__(self) -> Air:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all processes. A device that broke down raises here, unless something else is being raised."""
        try:
            for device in self.devices.values():
                await device.close()
            for central in self.centrals.values():
                if central.controller in self.link.controllers:
                    await central.power_off()
        finally:
            self.link.close()
            for folder in self._folders:
                folder.cleanup()
        if kind is None:
            for device in self.devices.values():
                if device.failure is not None:
                    raise device.failure

    @property
    def now_ms(self) -> float:
        """World time: milliseconds since the air was opened (by the air's clock)."""
        return self.world.now_ms(self.clock.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait for seconds of world time."""
        await self.world.sleep(seconds)

    async def device(
        self,
        name: str,
        *,
        firmware: Path | None = None,
        flash_dir: Path | None = None,
        board: bytes | Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
        sources: Mapping[str, Path] | None = None,
        clock: ClockKind | None = None,
        heap_kb: int = DEFAULT_HEAP_KB,
        options: Mapping[str, Any] | None = None,
        ticks_start_ms: int = 0,
        settrace: bool = False,
        power: bool = True,
    ) -> Device:
        """Flash a device, and switch it on unless `power` is False.

        firmware   folder that becomes `/` of the device (RepBeat's own when there are no `sources` either;
                   the protocol then goes to /lib/repbeat_protocol)
        sources    more folders by their path on the device; `files`: single files, as bytes
        flash_dir  its memory; a temporary folder by default. What is in it already stays, as on a board
        board      the compiled board settings, written to /board.json; without, there is no hardware
        heap_kb    the interpreter's heap, a hard cap
        options    for the board's chips (seeds, sensor errors)
        ticks_start_ms  where ticks_ms() starts at boot: near 2**30 to see it wrap
        settrace   use the build with sys.settrace
        """
        if name in self.devices:
            raise SimulatorError(f"this air has a device {name} already")
        if flash_dir is None:
            folder = tempfile.TemporaryDirectory(prefix="repbeat-")
            self._folders.append(folder)
            flash_dir = Path(folder.name)
        own, protocol = firmware_folders()
        folders = dict(sources or {})
        if firmware is not None or sources is None:
            folders = {"/": firmware or own, "/lib/repbeat_protocol": protocol, **folders}
        single = dict(files or {})
        if board is not None:
            single["/board.json"] = board if isinstance(board, bytes) else json.dumps(board).encode()
        (flash_dir / "fs").mkdir(parents=True, exist_ok=True)
        lay_out(flash_dir / "fs", folders, single)
        mac = f"{ESPRESSIF_OUI}:00:00:{len(self.devices) + 1:02X}"
        unique_id = {"unique_id": mac.replace(":", "").lower()}
        device = Device(
            name,
            Radio(name, mac, self.link),
            self.world,
            clock or self.clock,
            flash_dir,
            heap_kb,
            {**unique_id, **(options or {})},
            ticks_start_ms,
            "micropython-settrace.wasm" if settrace else "micropython.wasm",
        )
        self.devices[name] = device
        if power:
            await device.power_on()
        return device

    async def central(self, name: str) -> Central:
        """A central with Bluetooth on."""
        central = Central(name, f"{CENTRAL_OUI}:00:00:{len(self.centrals) + 1:02X}", self.link)
        await central.device.power_on()
        self.centrals[name] = central
        return central
