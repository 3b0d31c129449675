"""Eight bands and one companion: all are served, none starves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from firmware.flash_file import prepare, stored

from firmware import band as bands
from repbeat.hub import Backoff, Hub, events
from repbeat.store import Database, devices, records
from repbeat_tools import boards
from repbeat_tools.simulator import Air, Pace, Scaled
from repbeat_tools.trusted import KnownKeys

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(300)]

BANDS = 8
RECORDS = 2500  # enough that all eight stream at once for most of the time
LIMIT_S = 270  # eight interpreters share what processors there are
SPEED = 4


def test_eight_bands_are_synced_and_none_starves(tmp_path: Path) -> None:
    folders = [tmp_path / f"band-{number}" for number in range(BANDS)]
    for number, folder in enumerate(folders):
        prepare(folder, [b"band %d fault %d" % (number, n) for n in range(RECORDS)])
    last_s: dict[str, float] = {}
    longest_s: dict[str, float] = {}
    connected_s: dict[str, float] = {}
    done: set[str] = set()

    async def scenario() -> None:
        with Database(tmp_path / "repbeat.sqlite3") as db:
            async with Air(clock=Scaled(SPEED), pace=Pace(interval_ms=15, fragments=6)) as air:
                board = boards.compile_json(bands.BOARD)
                for number, folder in enumerate(folders):
                    await air.device(f"band-{number}", flash_dir=folder, board=board, heap_kb=bands.HEAP_KB)
                loop = asyncio.get_running_loop()
                begun_s = loop.time()
                central = await air.central("companion")
                hub = Hub(db, backends=central.backends, backoff=Backoff(first_s=0.1), keys=KnownKeys())

                def hear(event: events.Event) -> None:
                    now_s = loop.time()
                    if isinstance(event, events.Connected):
                        connected_s[event.address] = now_s - begun_s
                        last_s[event.address] = now_s
                    elif isinstance(event, events.Progress | events.CaughtUp):
                        waited_s = now_s - last_s[event.address]
                        longest_s[event.address] = max(longest_s.get(event.address, 0.0), waited_s)
                        last_s[event.address] = now_s
                    if isinstance(event, events.CaughtUp):
                        done.add(event.address)

                hub.bus.listen(hear)
                serving = asyncio.create_task(hub.run())
                try:
                    while len(done) < BANDS:
                        await asyncio.sleep(0.05)
                    took_s = loop.time() - begun_s
                finally:
                    serving.cancel()
                    await asyncio.gather(serving, return_exceptions=True)
            print(  # noqa: T201
                f"{BANDS} bands, {RECORDS} records each, in {took_s:.1f} s; the last connected after "
                f"{max(connected_s.values()):.1f} s; longest wait {max(longest_s.values()):.2f} s"
            )
            for folder in folders:
                held = {one.seq: one.raw for one in stored(folder)}
                device = next(
                    one for one in devices.every(db) if one.log_id is not None and held_by(db, one, held)
                )
                assert records.count(db, device.device_id, device.log_id or 0) >= RECORDS
        assert len(longest_s) == BANDS
        # Fair: once connected, nobody stands still for the time that another's whole log takes.
        assert max(longest_s.values()) < took_s / 4

    asyncio.run(asyncio.wait_for(scenario(), LIMIT_S))


def held_by(db: Database, device: devices.Device, held: dict[int, bytes]) -> bool:
    """Whether the store has this band's records byte for byte, as far as it has them."""
    present = records.present(db, device.device_id, device.log_id or 0, 0, 1 << 32)
    return len(present) >= RECORDS and all(held.get(seq) == raw for seq, raw in present.items())
