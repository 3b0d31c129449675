"""A computer with Linux beside bands on an air: bluetoothd on a bus, a hub that uses bleak as it comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from firmware.flash_file import prepare, stored

from firmware import band as bands
from repbeat.hub import Backoff, Hub, Patience, events
from repbeat.hub.keys import DeviceKeys
from repbeat.store import Database, devices, records
from repbeat_tools import boards, trusted
from repbeat_tools.simulator import Air, Device, Pace, Scaled
from repbeat_tools.simulator.bluez import Bluetoothd

QUICK = Backoff(first_s=0.05, longest_s=0.5, unheard_s=1.0, outdated_s=0.2, stranger_s=0.3)
SPEED = 8
SLOW = Pace(interval_ms=15, fragments=1)
VERY_SLOW = Pace(interval_ms=60, fragments=1)  # 600 records take some 8 s of the devices' time
LIMIT_S = 100  # of one test's world
STEP_S = 60


async def until(condition: Callable[[], Any], what: str, limit_s: float = STEP_S) -> Any:
    """Wait (wall time) for a truth."""
    end_s = asyncio.get_running_loop().time() + limit_s
    while not (found := condition()):
        if asyncio.get_running_loop().time() > end_s:
            raise TimeoutError(f"waited {limit_s} s for: {what}")
        await asyncio.sleep(0.02)
    return found


class Linux:
    """`async with Linux(bus, tmp_path) as computer:` – an air with `count` bands, each with `log` records."""

    def __init__(
        self,
        bus: str,
        folder: Path,
        *,
        log: int = 600,
        count: int = 1,
        mtu: int = 517,
        pace: Pace | None = None,
        files: Mapping[str, bytes] | None = None,
        board: Path = bands.BOARD,
        speed: float = SPEED,
    ) -> None:
        self.database = folder / "repbeat.sqlite3"
        self.db = Database(self.database)
        self.told: list[events.Event] = []
        self.bands: list[Device] = []
        self.log = log
        self._bus = bus
        self._mtu = mtu
        self._files = files
        self._board = board
        self._air = Air(clock=Scaled(speed), pace=pace)
        self._flash_dirs = [folder / f"flash-{number}" for number in range(count)]
        self.new_log()

    def new_log(self) -> None:
        """Flash with a log of its own for each band, as on leaving the works."""
        for number, flash_dir in enumerate(self._flash_dirs):
            payloads = [b"band %d fault %d " % (number, n) + b"." * (n % 60) for n in range(self.log)]
            prepare(flash_dir, payloads, athlete=7)

    async def __aenter__(self) -> "Linux":
        self._limit = asyncio.timeout(LIMIT_S)
        await self._limit.__aenter__()
        await self._air.__aenter__()
        board = boards.compile_json(self._board)
        for number, flash_dir in enumerate(self._flash_dirs):
            self.bands.append(
                await self._air.device(
                    f"band-{number}",
                    board=board,
                    flash_dir=flash_dir,
                    files=self._files,
                    heap_kb=bands.HEAP_KB,
                )
            )
        self.central = await self._air.central("computer")
        self.bluetoothd = Bluetoothd(self.central, self._bus, exchange_mtu=self._mtu)
        await self.bluetoothd.__aenter__()
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None:
            error.add_note("\n".join(("the hub told:", *map(repr, self.told[-12:]))))
            for band in self.bands:
                error.add_note("\n".join((f"last lines of {band.name}:", *band.lines[-15:])))
        try:
            for band in self.bands:
                await band.close()
            await self.bluetoothd.__aexit__(kind, error, trace)
            await self._air.__aexit__(kind, error, trace)
        finally:
            self.db.close()
            await self._limit.__aexit__(kind, error, trace)

    @property
    def band(self) -> Device:
        return self.bands[0]

    @property
    def air(self) -> Air:
        return self._air

    def hub(self, keys: DeviceKeys | None = None) -> Hub:
        """A hub on bleak's own backend: nothing of the simulator is handed to it."""
        hub = Hub(self.db, backoff=QUICK, patience=Patience(stall_s=2.0), keys=keys or trusted.KnownKeys())
        hub.bus.listen(self.told.append)
        return hub

    @asynccontextmanager
    async def serving(self, keys: DeviceKeys | None = None) -> AsyncIterator[Hub]:
        """A hub that runs; with `keys`, it claims what it has none for."""
        hub = self.hub(keys)
        hub.trust.claims = keys is not None
        running = asyncio.create_task(hub.run())
        try:
            yield hub
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def heard(self, kind: type[events.Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    def when_past(self, hub: Hub, cursor: int, deed: Callable[[], None]) -> None:
        """Do something once, as soon as the hub has stored so many records."""
        done: list[bool] = []

        def watch(event: events.Event) -> None:
            if isinstance(event, events.Progress) and event.cursor > cursor and not done:
                done.append(True)
                deed()

        hub.bus.listen(watch)

    def device(self, number: int = 0) -> devices.Device | None:
        """A band as the store knows it."""
        mac = self.bands[number].mac
        return next((one for one in devices.every(self.db) if one.address == mac), None)

    def same(self, number: int = 0) -> bool:
        """The store holds what the band's flash holds, byte for byte, and that is the whole log."""
        device = self.device(number)
        if device is None or device.log_id is None:
            return False
        on_flash = {one.seq: one.raw for one in stored(self._flash_dirs[number])}
        held = records.present(self.db, device.device_id, device.log_id, 0, 1 << 32)
        return len(held) > self.log and held == on_flash

    def stored(self, number: int = 0) -> list[Any]:
        """The records on a band's flash."""
        return stored(self._flash_dirs[number])

    async def all_here(self, hub: Hub, number: int = 0) -> None:
        """Wait until the hub has caught up, and it is true."""

        def caught_up() -> bool:
            device = self.device(number)
            state = device and hub.board.snapshot().get(device.device_id)
            return bool(state) and state.link == "connected" and state.cursor > self.log

        await until(lambda: caught_up() and self.same(number), f"all of {self.bands[number].name}")
