"""The hub: hears RepBeat devices, connects to each, keeps what they recorded, pushes plans, goes on.

One task a device. A device that fails, lies or leaves ends its own connection and nothing else; it is tried
again after a while that depends on the cause. Where adapters hold fewer connections
than devices are in reach, devices take turns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import msgspec
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError
from bleak_retry_connector import calculate_backoff_time

from repbeat.hub import events
from repbeat.hub.board import Board
from repbeat.hub.device_session import DeviceSession
from repbeat.hub.errors import (
    DeviceMisbehaves,
    HubError,
    Impostor,
    KeyRefused,
    LinkLost,
    LogRewound,
    NotClaimed,
    PairingFailed,
    SetBack,
    TurnOver,
    WrongLayout,
    WrongProtocol,
)
from repbeat.hub.fetch import Patience
from repbeat.hub.keys import DeviceKeys
from repbeat.hub.link import Info, Link
from repbeat.hub.radio import Backends, Radio
from repbeat.hub.received import Received
from repbeat.hub.slots import PER_ADAPTER, Slots, Turn
from repbeat.hub.trust import Trust
from repbeat.hub.writer import Writer
from repbeat.store import Database, StoreError, devices
from repbeat_protocol.frames import FrameError
from repbeat_protocol.records import RecordError

log = logging.getLogger(__name__)
Result = TypeVar("Result")

MUTE = 3  # links in a row that ended before a word was said
OLD_PAIRING = (
    "If the device was set back to new, this computer's pairing with it is old: "
    "`repbeat devices forget`, then claim it again"
)
ONLY = "default"  # the system's own adapter
MOST_DEVICES = 64  # served at once; whoever advertises under ever new addresses gets no further


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds until a device is tried again, by what ended its connection."""

    first_s: float = 0.5  # the link broke: doubled each time, until one connection caught up
    longest_s: float = 30.0
    misbehaved_s: float = 60.0
    store_s: float = 30.0  # disk full, database in use
    outdated_s: float = 600.0  # only an update helps
    set_back_s: float = 15.0  # a megabyte of flash is erased in less
    stranger_s: float = 10.0  # not ours: somebody may be about to press its button
    unheard_s: float = 60.0  # try at last also without having heard the device again


# What ends a connection, in a word: as `repbeat hub --status` counts them.
LINK, STRANGER, OUTDATED, MISBEHAVED, STORE, OWN_FAULT = (
    "link lost",
    "not claimed, or another's",
    "outdated",
    "misbehaved",
    "store",
    "a fault in RepBeat",
)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """How one device fared in `sync_once`; `problem` is "" when everything is here."""

    address: str
    device_id: str
    name: str
    problem: str


class _Peer:
    """A device as the radio knows it."""

    def __init__(self, device: BLEDevice, name: str) -> None:
        self.device = device
        self.name = name
        self.rssi_dbm: int | None = None
        self.heard_by: dict[str, tuple[BLEDevice, int]] = {}  # adapter → as heard there, dBm
        self.heard = asyncio.Event()
        self.failures = 0  # in a row
        self.device_id = ""
        self.received = Received()
        self.problem = "not connected yet"

    def hear(self, adapter: str, device: BLEDevice, rssi_dbm: int) -> None:
        self.device = device
        self.rssi_dbm = rssi_dbm
        self.heard_by[adapter] = (device, rssi_dbm)
        self.heard.set()

    def keep_end(self, db: Database) -> None:
        """Why the connection ended, and what it brought that belongs to no record."""
        with self.received.kept(db, self.device_id):
            devices.set_problem(db, self.device_id, self.problem)

    def adapters(self) -> list[str]:
        """Those that have heard it, the loudest first."""
        return sorted(self.heard_by, key=lambda name: -self.heard_by[name][1])


