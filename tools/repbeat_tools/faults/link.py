"""Bad links: cuts, drops, doubles, swaps and stalls between the firmware's sync and the companion's own.

A life is one band and one store. The companion's DeviceSession and plan sender run against the firmware's
Sync and Transfer, frame by frame, over a Wire that fails at random; when the link has broken often enough it
is left alone, and then the store must hold the device's records, byte for byte, and the band the plan.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from repbeat.hub import events
from repbeat.hub.device_session import DeviceSession
from repbeat.hub.errors import LinkLost, TransferFailed
from repbeat.hub.fetch import Patience
from repbeat.hub.link import Info, Link
from repbeat.hub.push import Sender
from repbeat.hub.received import Received
from repbeat.hub.writer import Writer
from repbeat.store import Database, devices, records
from repbeat_protocol import frames, gatt, transfer
from repbeat_protocol import plan as plan_format
from repbeat_tools.faults.band import DEVICE_ID, MOST_PAYLOAD, Band
from repbeat_tools.faults.nor import Dice

PATIENCE = Patience(stall_s=0.03, stalls=3, idle_s=5.0)
STALL_S = 0.05
PAYLOADS = (20, 20, 61, 182, 244, MOST_PAYLOAD)
LIMIT_S = 120.0  # for one connection, and for all of them without a cut to come
TRIES = 20  # connections without a cut, until all is in step
UNIX_S = 1_800_000_000.0


async def _known(_link: Link, _info: Info) -> None:
    """Trust lies above what fails here: the band's Sync and Transfer are spoken to directly."""


class Wire(Link):
    """The companion's Link onto a Band in the same process. `cut_in`: frames and writes until it breaks."""

    def __init__(self, band: Band, dice: Dice, cut_in: int, pace_s: float = 0.0) -> None:
        self.ended = asyncio.Event()
        self.received = Received()
        self.was_cut = False
        self._band = band
        self._dice = dice
        self._bad = cut_in >= 0
        self._cut_in = cut_in
        self._pace_s = pace_s
        self._takers: dict[str, Callable[[bytes], None]] = {}
        self._due = asyncio.Event()
        self._held: tuple[str, bytes] | None = None  # overtaken by the next frame
        band.connect(PAYLOADS[dice.below(len(PAYLOADS))])
        band.wake = self._due.set
        self._pump = asyncio.create_task(self._carry())

    async def close(self) -> None:
        """End the connection."""
        self._end()
        await asyncio.gather(self._pump, return_exceptions=True)

    def check_services(self) -> None:
        """All are there."""

    async def info(self) -> Info:
        """INFO, read."""
        self._step()
        return Info(**frames.read_info(self._band.info()))

    async def text(self, uuid16: int) -> str:
        """No Device Information."""
        return ""

    async def control(self, kind: int, *values: int) -> None:
        """A write that may be the last: the band may have had it all the same."""
        await self._written(gatt.CONTROL, frames.pack_control(kind, *values))

    async def transfer(self, message: bytes) -> None:
        """Likewise."""
        await self._written(gatt.TRANSFER, message)

    def chunk_size(self, head: int) -> int:
        """Bytes of content in a transfer message."""
        return (self._band.place.payload if self._band.place else frames.MIN_PAYLOAD) - head

    async def listen(self, uuid: str | int, take: Callable[[bytes], None]) -> bool:
        """Hand notifications to `take`."""
        self._takers[str(uuid)] = take
        return True

    async def round_trip_s(self, clock_s: Callable[[], float], tries: int = 3) -> float:
        """No time passes here."""
        return 0.0

    async def _written(self, uuid: str, data: bytes) -> None:
        arrives_first = self._dice.below(2) == 0
        if not arrives_first:
            self._step()
        if self.ended.is_set():
            raise LinkLost("the link is cut")
        self._band.written(uuid, data)
        await asyncio.sleep(0)
        if arrives_first:
            self._step()

    def _step(self) -> None:
        """One more thing over the link, or none any more."""
        if self._cut_in == 0 and not self.ended.is_set():
            self.was_cut = True
            self._end()
        self._cut_in -= 1
        if self.ended.is_set():
            raise LinkLost("the link is cut")

    def _end(self) -> None:
        self._band.disconnect()
        self.ended.set()
        self._due.set()

    async def _carry(self) -> None:
        while not self.ended.is_set():
            self._due.clear()
            while (sent := self._band.next_frame()) is not None:
                await self._deliver(*sent)
                await asyncio.sleep(self._pace_s)
            await self._due.wait()

    async def _deliver(self, uuid: str, frame: bytes) -> None:
        """DATA suffers everything; a transfer's answers come whole, as it has one message under way only."""
        try:
            self._step()
        except LinkLost:
            return
        way = self._dice.below(400) if self._bad and uuid == gatt.DATA else 400
        if way < 3:
            return  # dropped
        if way < 6 and self._held is None:
            self._held = (uuid, frame)  # overtaken by the next one
            return
        if way == 6:
            await asyncio.sleep(STALL_S)
        self._hand(uuid, frame)
        if 7 <= way < 10:
            self._hand(uuid, frame)  # doubled
        if self._held is not None:
            held, self._held = self._held, None
            self._hand(*held)

    def _hand(self, uuid: str, frame: bytes) -> None:
        if uuid in self._takers and not self.ended.is_set():
            self._takers[uuid](frame)


