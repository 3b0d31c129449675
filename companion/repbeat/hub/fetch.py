"""Records from one device into the store: FETCH, DATA, commit, ACK, for as long as the link lasts.

The sequence number is the only cursor. Whatever goes wrong on the way (a frame lost, doubled, damaged, out
of order) ends in the same answer: FETCH again from the first record that is not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from repbeat.hub.errors import DeviceMisbehaves, LinkLost, LogRewound
from repbeat.hub.link import Info, Link
from repbeat.ingest import Stored
from repbeat.store import StoreError
from repbeat_protocol import frames, records

CREDIT = 1024  # records in flight: at 40 bytes each some 400 ms of a fast link, so a commit never stops it
BATCH = 512  # records committed at once, at most: what a kill makes come again; an hour has about 280
GATHER_S = 0.2  # how long a batch may grow when somebody may follow what comes
BACKLOG_S = 1.0  # … and while the device is known to hold more: 20 kB/s bring an hour's session in it
FRAMES_WAITING = 4096  # more are dropped and fetched again: a device cannot fill the memory
UNREADABLE_TRIES = 5  # a record that came damaged that often is damaged on the device
ODD_FRAMES = 32  # frames that mean nothing before the device is given up for now


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: without progress before FETCH is repeated, FETCHes in vain, and between looks when idle."""

    stall_s: float = 5.0
    stalls: int = 3
    idle_s: float = 60.0


class Keeper(msgspec.Struct, frozen=True):
    """How records and gaps get into the store (each returns when they are on disk), and who is told."""

    keep: Callable[[int, list[tuple[int, bytes]], bool], Awaitable[Stored]]  # (log_id, records, caught up)
    gap: Callable[[int, int, int, str], Awaitable[int]]  # (log_id, first, next, why) → cursor
    progress: Callable[[Stored, int, bool], None]  # (stored, head, caught up): after the ACK
    clock_refused: Callable[[int], None]  # (unix seconds)


class NewLog(Exception):
    """The device has begun another log: read INFO and start over."""


