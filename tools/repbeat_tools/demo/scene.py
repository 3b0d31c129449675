"""The demo's world: bands and athletes on an emulated air, a hub with a store, and the loop run once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from bleak import BleakClient, BleakScanner

from repbeat.coach import desk
from repbeat.hub import Hub, events
from repbeat.store import Database, athletes, devices, plans
from repbeat_protocol import gatt
from repbeat_tools import boards
from repbeat_tools.demo.training import Trainee
from repbeat_tools.simulator import Air, Device, Pace, Scaled, Virtual
from repbeat_tools.simulator.model import Athlete
from repbeat_tools.simulator.players import stage

BOARD = "xiao_esp32s3_band"
PACE = Pace()
HEAP_KB = 1024  # code is in the heap here; on a board it is frozen into flash
SESSION_LIMIT_S = 1800.0  # device time after which a session is given up
AHEAD_MS = 2000.0  # signals reach so far ahead that a stutter of this computer starves no sensor
HOLD_MS = 1200.0  # a long press
CLAIM_AGAIN_S = 1.5  # wall time, within the claim window at the demo's speeds
CLAIM_LIMIT_S = 10.0  # a device: one connection at a time
STEP_LIMIT_S = 60.0  # wall time for each step that waits on the hub

Say = Callable[[str], None]


class DemoFailed(RuntimeError):
    """A step of the loop did not happen; the message names it."""


class Member(Protocol):
    """A device of the demo's world; `board`: its settings as compiled."""

    device: Device
    board: dict[str, Any]
    device_id: str


@dataclass
class Band:
    """One band of the demo and whose it is."""

    trainee: Trainee
    device: Device
    board: dict[str, Any]
    athlete: Athlete | None = None
    device_id: str = ""
    athlete_id: str = ""
    interpreter: str = ""
    filed: desk.Filed | None = None


