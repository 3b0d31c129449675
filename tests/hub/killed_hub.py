"""A companion that is killed at a given step of its sync: run by test_kill.py in a process of its own."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from hub.collecting import long_log
from hub.fake_band import FakeBand, backends

from repbeat.hub import Hub
from repbeat.store import Database
from repbeat_protocol import frames
from repbeat_tools.trusted import KnownKeys


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(path: str, step: str, batch: int) -> None:
    database = Database(Path(path))
    band = FakeBand("A1", 0xB1, long_log(1300))
    band.logs_time = False  # the parent's band must hold the same bytes
    count = 0

    def now(kind: str) -> bool:
        nonlocal count
        count += kind == step
        return kind == step and count == batch

    insert, control = database.insert, band.control

    def before_commit(table: str, rows: object) -> int:
        done = insert(table, rows)
        if table == "blocks" and now("commit"):
            die()  # the records are written, but not committed
        return done

    def before_ack(frame: bytes) -> None:
        if frame[0] == frames.ACK and now("ack"):
            die()  # committed here, not yet known there
        control(frame)

    database.insert = before_commit
    band.control = before_ack
    asyncio.run(Hub(database, backends=backends(band), keys=KnownKeys()).sync_once(0.1, 20))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