class Fetch:
    """One log of one device over one link. `run` ends only by an error or by being cancelled."""

    def __init__(self, link: Link, info: Info, cursor: int, keeper: Keeper, patience: Patience) -> None:
        if cursor > info.next:
            raise LogRewound(
                f"the device's log ends at record {info.next}, but records up to {cursor} are here: it was "
                "restored from a copy; reset it to factory settings, which begins a new log"
            )
        self._link = link
        self._log_id = info.log_id
        self._keeper = keeper
        self._patience = patience
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(maxsize=FRAMES_WAITING)
        self._assembler = frames.Assembler(cursor)
        self._wanted = cursor  # the first record that has not come
        self._head = info.next
        self._acked = 0  # told to the device over this link
        self._batch: list[tuple[int, bytes]] = []
        self._waiting_for = -1  # FETCH was sent from here: what lies ahead of it is still the old stream
        self._unread = 0  # times the record wanted could not be read
        self._stalls = 0
        self._odd = 0
        self._caught_up = False

    async def run(self) -> None:
        """Fetch, keep, acknowledge; then stay for what the device writes next.

        What has come when the link is lost is kept: over one that is often lost little would ever be.
        """
        try:
            await self._serve()
        finally:
            if self._batch:
                with suppress(StoreError):  # told where it is met again: with the next batch
                    await self._keeper.keep(self._log_id, self._batch, False)

    async def _serve(self) -> None:
        await self._fetch()
        while True:
            frame = await self._next_frame()
            if frame is not None:
                await self._take(frame)
            await self._gather()
            await self._commit()

    async def _gather(self) -> None:
        """Take what else comes soon: each commit waits for the disk, each ACK takes time on the air."""
        patient_s = BACKLOG_S if self._head > self._wanted else GATHER_S
        until = asyncio.get_running_loop().time() + patient_s
        while len(self._batch) < BATCH:
            if not self._frames.empty():
                await self._take(self._frames.get_nowait())
                continue
            if self._caught_up:
                return
            try:
                async with asyncio.timeout_at(until):
                    frame = await self._frames.get()
            except TimeoutError:
                return
            await self._take(frame)

    def hear(self, frame: bytes) -> None:
        """Take a notification of DATA; it is looked at by `run`."""
        if not self._frames.full():
            self._frames.put_nowait(frame)

    async def _next_frame(self) -> bytes | None:
        """The next frame; None when none came in time and the stream was asked for anew."""
        limit_s = self._patience.idle_s if self._caught_up else self._patience.stall_s
        try:
            async with asyncio.timeout(limit_s):
                frame = await self._frames.get()
        except TimeoutError:
            if self._caught_up and (await self._link.info()).next <= self._wanted:
                return None
            await self._stalled()
            return None
        return frame

    async def _stalled(self) -> None:
        self._stalls += 1
        if self._stalls > self._patience.stalls:
            raise LinkLost(f"record {self._wanted} does not come: connecting again")
        await self._fetch()

    async def _fetch(self, credit: int = CREDIT) -> None:
        """Ask for everything from the first record that has not come."""
        await self._commit()
        self._assembler = frames.Assembler(self._wanted)
        self._waiting_for = self._wanted
        self._caught_up = False
        await self._link.control(frames.FETCH, self._log_id, self._wanted, credit)

    async def _take(self, frame: bytes) -> None:
        kind = frame[0] if frame else 0
        if kind == frames.DATA:
            await self._data(frame)
            return
        try:
            values = frames.unpack_answer(frame)
        except frames.FrameError as error:
            self._count_odd(str(error))
            return
        if kind == frames.HEAD:
            await self._at_head(values[1])
        elif kind == frames.GAP:
            await self._at_gap(values[1], values[2])
        else:
            await self._refused(values[1], values[2])

    async def _data(self, frame: bytes) -> None:
        try:
            got = self._assembler.feed(frame)
        except frames.MissingRecords:
            if self._waiting_for < 0:
                await self._fetch()
            return
        except frames.TruncatedFrame as error:
            self._count_odd(str(error))
            return
        except records.RecordError:
            await self._unreadable(f"came damaged {UNREADABLE_TRIES} times")
            return
        if got:
            self._batch += got
            self._caught_up = False
            self._wanted = self._assembler.next
            self._head = max(self._head, self._wanted)
            self._waiting_for = -1
            self._unread = self._stalls = 0

    async def _unreadable(self, why: str) -> None:
        """Ask for the one record alone: a frame may hold whole ones before the damaged one."""
        self._unread += 1
        if self._unread < UNREADABLE_TRIES:
            await self._fetch(credit=1)
            return
        self._unread = 0
        await self._name_gap(self._wanted, self._wanted + 1, why)
        await self._fetch()

    async def _at_head(self, head: int) -> None:
        self._head = max(self._head, head)
        if head > self._wanted:
            if self._waiting_for < 0:
                await self._fetch()
        elif head == self._wanted:
            self._waiting_for = -1
            self._caught_up = True
            await self._commit(caught_up=True)

    async def _at_gap(self, first: int, next_seq: int) -> None:
        if next_seq <= self._wanted:
            return
        if first > self._wanted:
            if self._waiting_for < 0:
                await self._fetch()
            return
        if next_seq > self._head:
            self._head = max(self._head, (await self._link.info()).next)
        if next_seq > self._head:
            raise DeviceMisbehaves(
                f"the device calls records {first}…{next_seq - 1} gone, but has not written them"
            )
        await self._name_gap(self._wanted, next_seq, "overwritten on the device before they were fetched")

    async def _name_gap(self, first: int, next_seq: int, why: str) -> None:
        await self._commit()
        cursor = await self._keeper.gap(self._log_id, first, next_seq, why)
        self._assembler.skip(next_seq)
        self._wanted = self._assembler.next
        self._waiting_for = -1
        await self._ack(cursor)

    async def _refused(self, code: int, argument: int) -> None:
        if code == frames.NOT_THIS_LOG:
            raise NewLog
        if code == frames.CLOCK_REFUSED:
            self._keeper.clock_refused(argument)
        elif code == frames.LOG_FAULT and argument == self._wanted:
            await self._unreadable("the device could not read it")
        elif code == frames.LOG_FAULT:
            await self._fetch()
        else:
            raise DeviceMisbehaves(f"the device refused a frame with code {code}, argument {argument}")

    async def _commit(self, caught_up: bool = False) -> None:
        """Keep what has come, and only then say so.

        Caught up, the cursor is told also when nothing came: what an earlier connection committed may
        never have been acknowledged.
        """
        if not self._batch and not caught_up:
            return
        batch, self._batch = self._batch, []
        stored = await self._keeper.keep(self._log_id, batch, caught_up)
        if stored.next_seq > self._acked:
            await self._ack(stored.next_seq)
        self._keeper.progress(stored, self._head, caught_up)

    async def _ack(self, cursor: int) -> None:
        """Everything below `cursor` is on disk."""
        await self._link.control(frames.ACK, self._log_id, cursor, CREDIT)
        self._acked = cursor

    def _count_odd(self, what: str) -> None:
        self._odd += 1
        if self._odd > ODD_FRAMES:
            raise DeviceMisbehaves(f"the device sends frames that mean nothing, the last: {what}")