@dataclass
class Scene:
    """`await Scene(…).run()` once; `bands` then hold what happened."""

    database: Database
    air: Air
    hub: Hub
    unix_s: Callable[[], float]
    board: dict[str, Any]
    say: Say
    bands: list[Band] = field(default_factory=list)
    _ending: bool = False

    async def run(self, trainees: list[Trainee], backends: tuple[Any, Any]) -> None:
        """The whole loop: first plan, training, sync, next plan, proof. DemoFailed names a step that hung."""
        await self._switch_on(trainees, backends)
        self.hub.trust.claims = True
        serving = asyncio.create_task(self.hub.run())
        self.hub.bus.listen(self._hear)
        try:
            await self._claim()
            await self._give_plans()
            await self._live()
            await self._stop()
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    @property
    def members(self) -> Sequence[Member]:
        """Every device of this world."""
        return self.bands

    async def go_on(self) -> None:
        """Devices on again, hub running, until cancelled: for the pages after the loop has closed."""
        for member in self.members:
            await member.device.power_on()
        await self.hub.run()

    # Steps

    async def _live(self) -> None:
        """From the first plan to the next one."""
        self.say("both bands have their plan; training begins")
        await asyncio.gather(*(self._train(band) for band in self.bands))
        await self._wait("every record in the store", self._all_here)
        self._plan_next()
        await self._wait("the next plan applied", self._all_applied)

    async def _switch_on(self, trainees: list[Trainee], backends: tuple[Any, Any]) -> None:
        for number, trainee in enumerate(trainees):
            device = await self.air.device(f"band-{number + 1}", board=self.board, heap_kb=HEAP_KB)
            band = Band(trainee, device, self.board)
            band.interpreter = await interpreter(device, backends)
            self.bands.append(band)
            self.say(f"{device.name} is on, {band.interpreter}")

    async def _claim(self) -> None:
        """Hold each button, so that this companion may claim the device; again where the window closed."""
        end = time.monotonic() + STEP_LIMIT_S + CLAIM_LIMIT_S * len(self.members)
        while waiting := self._unclaimed():
            if time.monotonic() > end:
                raise DemoFailed("not every device was claimed in time: this machine is too busy")
            for device in waiting:
                press(device, HOLD_MS)
            await self._held()
        self.hub.trust.claims = False

    async def _held(self) -> None:
        """Until the buttons are up again, and a claim may have come."""
        await asyncio.sleep(CLAIM_AGAIN_S)

    def _unclaimed(self) -> list[Device]:
        claimed = {device.address for device in devices.every(self.database)}
        return [member.device for member in self.members if member.device.mac not in claimed]

    async def _give_plans(self) -> None:
        """Each band is met once, given to its athlete, and sent the athlete's first plan."""
        found = {device.address: device for device in devices.every(self.database)}
        now_ms = self._now_ms()
        for band in self.bands:
            device = found[band.device.mac]
            band.device_id = device.device_id
            if device.log_id is None:
                raise DemoFailed(f"{band.device.name} told nothing of its log")
            trainee = band.trainee
            athlete = athletes.add(self.database, trainee.name, now_ms)
            band.athlete_id = athlete.athlete_id
            devices.assign(self.database, device.device_id, device.log_id, athlete.athlete_id)
            devices.rename(self.database, device.device_id, f"Band of {trainee.name}")
            desk.set_plan(self.database, athlete.athlete_id, trainee.plan, now_ms)
        await self._wait("the first plans applied", self._all_applied)

    async def _train(self, band: Band, start_ms: float | None = None) -> None:
        """From a moment of the world on, or from now."""
        band.athlete = band.trainee.enter(band.device.now_ms if start_ms is None else start_ms)
        done = await stage.train(
            band.athlete, band.device, self.air.sleep, limit_s=SESSION_LIMIT_S, ahead_ms=AHEAD_MS
        )
        if band.athlete.unanswered:
            raise DemoFailed(f"{band.device.name} did not answer its button")
        if not done:
            raise DemoFailed(f"{band.device.name}: the session did not come to its end")
        self.say(f"{band.trainee.name} has finished")

    def _plan_next(self) -> None:
        for band in self.bands:
            band.filed = desk.propose_next(self.database, band.athlete_id, self._now_ms(), approved=True)
            verdicts = band.filed.proposal.verdicts if band.filed.proposal else ()
            for verdict in verdicts:
                self.say(f"{band.trainee.name}: {verdict.decision.why}")

    async def _stop(self) -> None:
        """Switch each band off when all that it holds is here: a new record in between means once more."""
        self._ending = True
        for member in self.members:
            await self._wait(f"{member.device.name} in step", partial(self._in_step, member))
            await member.device.close()

    # What is waited for

    def _all_here(self) -> bool:
        """Every band's session has ended, in the store."""
        ended = self.database.value("SELECT COUNT(*) FROM sessions WHERE end_seq IS NOT NULL")
        return ended == len(self.bands) and all(self._in_step(band) for band in self.bands)

    def _in_step(self, member: Member) -> bool:
        state = self.hub.board.snapshot().get(member.device_id)
        return state is not None and state.link == "connected" and state.cursor >= state.head_seq

    def _all_applied(self) -> bool:
        return all(
            (newest := plans.latest(self.database, band.athlete_id)) is not None
            and newest.status == plans.APPLIED
            for band in self.bands
        )

    def _hear(self, event: events.Event) -> None:
        match event:
            case events.Disconnected() if not self._ending and not self.hub.trust.claims:
                self.say(f"{event.name}: link lost ({event.cause}), reconnecting")
            case events.Claimed():
                self.say(f"{event.name}: claimed by a press of its button")
            case events.PlanAnswered():
                self.say(f"{event.name}: plan {event.revision} {event.status} {event.reason}".rstrip())

    async def _wait(self, what: str, there: Callable[[], bool]) -> None:
        end = time.monotonic() + STEP_LIMIT_S
        while not there():
            for member in self.members:
                if member.device.failure is not None:
                    raise member.device.failure
            if time.monotonic() > end:
                raise DemoFailed(f"waited {STEP_LIMIT_S:.0f} s for: {what}")
            await asyncio.sleep(0.05)

    def _now_ms(self) -> int:
        return round(self.unix_s() * 1000)


def press(device: Device, duration_ms: float) -> None:
    """Press a device's button."""
    at_ms = device.now_ms + 100
    device.send({"type": "button", "t_ms": at_ms, "down": True})
    device.send({"type": "button", "t_ms": at_ms + duration_ms, "down": False})


async def interpreter(device: Device, backends: tuple[Any, Any]) -> str:
    """What the firmware says it runs on, read over the air."""
    scanner, client = backends
    found = await BleakScanner.find_device_by_address(device.mac, timeout=STEP_LIMIT_S, backend=scanner)
    if found is None:
        raise DemoFailed(f"{device.name} is not heard on the air")
    async with BleakClient(found, backend=client) as connection:
        text = await connection.read_gatt_char(f"{gatt.SOFTWARE_REVISION:08x}-0000-1000-8000-00805f9b34fb")
    return bytes(text).decode()


def world_clock(air: Air) -> Callable[[], float]:
    """Unix seconds on the air's clock: one that runs as fast as the devices'."""
    begun_s = time.time()
    return lambda: begun_s + air.now_ms / 1000


def new_air(speed: float | None) -> Air:
    """The demo's air: paced as a radio is, `speed` device seconds a second; None: as Together has it."""
    return Air(clock=Virtual() if speed is None else Scaled(speed), pace=PACE)


def load_board(name: str = BOARD) -> dict[str, Any]:
    """Settings of a shipped board: of the one that the demo's bands are."""
    return boards.load(boards.shipped(name))
