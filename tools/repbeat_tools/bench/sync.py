"""Sync goodput through the real hub and store, beside the same link's raw notify rate in the same run.

Rates are per second of the air's time, which goes at a quarter of the wall's: a device and a companion have
processors of their own, here both share one with the air, and what they miss on the link for want of it would
be this computer's load. What frames, windows, commits and acknowledgements cost remains. The records fill
their frames to 95 %, which other sizes do not (protocol/frames.md).
"""

from __future__ import annotations

import asyncio
import struct
import time
from pathlib import Path
from typing import Any

from bleak import BleakClient, BleakScanner

from repbeat.hub import Hub, events
from repbeat.store import Database
from repbeat_protocol import records as wire
from repbeat_tools import trusted
from repbeat_tools.bench.ingest import Progress
from repbeat_tools.demo.scene import HEAP_KB, PACE, load_board
from repbeat_tools.device_log import LOG_PARTITION, FlashImage, firmware_importable
from repbeat_tools.simulator import Air, Scaled

RECORDS = 1500
RAW_BYTES = 200_000
PAYLOAD = bytes(range(100))  # a FAULT's detail: what is in it plays no part
SPEED = 0.25  # seconds of air a wall second
LIMIT_S = 240
TURNS = 2  # what else the computer does takes from each, and not from all alike

# Characteristics of raw_notify.py, a program of the device that cannot be imported here.
START = "b7e2ff02-5a1c-4f0e-9d3b-7c6f52455042"
STREAM = "b7e2ff03-5a1c-4f0e-9d3b-7c6f52455042"


def run(folder: Path, progress: Progress) -> dict[str, Any]:
    """goodput_Bps and raw_notify_Bps on the same paced link, in turn; the best of each is the link's own."""
    raw: list[float] = []
    synced: list[float] = []
    for turn in range(TURNS):
        raw.append(asyncio.run(_raw()))
        synced.append(asyncio.run(_sync(folder / f"turn-{turn}")))
        progress("sync", turn + 1, TURNS)
    return {
        "goodput_Bps": max(synced),
        "raw_notify_Bps": max(raw),
        "share_of_raw": max(synced) / max(raw),
        "turns": [
            {"goodput_Bps": one, "raw_notify_Bps": other} for one, other in zip(synced, raw, strict=True)
        ],
        "air_s_per_wall_s": SPEED,
        "interval_ms": PACE.interval_ms,
        "packets_per_interval": PACE.fragments,
    }


async def _raw() -> float:
    """Payload bytes a second of air, of a program that only notifies."""
    main = Path(__file__).with_name("on_device").joinpath("raw_notify.py").read_bytes()
    async with asyncio.timeout(LIMIT_S), Air(clock=Scaled(SPEED), pace=PACE) as air:
        device = await air.device("raw", board=load_board(), files={"/main.py": main}, heap_kb=HEAP_KB)
        scanner, client = (await air.central("phone")).backends
        found = await BleakScanner.find_device_by_address(device.mac, timeout=20, backend=scanner)
        if found is None:
            raise RuntimeError("the device is not heard")
        async with BleakClient(found, backend=client) as link:
            got, first, last, done = 0, 0.0, 0.0, asyncio.Event()

            def take(_: object, data: bytearray) -> None:
                nonlocal got, first, last
                last = time.perf_counter()
                first = first or last
                got += len(data)
                if got >= RAW_BYTES:
                    done.set()

            await link.start_notify(STREAM, take)
            await link.write_gatt_char(START, struct.pack("<I", RAW_BYTES), response=True)
            await done.wait()
            return got / ((last - first) * SPEED)


async def _sync(folder: Path) -> float:
    """Record bytes a second of air from the first batch kept to the last, through hub, ingest and commits."""
    flash = folder / "band"
    flash.mkdir(parents=True)
    board = load_board()
    image = FlashImage.blank(board, LOG_PARTITION)
    with firmware_importable():
        from device.store.log import Log  # type: ignore[import-not-found]

    log = Log(image)
    log.mount()
    for number in range(RECORDS):
        log.append(wire.FAULT, 1, wire.pack(wire.FAULT, 1, (1,), PAYLOAD), number)
    image.save(flash / "flash.bin")
    trusted.settle(flash / "flash.bin", board)
    size = wire.OVERHEAD + 2 + len(PAYLOAD)
    with Database(folder / "sync.sqlite3") as store:
        async with asyncio.timeout(LIMIT_S), Air(clock=Scaled(SPEED), pace=PACE) as air:
            await air.device("band", board=board, flash_dir=flash, heap_kb=HEAP_KB)
            hub = Hub(store, backends=(await air.central("companion")).backends, keys=trusted.KnownKeys())
            steps: list[tuple[float, int]] = []
            done = asyncio.Event()

            def hear(event: events.Event) -> None:
                if isinstance(event, events.Progress):
                    steps.append((time.perf_counter(), event.cursor))
                    if event.cursor >= RECORDS:
                        done.set()

            hub.bus.listen(hear)
            serving = asyncio.create_task(hub.run())
            await done.wait()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    (first_s, first), (last_s, last) = steps[0], steps[-1]
    return (last - first) * size / ((last_s - first_s) * SPEED)
