"""One connection with one device, from INFO to the end of the link: time, records, plan, live values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from repbeat import ingest
from repbeat.hub import events, heart_rate, orders
from repbeat.hub.errors import DeviceMisbehaves, LinkLost, PlanRefused, TransferFailed, TurnOver
from repbeat.hub.fetch import Fetch, Keeper, NewLog, Patience
from repbeat.hub.link import Info, Link
from repbeat.hub.push import Sender
from repbeat.hub.writer import Writer
from repbeat.ingest import Stored
from repbeat.people import commands
from repbeat.store import Database, devices, plans, records
from repbeat_protocol import frames, gatt, live, transfer

Result = TypeVar("Result")
OWN_UNCERTAINTY_MS = 50  # this computer's clock, kept by NTP over Wi-Fi
TIME_AGAIN_S = 6 * 3600  # a crystal that is 50 ppm off has gone a second wrong by then
PLAN_LOOK_S = 1.0  # how often the store is asked for a plan to push
ANSWER_S = (
    5.0  # an idle device applies a plan at once; one in a set does so later, and `settled` does not wait
)
PUSH_TRIES = 3
LOGS_A_CONNECTION = 3  # more resets than that in one connection are no resets


class DeviceSession:
    """Serves one connected device until its link ends.

    `caught_up` is set while everything the device had is here, `settled` when no plan waits either.
    """

    def __init__(
        self,
        link: Link,
        address: str,
        name: str,
        writer: Writer,
        bus: events.Bus,
        unix_s: Callable[[], float],
        patience: Patience,
        ended: asyncio.Event,
        introduce: Callable[[Link, Info], Awaitable[None]],
        rssi_dbm: int | None = None,
        over: asyncio.Event | None = None,
    ) -> None:
        """`ended`: the link has; `over`: others wait for the connection."""
        self._introduce = introduce
        self._rssi_dbm = rssi_dbm
        self._link = link
        self._address = address
        self._name = name
        self._writer = writer
        self._bus = bus
        self._unix_s = unix_s
        self._patience = patience
        self._sender = Sender(link)
        self._fetch: Fetch | None = None
        self._ended = ended
        self._over = over or asyncio.Event()
        self.device_id = ""
        self.caught_up = asyncio.Event()
        self.settled = asyncio.Event()

    async def run(self) -> None:
        """Serve until the link ends (an error of repbeat.hub.errors or repbeat.store.errors) or cancelled."""
        self._link.check_services()
        info, log_before = await self._greet()
        if not await self._writer.do(self._worn):
            await self._obey(info.log_id, log_before)  # what is to go is not fetched first
        await self._sender.open()
        await self._link.listen(gatt.DATA, self._hear)
        await self._set_time()
        await self._link.listen(gatt.LIVE, self._live)
        await self._link.listen(gatt.HEART_RATE_MEASUREMENT, self._heart)
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (
                    self._sync(info),
                    self._bring(info.log_id),
                    self._keep_time(),
                    self._until_ended(),
                    self._until_over(),
                ):
                    tasks.create_task(part)
        except ExceptionGroup as errors:
            # One cause ends all parts; what the others raise meanwhile only follows from it.
            raise errors.exceptions[0] from errors

    async def manage(self, device_id: str, use: Callable[[Link], Awaitable[Result]]) -> tuple[Result] | None:
        """`use(link)` once the device has proved who it is; None when it is another device."""
        self._link.check_services()
        info = await self._link.info()
        self.device_id = devices.name_of(info.device_id)
        if self.device_id != device_id:
            return None
        await self._introduce(self._link, info)
        return (await use(self._link),)

    def _worn(self, db: Database) -> bool:
        """Whether the device is somebody's: it may hold what that person has nowhere else yet."""
        told = any(one.detail == commands.WORN for one in commands.waiting(db, self.device_id))
        return told or devices.athlete_of(db, devices.get(db, self.device_id)) is not None

    async def _obey(self, log_id: int, log_before: int | None) -> None:
        await orders.carry_out(self._link, self._writer, self.device_id, log_id, log_before, self._now_ms())

    async def _greet(self) -> tuple[Info, int | None]:
        """Read what the device is, make sure of it, and note it; also the log it had when last seen."""
        info = await self._link.info()
        self.device_id = devices.name_of(info.device_id)
        await self._introduce(self._link, info)
        firmware = await self._link.text(gatt.FIRMWARE_REVISION)
        now_ms = self._now_ms()

        def note(db: Database) -> tuple[str, int, int | None]:
            log_before = devices.last_log(db, self.device_id)
            devices.seen(
                db,
                self.device_id,
                name=self._name,
                address=self._address,
                log_id=info.log_id,
                head_seq=info.next,
                boot=info.boot,
                plan_revision=info.plan_revision,
                firmware=firmware,
                now_ms=now_ms,
            )
            name = devices.get(db, self.device_id).name
            return name, records.cursor(db, self.device_id, info.log_id), log_before

        self._name, cursor, log_before = await self._writer.do(note)
        self._tell(
            events.Connected,
            log_id=info.log_id,
            cursor=cursor,
            head_seq=info.next,
            firmware=firmware,
            rssi_dbm=self._rssi_dbm,
        )
        return info, log_before

    async def _set_time(self) -> None:
        """Give the device the time as it will be when the frame arrives, and how sure that is.

        The frame takes half a round trip or so; the longest of a few measured round trips bounds the error.
        A computer whose own clock was never set gives none.
        """
        trip_s = await self._link.round_trip_s(self._unix_s)
        now_s = self._unix_s() + trip_s / 2
        if not frames.EARLIEST_UNIX_S <= now_s < frames.LATEST_UNIX_S:
            return
        uncertainty_ms = min(round(trip_s * 1000) + OWN_UNCERTAINTY_MS, 0xFFFF)
        offset = datetime.fromtimestamp(now_s, UTC).astimezone().utcoffset()
        offset_min = int(offset.total_seconds() // 60) if offset else 0
        await self._link.control(frames.SET_TIME, round(now_s * 1000), uncertainty_ms, offset_min)

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(TIME_AGAIN_S)
            await self._set_time()

    async def _sync(self, info: Info) -> None:
        """Fetch the log, and the next one if the device begins another."""
        for _ in range(LOGS_A_CONNECTION):
            cursor = await self._cursor(info.log_id)
            keeper = Keeper(self._keep, self._gap, self._progress, self._clock_refused)
            self._fetch = Fetch(self._link, info, cursor, keeper, self._patience)
            try:
                await self._fetch.run()
            except NewLog:
                self.caught_up.clear()
                info, _ = await self._greet()
        raise DeviceMisbehaves("the device names another log each time it is asked: reset it")

    async def _cursor(self, log_id: int) -> int:
        return await self._writer.do(lambda db: records.cursor(db, self.device_id, log_id))

    def _hear(self, frame: bytes) -> None:
        if self._fetch is not None:
            self._fetch.hear(frame)

    async def _keep(self, log_id: int, batch: list[tuple[int, bytes]], caught_up: bool) -> Stored:
        now_ms = self._now_ms()

        def keep(db: Database) -> Stored:
            with self._link.received.kept(db, self.device_id):
                stored = ingest.ingest(db, self.device_id, log_id, batch, now_ms)
                if caught_up:
                    devices.caught_up(db, self.device_id, stored.next_seq, now_ms)
            return stored

        return await self._writer.do(keep)

    async def _gap(self, log_id: int, first_seq: int, next_seq: int, why: str) -> int:
        now_ms = self._now_ms()
        cursor = await self._writer.do(
            lambda db: records.add_gap(db, self.device_id, log_id, first_seq, next_seq, why, now_ms)
        )
        self._tell(events.Gap, first_seq=first_seq, next_seq=next_seq, why=why)
        return cursor

    def _progress(self, stored: Stored, head: int, caught_up: bool) -> None:
        self._tell(events.Progress, cursor=stored.next_seq, head_seq=head, stored=stored)
        for plan in stored.answered:
            self._tell(
                events.PlanAnswered,
                athlete_id=plan.athlete_id,
                revision=plan.revision,
                status=plan.status,
                reason=plan.reason,
            )
        if caught_up:
            self.caught_up.set()
            self._tell(events.CaughtUp, cursor=stored.next_seq)

    def _clock_refused(self, unix_s: int) -> None:
        self._tell(events.ClockRefused, unix_s=unix_s)

    async def _bring(self, log_id: int) -> None:
        """Bring what waits for this device or its athlete, orders before plans, now and when it comes."""
        await self.caught_up.wait()
        loop = asyncio.get_running_loop()
        pushed: dict[int, float] = {}
        while True:
            await self._obey(log_id, log_id)
            await orders.settle(self._sender, self._writer, self.device_id, self._now_ms())
            plan = await self._writer.do(lambda db: plans.to_push(db, self.device_id))
            if plan is not None and plan.revision not in pushed:
                self.settled.clear()
                await self._push(plan)
                pushed[plan.revision] = loop.time()
            elif plan is None or loop.time() > pushed[plan.revision] + ANSWER_S:
                self.settled.set()
            await asyncio.sleep(PLAN_LOOK_S)

    async def _push(self, plan: plans.Plan) -> None:
        for attempt in range(PUSH_TRIES):
            try:
                await self._sender.send(transfer.PLAN, plan.revision, plan.content)
                break
            except PlanRefused as refusal:
                await self._refused(plan, str(refusal))
                return
            except TransferFailed:
                if attempt == PUSH_TRIES - 1:
                    raise
                await asyncio.sleep(PLAN_LOOK_S)
        await self._writer.do(lambda db: plans.mark_pushed(db, plan.athlete_id, plan.revision))
        self._tell(events.PlanPushed, athlete_id=plan.athlete_id, revision=plan.revision)

    async def _refused(self, plan: plans.Plan, reason: str) -> None:
        await self._writer.do(
            lambda db: plans.set_status(db, plan.athlete_id, plan.revision, plans.REFUSED, reason)
        )
        self._tell(
            events.PlanAnswered,
            athlete_id=plan.athlete_id,
            revision=plan.revision,
            status=plans.REFUSED,
            reason=reason,
        )

    def _live(self, value: bytes) -> None:
        try:
            values = live.read(value)
        except ValueError:
            return  # of another version: there is no harm in not showing it
        self._tell(events.LiveValue, values=values)

    def _heart(self, value: bytes) -> None:
        try:
            bpm, contact, rr_1024 = heart_rate.read(value)
        except ValueError:
            return
        self._tell(events.HeartValue, bpm=bpm, contact=contact, rr_1024=rr_1024)

    async def _until_ended(self) -> None:
        await self._ended.wait()
        raise LinkLost("the link ended: out of reach, or the device went to sleep")

    async def _until_over(self) -> None:
        await self._over.wait()
        raise TurnOver("others wait for a connection")

    def _now_ms(self) -> int:
        return round(self._unix_s() * 1000)

    def _tell(self, kind: type[events.Event], **fields: Any) -> None:
        self._bus.tell(kind(address=self._address, device_id=self.device_id, name=self._name, **fields))
