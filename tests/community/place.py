"""A companion with three bands, for sessions of two."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from repbeat.community.shared.reporter import Reporter
from repbeat.hub import events
from repbeat.store import Database, athletes, devices
from repbeat_protocol import exercises
from repbeat_protocol import live as wire_live
from repbeat_tools.sample import NOW_MS

SQUAT = exercises.code("squat")
BPM = 177  # nobody else's figure: found in what was captured it is a leak


@dataclass
class Place:
    """One companion with three bands; its clock is `ahead_ms` off."""

    db: Database
    bus: events.Bus
    reporter: Reporter
    ahead_ms: float
    athletes: list[str] = field(default_factory=list)

    def now_ms(self) -> float:
        return time.time() * 1000 + self.ahead_ms

    def live(self, number: int, reps: int, zone: int = 2) -> None:
        values = dict.fromkeys(wire_live.FIELDS, 0) | {
            "phase": wire_live.IN_SET, "reps": reps, "exercise": SQUAT, "zone": zone, "bpm": BPM,
        }  # fmt: skip
        device_id = f"{id(self) % 1000:08x}{number:08x}"
        self.bus.tell(events.LiveValue(address="", device_id=device_id, values=values))


@contextlib.contextmanager
def place(folder: Path, ahead_ms: float) -> Iterator[Place]:
    with Database(folder / "repbeat.sqlite3") as db:
        bus = events.Bus()
        here = Place(db, bus, None, ahead_ms)  # type: ignore[arg-type]
        here.reporter = Reporter(db, bus, lambda: round(here.now_ms()))
        for number in range(3):
            one = athletes.add(db, f"Athlete {number}", NOW_MS)
            device_id = f"{id(here) % 1000:08x}{number:08x}"
            devices.seen(
                db, device_id, name="", address=f"C0:{number}", log_id=1, head_seq=1, boot=1,
                plan_revision=0, firmware="", now_ms=NOW_MS,
            )  # fmt: skip
            devices.assign(db, device_id, 1, one.athlete_id)
            here.athletes.append(one.athlete_id)
        yield here
        here.reporter.close()
