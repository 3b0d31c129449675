"""The gym's scene: three machines, four athletes, sets swapped, a machine handed over, and a set of nobody.

`floor` says who does what. A sensor at each stack sees what is lifted and knows no name; whose each set is
comes from claims, and from wearables that moved with the machine.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from repbeat.gym import claims, desk, machines
from repbeat.gym.live import Attributing
from repbeat.hub import events
from repbeat.store import athletes, devices
from repbeat_protocol import exercises
from repbeat_tools.demo.floor import (
    EXERCISES,
    OWNER,
    PROVISIONED,
    ROUTES,
    UNWORN,
    VISITOR,
    Route,
    Station,
    machines_of,
)
from repbeat_tools.demo.scene import (
    HEAP_KB,
    HOLD_MS,
    Band,
    DemoFailed,
    Member,
    Scene,
    interpreter,
    load_board,
)
from repbeat_tools.demo.together import TURN_MS, Together
from repbeat_tools.demo.training import Trainee
from repbeat_tools.trusted import settle

STACK_BOARD = "xiao_esp32c3_stack"
AHEAD_MS = 500.0  # what sensors average lies ahead of what they have told
STAND_UP_S = 6.0  # from one person's set to the next person's, at least
STILL_S = 15.0  # after the last set: the sensor has seen that it is over
SPEED_SET_UP = 2.0  # while Bluetooth takes its time on the wall's clock
EVENING_LIMIT_S = 600.0


@dataclass
class GymScene(Scene):
    """`await GymScene(…).run()` once; `bands` and `stations` then hold what happened."""

    together: Together = field(kw_only=True)
    routes: dict[str, Route] = field(default_factory=lambda: ROUTES)
    stations: list[Station] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)  # name → athlete_id
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  # (device_id, event) → how often

    @property
    def members(self) -> Sequence[Member]:
        return [*self.bands, *self.stations]

    async def run(self, trainees: list[Trainee], backends: tuple[Any, Any]) -> None:
        """The whole evening. DemoFailed names a step that hung."""
        await self._switch_all_on(trainees)
        self.hub.trust.claims = True
        self.hub.bus.listen(self._hear)
        self.hub.bus.listen(self._count)
        attributing = Attributing(self.database, self.hub.bus, self._now_ms)
        speed, self.together.speed = self.together.speed, min(self.together.speed, SPEED_SET_UP)
        parts = [asyncio.create_task(self.together.run())]
        try:
            self.bands[0].interpreter = await interpreter(self.bands[0].device, backends)
            self.say(f"{len(self.members)} devices are on, {self.bands[0].interpreter}")
            parts.append(asyncio.create_task(self.hub.run()))
            await self._claim()
            await self._give_plans()
            self._open_machines()
            self.say("four athletes, three machines: training begins")
            self.together.speed = speed
            await self._evening()
            await self._wait("every record in the store", self._all_here)
            await self._stop()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            await asyncio.to_thread(attributing.close)

    # Steps

    async def _switch_all_on(self, trainees: list[Trainee]) -> None:
        stack_board = load_board(STACK_BOARD)
        # Whose set it was is found by motion alone: these bands come without the optical sensor.
        band_board = {key: part for key, part in self.board.items() if key != "optical"}

        async def sensor(number: int, name: str) -> Station:
            device = await self.air.device(
                f"sensor-{number}", board=stack_board, heap_kb=HEAP_KB, power=False
            )
            settle(device.flash_dir / "flash.bin", stack_board, PROVISIONED)
            await device.power_on()
            return Station(name, device, stack_board)

        async def band(number: int, trainee: Trainee) -> Band:
            device = await self.air.device(f"band-{number}", board=band_board, heap_kb=HEAP_KB)
            return Band(trainee, device, band_board)

        self.bands += await asyncio.gather(*(band(n + 1, one) for n, one in enumerate(trainees)))
        self.stations += await asyncio.gather(
            *(sensor(n + 1, name) for n, name in enumerate(machines_of(self.routes)))
        )
        self.together.feed_by(self._feed)

    async def _held(self) -> None:
        await self.together.sleep(2 * HOLD_MS / 1000)

    def _open_machines(self) -> None:
        """Machines and who is here, in the store; A claims the first machine."""
        now_ms = self._now_ms()
        self.people = {band.trainee.name: band.athlete_id for band in self.bands}
        self.people[UNWORN] = athletes.add(self.database, UNWORN, now_ms).athlete_id
        found = {device.address: device.device_id for device in devices.every(self.database)}
        for station in self.stations:
            station.device_id = found[station.device.mac]
            exercise = exercises.code(EXERCISES[station.name])
            machine = machines.add(self.database, station.name, now_ms, exercise=exercise)
            station.machine_id = machine.machine_id
            machines.mount(self.database, station.device_id, station.machine_id, 0)
            devices.rename(self.database, station.device_id, f"Sensor of {station.name}", role="stack")
        first = self.stations[0]
        desk.claim(self.database, first.machine_id, self.people[OWNER], now_ms, claims.QR)
        self.say(f"{OWNER} claims {first.name} by its QR page")

    async def _evening(self) -> None:
        """Those with bands train together; when C has finished, D takes the machine over."""
        for band in self.bands:
            band.athlete = band.trainee.enter(self.together.now_ms)
            band.device.on_event(band.athlete.sense)
        *_, last = self.bands
        await asyncio.gather(
            *(self._trained(band) for band in self.bands), self._hand_over(self.stations[-1], last)
        )

    async def _trained(self, band: Band) -> None:
        end_ms = self.together.now_ms + EVENING_LIMIT_S * 1000
        while band.athlete is not None and not band.athlete.done:
            if band.athlete.unanswered:
                raise DemoFailed(f"{band.device.name} did not answer its button")
            if self.together.now_ms > end_ms:
                raise DemoFailed(f"{band.device.name}: the session did not come to its end")
            await self.together.sleep(TURN_MS / 1000)
        self.say(f"{band.trainee.name} has finished")

    async def _hand_over(self, station: Station, before: Band) -> None:
        """D claims the machine, does a set and gives it back; then somebody does one whom nobody knows."""
        await self._trained(before)
        desk.claim(self.database, station.machine_id, self.people[UNWORN], self._now_ms(), claims.QR)
        self.say(f"{UNWORN} claims {station.name} by its QR page")
        await self._lifted(station, UNWORN, 41)
        desk.give_back(self.database, station.machine_id, self.people[UNWORN], self._now_ms())
        self.say(f"{UNWORN} gives {station.name} back; a visitor sits down")
        await self._lifted(station, VISITOR, 42)

    async def _lifted(self, station: Station, who: str | None, seed: int) -> None:
        end_ms = station.lift(who, seed, self.together.now_ms + STAND_UP_S * 1000)
        await self.together.sleep((end_ms - self.together.now_ms) / 1000 + STILL_S)

    def _feed(self, until_ms: float) -> None:
        """Signals for the turn to come, for whom there are any: a stack moves with whoever is at it."""
        for band in self.bands:
            if band.athlete is None:
                continue
            samples = band.athlete.feed(until_ms + AHEAD_MS)
            for message in samples.messages:
                band.device.send(message)
            if len(samples.t_ms):
                band.device.feed("imu", samples.t_ms, samples.imu)
            for station in self.stations:
                station.take_up(band.trainee.name, self.routes[band.trainee.name], band.athlete)
        for station in self.stations:
            station.feed(until_ms + AHEAD_MS)

    # What is waited for and counted

    def _all_here(self) -> bool:
        """Every band's session has ended, and every device's log is in the store."""
        ended: int = self.database.value("SELECT COUNT(*) FROM sessions WHERE end_seq IS NOT NULL")
        return ended >= len(self.bands) and all(self._in_step(member) for member in self.members)

    def _count(self, event: events.Event) -> None:
        if not self._ending:
            self.told[event.device_id, type(event).__name__] += 1