class Life:
    """One band and one store, and links that break. `pace_s`: seconds that a frame takes."""

    def __init__(self, band: Band, database: Database, dice: Dice, pace_s: float = 0.0) -> None:
        self.dice = dice
        self.band = band
        self.database = database
        self.writer = Writer(database)
        self.cuts = 0
        self.found = dict.fromkeys(("lost", "doubled", "ghost", "crashed", "stuck"), 0)
        plans = band.plans
        applied = plans.current.revision if plans.current is not None else 0
        self.revision = plans.waiting.revision if plans.waiting is not None else applied + 1
        self._pace_s = pace_s

    async def run(self, cuts: int) -> None:
        """Break that many links, then leave one alone and check what it has brought together."""
        try:
            while self.cuts < cuts:
                wire = Wire(self.band, self.dice, self.dice.below(90), self._pace_s)
                await self.connection(wire)
                self.cuts += wire.was_cut
                self.band.append(self.dice.below(8))
            for _ in range(TRIES):
                if await self.connection(Wire(self.band, self.dice, -1, self._pace_s)):
                    break
            else:
                self.found["stuck"] += 1
            self.check()
        finally:
            self.writer.close()
            self.database.close()

    async def connection(self, wire: Wire) -> bool:
        """One connection, until it breaks or all is done: then True."""
        session = DeviceSession(
            wire,
            "FA:17",
            "band",
            self.writer,
            events.Bus(),
            lambda: UNIX_S,
            PATIENCE,
            wire.ended,
            _known,
        )
        serving = asyncio.create_task(session.run())
        working = asyncio.create_task(self.work(session, wire))
        try:
            async with asyncio.timeout(LIMIT_S):
                await asyncio.wait({serving, working}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self.found["stuck"] += 1
        done = working.done() and not wire.was_cut
        for task in (serving, working):
            task.cancel()
        for result in await asyncio.gather(serving, working, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, LinkLost | TransferFailed):
                raise result
        await wire.close()
        return done and working.exception() is None

    async def work(self, session: DeviceSession, wire: Wire) -> None:
        """Get everything in step, and a plan onto the band; at times the plan comes first."""
        if self.dice.below(2):
            await session.caught_up.wait()
        else:
            await asyncio.sleep(0.005)
        items = [plan_format.Item(exercise, 3, 5, 12) for exercise in range(1, 9)]
        content = plan_format.encode(plan_format.Plan(self.revision, items, "link"))
        sender = Sender(wire)
        await sender.open()
        await sender.send(transfer.PLAN, self.revision, content)
        if self.band.plans.waiting is None or self.band.plans.waiting.revision != self.revision:
            self.found["lost"] += 1
        self.band.plans.apply()
        self.band.plans.proved()
        self.revision += 1
        await session.caught_up.wait()

    def check(self) -> None:
        """The store holds what the band holds, and its gap ledger is empty."""
        log = self.band.log
        device_id = devices.name_of(DEVICE_ID)
        stored = [record for part in records.of_log(self.database, device_id, log.log_id) for record in part]
        held = self.band.contents()
        here = {record.seq: record.raw for record in stored}
        self.found["lost"] += len(set(held) - set(here))
        self.found["ghost"] += sum(held.get(seq) != raw for seq, raw in here.items())
        self.found["doubled"] += len(stored) - len(here)
        self.found["lost"] += len(records.absent(self.database, device_id, log.log_id, log.next_seq))
        if self.band.plans.current is None or self.band.plans.current.revision != self.revision - 1:
            self.found["lost"] += 1


def memory_folder() -> str | None:
    """A folder in RAM where the system has one: a cut link is no matter of disks."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def batch(seed: int, cuts: int) -> dict[str, int]:
    """One life with that many cuts: how many were tried, and what went wrong."""
    dice = Dice(seed)
    with TemporaryDirectory(prefix="repbeat-faults-", dir=memory_folder()) as folder:
        band = Band(dice)
        band.append(40 + dice.below(150))
        life = Life(band, Database(Path(folder) / "store.sqlite3"), dice)
        try:
            asyncio.run(life.run(cuts))
        except Exception as error:
            life.found["crashed"] += 1
            sys.stderr.write(f"seed {seed} crashed: {error!r}\n")
        return {**life.found, "tried": life.cuts}
