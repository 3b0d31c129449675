"""A hub for three days of virtual time: bands come, record, are cut off, leave; nothing is lost or leaks."""

import asyncio
import random
from pathlib import Path

from hub import virtual_time
from hub.fake_band import FakeBand, backends
from ingest import made

from repbeat.hub import Backoff, Hub
from repbeat.hub.radio import Radio
from repbeat.store import Database, devices, records
from repbeat_protocol import records as wire
from repbeat_tools.trusted import KnownKeys

HOUR_S = 3600
DAYS = 3
BANDS = 6
PLACES = 1  # on each of two adapters: fewer than bands that are near at the busiest hour
BATTERY = wire.pack(wire.BATTERY, 1, (3900, 80, 0))


async def wear(band: FakeBand, draw: random.Random) -> None:
    """Near for ten minutes about twice a day and recording all the time; links break now and then."""
    while True:
        band.in_reach = False
        band.cut()
        for _ in range(draw.randint(8, 14)):
            await asyncio.sleep(HOUR_S)
            band.append(wire.BATTERY, BATTERY)
        band.in_reach = True
        for _ in range(10):
            await asyncio.sleep(60)
            band.append(wire.BATTERY, BATTERY)
            if draw.random() < 0.2:
                band.cut()


def test_days_of_visits_leave_every_record_once_and_nothing_open(tmp_path: Path) -> None:
    draw = random.Random(1)
    bands = [
        FakeBand(f"00:00:00:00:00:{n:02x}", 0xB0 + n, [made.start(0, 0, uptime_ms=1000)])
        for n in range(BANDS)
    ]

    async def main(db: Database) -> list[int]:
        radios = {name: Radio(backends(*bands, every_s=10.0)) for name in ("hci0", "hci1")}
        hub = Hub(db, radios=radios, places=PLACES, keys=KnownKeys(), backoff=Backoff(unheard_s=600.0))
        running = asyncio.create_task(hub.run())
        worn = [asyncio.create_task(wear(band, draw)) for band in bands]
        tasks = []
        for _ in range(DAYS * 24):
            await asyncio.sleep(HOUR_S)
            assert all(0 <= one.in_use <= PLACES for one in hub.slots.usage())
            tasks.append(len(asyncio.all_tasks()))
        for one in worn:
            one.cancel()
        await asyncio.gather(*worn, return_exceptions=True)
        for band in bands:
            band.in_reach = True
        await asyncio.sleep(HOUR_S)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert [one.in_use for one in hub.slots.usage()] == [0, 0]
        assert hub.slots.waiting == 0
        return tasks

    with Database(tmp_path / "repbeat.sqlite3") as db:
        tasks = virtual_time.run(main(db))
        for band in bands:
            kept = records.present(db, devices.name_of(band.device_id), band.log_id, 0, 1 << 32)
            assert kept == band.log
    assert all(band.client is None for band in bands), "a link was left open"
    assert min(band.connections for band in bands) > 2 * DAYS
    assert min(tasks[24:48]) == min(tasks[48:]), "a task more in every quiet hour"
