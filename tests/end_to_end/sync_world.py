"""A band with a full log, a hub with a store, and one fault in the middle; run as a script it can be killed.

python sync_world.py FLASH_DIR DATABASE [KILL_AT]   syncs once; SIGKILLs itself before its KILL_AT-th commit
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from repbeat.hub import Backoff, Hub, events
from repbeat.ingest import batch
from repbeat.store import Database, records
from repbeat_protocol import records as wire
from repbeat_tools import device_log, trusted
from repbeat_tools.demo.scene import HEAP_KB, load_board
from repbeat_tools.sample import packed
from repbeat_tools.simulator import Air, Device, Pace, Scaled

RECORDS = 700
LIMIT_S = 60
SLOW = Pace(interval_ms=15, fragments=2)
Fault = Callable[[Device], Awaitable[None]]


def batteries(log: Any) -> None:
    """As after days away from a companion."""
    for number in range(RECORDS):
        log.append(wire.BATTERY, 1, packed(wire.BATTERY, millivolts=3300 + number), 1000 * number)


def write_log(flash_dir: Path, fill: Callable[[Any], None] = batteries) -> None:
    """A flash file whose log the firmware's own code has filled with more than RECORDS records."""
    board = load_board()
    image = device_log.FlashImage.blank(board, device_log.LOG_PARTITION)
    with device_log.firmware_importable():
        from device.store.log import Log  # type: ignore[import-not-found]

    log = Log(image)
    log.mount()
    fill(log)
    flash_dir.mkdir(parents=True, exist_ok=True)
    image.save(flash_dir / "flash.bin")
    trusted.settle(flash_dir / "flash.bin", board)


async def sync(flash_dir: Path, database: Path, fault: Fault | None = None) -> dict[str, Any]:
    """Sync until all is here, with the fault once a third is; what device and store then hold."""
    board = load_board()
    with Database(database) as store:
        async with asyncio.timeout(LIMIT_S), Air(clock=Scaled(4), pace=SLOW) as air:
            band = await air.device("band", board=board, flash_dir=flash_dir, heap_kb=HEAP_KB)
            central = await air.central("companion")
            hub = Hub(
                store, backends=central.backends, backoff=Backoff(first_s=0.1), keys=trusted.KnownKeys()
            )
            hub.bus.listen(lambda event: said.append(event))
            said: list[events.Event] = []
            serving = asyncio.create_task(hub.run())
            try:
                if fault is not None:
                    while not _cursor(hub) > RECORDS // 3:
                        await asyncio.sleep(0.001)
                    at_fault = _cursor(hub)
                    await fault(band)
                    assert at_fault < RECORDS, "the fault came too late to be one"
                    await _until(lambda: any(isinstance(event, events.Disconnected) for event in said))
                await _until(lambda: _in_step(hub))
                await band.close()
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)
        log_id, held = device_log.read(flash_dir / "flash.bin", board)
        device_id = store.value("SELECT device_id FROM devices")
        stored = [(r.seq, r.raw) for part in records.of_log(store, device_id, log_id) for r in part]
    connections = sum(isinstance(event, events.Connected) for event in said)
    return {
        "on_device": len(held),
        "in_store": len(stored),
        "identical": held == stored,
        "doubled": len(stored) - len({seq for seq, _ in stored}),
        "connections": connections,
    }


def _cursor(hub: Hub) -> int:
    return max((state.cursor for state in hub.board.snapshot().values()), default=0)


def _in_step(hub: Hub) -> bool:
    states = hub.board.snapshot().values()
    return any(state.link == "connected" and state.cursor >= max(state.head_seq, RECORDS) for state in states)


async def _until(there: Callable[[], bool]) -> None:
    while not there():
        await asyncio.sleep(0.01)


def kill_before_commit(number: int) -> None:
    """SIGKILL this process when the records of its `number`-th batch are written, not committed."""
    advance = batch.store.advance
    calls = 0

    def dying(*arguments: Any) -> int:
        nonlocal calls
        calls += 1
        result = advance(*arguments)
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    batch.store.advance = dying


if __name__ == "__main__":
    if len(sys.argv) > 3:
        kill_before_commit(int(sys.argv[3]))
    print(json.dumps(asyncio.run(sync(Path(sys.argv[1]), Path(sys.argv[2])))))  # noqa: T201
