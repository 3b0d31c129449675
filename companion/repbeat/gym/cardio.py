"""What cardio machines tell, as sessions with their samples, under who has claimed the machine.

A session begins with the first moment in which something moves and ends with a minute of rest or the link.
Heart rates that a machine shows are left out: whose they are and how good, nobody knows.
"""

from __future__ import annotations

from typing import Any

import msgspec

from repbeat.gym import attribution, claims, machines
from repbeat.gym.evidence import LONGEST_SESSION_MS
from repbeat.store import Database, NotFound

REST_MS = 60_000
EVERY_MS = 900  # a sample a second: machines tell one to four times in it, and not to the millisecond
KEEP_MS = 30_000  # a running session is kept so often
MOVES = ("speed_kmh", "cadence_rpm", "power_w")
KEPT = (*MOVES, "distance_m", "incline_percent", "resistance", "pace_s_500m")


class CardioSession(msgspec.Struct, kw_only=True):
    """`samples`: {"t_s": seconds since its start, and the values of KEPT that the machine told}."""

    address: str
    start_ms: int
    end_ms: int
    name: str
    kind: str
    machine_id: str | None = None
    athlete_id: str | None = None
    how: str = ""
    samples: list[dict[str, float]]


class CardioLog:
    """`take` moments as they come; sessions are kept while they run and when they end."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._running: dict[str, CardioSession] = {}
        self._moved_ms: dict[str, int] = {}
        self._kept_ms: dict[str, int] = {}

    def take(self, address: str, name: str, kind: str, values: dict[str, float], at_ms: int) -> None:
        """One moment of one machine."""
        running = self._running.get(address)
        moves = any(values.get(one) for one in MOVES)
        if running is None and not moves:
            return
        if running is None:
            running = CardioSession(
                address=address, start_ms=at_ms, end_ms=at_ms, name=name, kind=kind, samples=[]
            )
            self._running[address] = running
            self._kept_ms[address] = at_ms
        if moves:
            self._moved_ms[address] = at_ms
        elif at_ms - self._moved_ms[address] >= REST_MS:
            self.end(address)
            return
        t_s = (at_ms - running.start_ms) / 1000
        if running.samples and (t_s - running.samples[-1]["t_s"]) * 1000 < EVERY_MS:
            return
        running.samples.append({"t_s": t_s, **{one: values[one] for one in KEPT if one in values}})
        running.end_ms = at_ms
        if at_ms - self._kept_ms[address] >= KEEP_MS:
            self._kept_ms[address] = at_ms
            _keep(self._db, running)

    def end(self, address: str) -> None:
        """The machine's link ended, or it stands still."""
        running = self._running.pop(address, None)
        if running is not None:
            moved_s = (self._moved_ms.pop(address) - running.start_ms) / 1000
            running.samples = [one for one in running.samples if one["t_s"] <= moved_s]
            running.end_ms = running.start_ms + round(moved_s * 1000)
            _keep(self._db, running)


def mount(db: Database, address: str, machine_id: str) -> None:
    """The machine that has this radio address."""
    machines.get(db, machine_id)
    db.upsert("cardio_machines", ("address",), [{"address": address.upper(), "machine_id": machine_id}])


def every(db: Database, athlete_id: str | None = None) -> list[CardioSession]:
    """Sessions of an athlete, or all, newest first."""
    rows = db.rows(
        """SELECT * FROM cardio_sessions WHERE athlete_id = :athlete_id OR :athlete_id IS NULL
           ORDER BY start_ms DESC, address""",
        athlete_id=athlete_id,
    )
    return [
        msgspec.convert({**row, "samples": msgspec.json.decode(row["samples"])}, CardioSession)
        for row in rows
    ]


def get(db: Database, address: str, start_ms: int) -> CardioSession:
    """One; NotFound otherwise."""
    for one in every(db):
        if (one.address, one.start_ms) == (address, start_ms):
            return one
    raise NotFound("no such session on a cardio machine")


def _keep(db: Database, session: CardioSession) -> None:
    machine_id = db.value(
        "SELECT machine_id FROM cardio_machines WHERE address = :address", address=session.address.upper()
    )
    held = _held(db, machine_id, session) if machine_id else None
    session.machine_id = machine_id
    session.athlete_id = held.athlete_id if held else None
    session.how = held.how if held else claims.NO_CLAIM
    row: dict[str, Any] = msgspec.structs.asdict(session)
    row["samples"] = msgspec.json.encode(session.samples).decode()
    db.upsert("cardio_sessions", ("address", "start_ms"), [row])


def _held(db: Database, machine_id: str, session: CardioSession) -> claims.Claim | None:
    """Who had claimed the machine when the session began, or was the first to while it ran."""
    timeout_s = machines.get(db, machine_id).timeout_s
    made = attribution.claims_of(db, machine_id, session.start_ms - LONGEST_SESSION_MS, session.end_ms)
    held = claims.holder(made, machine_id, session.start_ms, [], timeout_s)
    return held or next((one for one in made if one.from_ms >= session.start_ms), None)
