"""What tests of a hub share: a log, a hub run until something holds, and when it has all of a log."""

import asyncio
from collections.abc import Callable

from hub.fake_band import FakeBand, backends
from ingest import made

from repbeat import store
from repbeat.hub import Backoff, Hub, Patience
from repbeat.store import Database, devices, plans, records
from repbeat_protocol import plan
from repbeat_protocol import records as wire
from repbeat_tools.trusted import KnownKeys

QUICK = Backoff(first_s=0.01, longest_s=0.05, misbehaved_s=0.05, store_s=0.05, outdated_s=0.05, unheard_s=0.5)
PATIENCE = Patience(stall_s=0.2, stalls=2, idle_s=0.5)
BAND_ID = "00000000000000b1"


def long_log(count: int = 400) -> list:
    """A session of many repetitions, and some records of other sizes."""
    log = [made.start(0, 0, uptime_ms=1000)]
    for seq in range(1, count):
        if seq % 50 == 0:
            log.append((seq, wire.encode(seq, 200, 9, 1, 1000 * seq, bytes(240))))
        else:
            log.append(made.rep(seq, 0, uptime_ms=1000 * seq, set_index=seq // 10, rep_index=seq % 10))
    return log


def run_until(db: Database, done: Callable[[Hub], bool], *bands: FakeBand, limit_s: float = 20.0) -> list:
    """Run a hub until `done(hub)`; the events it told."""

    async def main() -> list:
        hub = Hub(db, backends=backends(*bands), patience=PATIENCE, backoff=QUICK, keys=KnownKeys())
        told: list = []
        hub.bus.listen(told.append)
        running = asyncio.create_task(hub.run())
        try:
            async with asyncio.timeout(limit_s):
                while not done(hub):
                    if running.done():
                        running.result()
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert all(band.client is None for band in bands), "the hub left a link open"
        return told

    return asyncio.run(main())


def whole(db: Database, band: FakeBand) -> bool:
    """The store holds exactly the band's log, byte for byte."""
    name = devices.name_of(band.device_id)
    return records.present(db, name, band.log_id, 0, 1 << 32) == band.log


def synced(band: FakeBand, db: Database) -> Callable[[Hub], bool]:
    """The hub says that it has caught up with this band, and it is true."""

    def done(hub: Hub) -> bool:
        state = hub.board.snapshot().get(devices.name_of(band.device_id))
        told = state is not None and state.link == "connected" and state.cursor == band.next_seq
        return told and band.acked[-1:] == [band.next_seq] and whole(db, band)

    return done


def ended_by(cause: str) -> Callable[[Hub], bool]:
    """A connection has ended for a cause that says this."""
    causes: list[str] = []

    def done(hub: Hub) -> bool:
        if not causes:
            hub.bus.listen(lambda event: causes.append(getattr(event, "cause", "")))
            causes.append("")
        return any(cause in text for text in causes)

    return done


def planned(db: Database, band: FakeBand, revision: int, load_g: int = 60_000) -> str:
    """An athlete whose device is `band`, with an approved plan; the athlete's id."""
    found = store.athletes.every(db)
    athlete = found[0] if found else store.athletes.add(db, "Ann", made.NOW_MS, tag=7)
    devices.begin_log(db, devices.name_of(band.device_id), band.log_id, made.NOW_MS)
    devices.assign(db, devices.name_of(band.device_id), band.log_id, athlete.athlete_id)
    content = plan.encode(plan.Plan(revision, [plan.Item(2, 3, 6, 8, load_g)], "Legs", athlete.tag))
    plans.put(
        db,
        plans.Plan(
            athlete_id=athlete.athlete_id,
            revision=revision,
            previous_revision=None,
            created_ms=made.NOW_MS,
            origin=plans.PERSON,
            status=plans.PENDING,
            reason="",
            content=content,
        ),
        [],
    )
    return athlete.athlete_id