class Hub:
    """`bus` tells what happens, `board` how things are. `backends`: scanner and client classes for bleak."""

    def __init__(
        self,
        database: Database,
        *,
        backends: Backends | None = None,
        radios: Mapping[str, Radio] | None = None,
        places: int = PER_ADAPTER,
        unix_s: Callable[[], float] = time.time,
        patience: Patience | None = None,
        backoff: Backoff | None = None,
        keys: DeviceKeys | None = None,
    ) -> None:
        """`keys`: those of the devices that this companion has claimed; none without it.

        `radios`: by adapter, instead of the system's own; each holds `places` connections at once.
        """
        self.trust = Trust(keys or DeviceKeys(), self._claimed)
        self.bus = events.Bus()
        self.board = Board(self.bus)
        self._database = database
        self._radios = dict(radios or {ONLY: Radio(backends)})
        self.slots = Slots(dict.fromkeys(self._radios, places))
        self._unix_s = unix_s
        self._patience = patience or Patience()
        self._backoff = backoff or Backoff()
        # Adapters refuse a second connect while one is under way.
        self._connecting = {adapter: asyncio.Semaphore(1) for adapter in self._radios}
        self._peers: dict[str, _Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False

    async def run(self) -> None:
        """Serve whatever is in reach until cancelled. NoAdapter when this computer cannot scan."""
        async with self._serving(self._serve):
            await asyncio.Event().wait()

    async def sync_once(self, scan_s: float = 10.0, limit_s: float = 120.0) -> list[Served]:
        """Serve each device heard within `scan_s` once, until all it has is here and no plan waits.

        A device that is not through after `limit_s` keeps its problem; what came is kept.
        """
        async with self._serving(self._serve_once):
            await asyncio.sleep(scan_s)
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=limit_s)
        return [
            Served(address=address, device_id=peer.device_id, name=peer.name, problem=peer.problem)
            for address, peer in sorted(self._peers.items())
        ]

    async def with_device(
        self, device_id: str, use: Callable[[Link], Coroutine[None, None, Result]], limit_s: float = 30.0
    ) -> Result:
        """What `use(link)` gives on a connection that has proved its key; NotFound when it is not heard."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        async def manage(session: DeviceSession) -> None:
            result = await session.manage(device_id, use)
            if result is not None and not done.done():
                done.set_result(result[0])

        async def serve(peer: _Peer, writer: Writer) -> None:
            while not done.done() and peer.device_id in ("", device_id):
                pause_s = await self._connection(peer, writer, manage)
                await self._pause(peer, pause_s)

        async with self._serving(serve):
            try:
                async with asyncio.timeout(limit_s):
                    return await done
            except TimeoutError as error:
                problems = {peer.problem for peer in self._peers.values() if peer.device_id == device_id}
                raise LinkLost(
                    problems.pop() if problems else f"{device_id} was not heard: is it near?"
                ) from error

    def _claimed(self, link: Link, info: Info) -> None:
        device_id = devices.name_of(info.device_id)
        self.bus.tell(events.Claimed(address=link.address, device_id=device_id, name=link.name))

    @asynccontextmanager
    async def _serving(
        self, serve: Callable[[_Peer, Writer], Coroutine[None, None, None]]
    ) -> AsyncIterator[None]:
        self._peers.clear()
        self._ending = False
        writer = Writer(self._database)

        def hear(adapter: str, device: BLEDevice, advertisement: AdvertisementData) -> None:
            peer = self._peers.get(device.address)
            if peer is None:
                if len(self._peers) >= MOST_DEVICES:
                    return
                peer = _Peer(device, advertisement.local_name or device.name or device.address)
                self._peers[device.address] = peer
                task = asyncio.create_task(serve(peer, writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            peer.hear(adapter, device, advertisement.rssi)

        try:
            async with AsyncExitStack() as scans:
                for adapter, radio in self._radios.items():
                    await scans.enter_async_context(radio.scanning(partial(hear, adapter)))
                yield
        finally:
            self._ending = True
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()

    async def _serve(self, peer: _Peer, writer: Writer) -> None:
        """Connection after connection, for ever."""
        while True:
            pause_s = await self._connection(peer, writer, DeviceSession.run)
            if self._ending:
                return  # Python 3.11's TaskGroup swallows a cancellation that meets a failure
            await self._pause(peer, pause_s)

    async def _pause(self, peer: _Peer, pause_s: float) -> None:
        """Connecting to a device out of reach blocks the radio for others: wait until it is heard again."""
        peer.heard.clear()
        await asyncio.sleep(pause_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._backoff.unheard_s):
                await peer.heard.wait()

    async def _serve_once(self, peer: _Peer, writer: Writer) -> None:
        await self._connection(peer, writer, _until_settled)

    async def _connection(
        self, peer: _Peer, writer: Writer, use: Callable[[DeviceSession], Coroutine[None, None, None]]
    ) -> float:
        """One connection from first to last; seconds to wait before the next."""
        self._tell(peer, events.Found)
        if not self.slots.free(peer.adapters()):
            self._tell(peer, events.Queued)
        async with self.slots.turn(peer.adapters) as turn:
            self._tell(peer, events.Dealt, adapter=turn.adapter)
            pause_s, why = await self._turn(peer, turn, writer, use)
        if peer.device_id:
            with suppress(StoreError):
                await writer.do(peer.keep_end)
        self._tell(peer, events.Disconnected, cause=peer.problem, again_s=pause_s, why=why)
        return pause_s

    async def _turn(
        self,
        peer: _Peer,
        turn: Turn,
        writer: Writer,
        use: Callable[[DeviceSession], Coroutine[None, None, None]],
    ) -> tuple[float, str]:
        """The connection itself, on the adapter dealt; seconds to wait, and the cause in a word."""
        session: DeviceSession | None = None
        device, _ = peer.heard_by[turn.adapter]
        try:
            ended = asyncio.Event()
            async with self._connecting[turn.adapter]:
                client = await self._radios[turn.adapter].connect(device, peer.name, lambda _: ended.set())
            peer.problem = "not through in the time given"
            link = Link(client, peer.received)
            session = DeviceSession(
                link,
                device.address,
                peer.name,
                writer,
                self.bus,
                self._unix_s,
                self._patience,
                ended,
                self.trust.introduce,
                peer.rssi_dbm,
                turn.over,
            )
            turn.served = session.settled.is_set
            try:
                await use(session)
            except WrongLayout:
                await link.forget_services()
                raise
            finally:
                await link.close()
                peer.device_id = session.device_id
            peer.problem = ""
            return 0.0, ""
        except TurnOver:
            peer.problem = ""
            return 0.0, ""
        except SetBack as done:
            peer.problem = ""
            log.info("%s: %s", peer.name, done)
            return self._backoff.set_back_s, ""
        except (HubError, StoreError, BleakError, FrameError, RecordError, OSError, EOFError) as error:
            pause_s, why = self._pause_s(peer, session, error)
            peer.problem = str(error) or type(error).__name__
            if session is not None and not session.device_id and peer.failures >= MUTE:
                peer.problem += f". {OLD_PAIRING}"
            return pause_s, why
        except Exception:
            # A fault of this program, met with one device, must not end the service of the others.
            log.exception("serving %s failed", peer.name)
            peer.problem = "a fault in RepBeat, see the log"
            return self._backoff.misbehaved_s, OWN_FAULT

    def _pause_s(self, peer: _Peer, session: DeviceSession | None, error: Exception) -> tuple[float, str]:
        if session is not None and session.caught_up.is_set():
            peer.failures = 0
        match error:
            case WrongProtocol() | WrongLayout():
                return self._backoff.outdated_s, OUTDATED
            case NotClaimed() | PairingFailed() | KeyRefused() | Impostor():
                return self._backoff.stranger_s, STRANGER
            case StoreError():
                return self._backoff.store_s, STORE
            case DeviceMisbehaves() | LogRewound() | FrameError() | RecordError():
                return self._backoff.misbehaved_s, MISBEHAVED
        pause_s = min(self._backoff.first_s * 2.0 ** min(peer.failures, 16), self._backoff.longest_s)
        peer.failures += 1
        if session is None:
            # Not even connected: the radio's own reasons (no free slot, in progress) know their time.
            pause_s = max(pause_s, min(calculate_backoff_time(error), self._backoff.longest_s))
        return pause_s, LINK

    def _tell(self, peer: _Peer, kind: type[events.Event], **fields: Any) -> None:
        self.bus.tell(kind(address=peer.device.address, device_id=peer.device_id, name=peer.name, **fields))


async def _until_settled(session: DeviceSession) -> None:
    """Run a session until all is here and no plan waits; its error if it ends before."""
    running = asyncio.create_task(session.run())
    settled = asyncio.create_task(session.settled.wait())
    try:
        await asyncio.wait({running, settled}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        for task in (running, settled):
            task.cancel()
        await asyncio.gather(running, settled, return_exceptions=True)
