"""A hub's process without a radio: its bus is told values until it is ended; run by test_bulletin.py."""

import sys
import time
from pathlib import Path

from repbeat.hub import events
from repbeat.hub.board import Board
from repbeat.hub.bulletin import Bulletin, posting
from repbeat.store import Database
from repbeat_protocol import live


def main(where: str, device_id: str, values: int) -> None:
    location = where if "://" in where else Path(where)
    bus = events.Bus()
    board = Board(bus)
    in_set = dict.fromkeys(live.FIELDS, 0) | {"version": live.VERSION, "phase": live.IN_SET, "bpm": 150}
    who = {"address": "A1", "device_id": device_id, "name": "Band"}
    with Database(location) as db, posting(Bulletin(db, board.snapshot)):
        bus.tell(events.CaughtUp(**who, cursor=1))
        for number in range(values):
            bus.tell(events.LiveValue(**who, values=in_set | {"reps": number}))
            bus.tell(events.HeartValue(**who, bpm=150, contact=True, rr_1024=(410,)))
            time.sleep(0.2)
        bus.tell(events.Disconnected(**who, cause="", again_s=1.0))
        time.sleep(1.0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
