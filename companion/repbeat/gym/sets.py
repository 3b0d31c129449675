"""Sets that machines counted, as rows: when, on what, whose, and by what."""

from __future__ import annotations

import msgspec

from repbeat.ingest.clock import BootClock
from repbeat.store import Database, NotFound, clocks
from repbeat.store.sessions import Key

KEY = ("device_id", "log_id", "session_seq", "seq")
# A constant, never a value: values go as parameters.
OF_SET = "WHERE device_id = :device_id AND log_id = :log_id AND session_seq = :session_seq AND seq = :seq"


class SetKey(msgspec.Struct, frozen=True):
    """Which set."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int

    @property
    def session(self) -> Key:
        """The sensor's session that it is of."""
        return Key(self.device_id, self.log_id, self.session_seq)

    @property
    def text(self) -> str:
        """As `key_of` reads it."""
        return f"{self.device_id}-{self.log_id:08x}-{self.session_seq}-{self.seq}"


class MachineSet(msgspec.Struct, frozen=True, kw_only=True):
    """A set on a machine and whose it is; `athlete_id` None: the unclaimed pool, `how` says why."""

    device_id: str
    log_id: int
    session_seq: int
    seq: int
    machine_id: str | None
    start_ms: int | None
    end_ms: int | None
    athlete_id: str | None = None
    how: str = ""
    score: float | None = None
    margin: float | None = None

    @property
    def key(self) -> SetKey:
        """Which set it is."""
        return SetKey(self.device_id, self.log_id, self.session_seq, self.seq)


def key_of(text: str) -> SetKey:
    """A set's key from its text; NotFound where it is none."""
    device_id, *numbers = text.split("-")
    try:
        log_id, session_seq, seq = numbers
        return SetKey(device_id, int(log_id, 16), int(session_seq), int(seq))
    except ValueError:
        raise NotFound(f"{text!r} is no set: `repbeat machines unclaimed` lists their ids") from None


def get(db: Database, key: SetKey) -> MachineSet:
    """One set; NotFound if no machine counted it."""
    found = db.one(MachineSet, f"SELECT * FROM machine_sets {OF_SET}", **msgspec.structs.asdict(key))  # noqa: S608
    if found is None:
        raise NotFound("no machine has counted such a set")
    return found


def of_machine(db: Database, machine_id: str, from_ms: int, until_ms: int) -> list[MachineSet]:
    """A machine's sets that began between two moments, in order."""
    return db.all(
        MachineSet,
        """SELECT * FROM machine_sets WHERE machine_id = :machine_id
             AND start_ms >= :from_ms AND start_ms < :until_ms ORDER BY start_ms, device_id, seq""",
        machine_id=machine_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )


def of_athlete(db: Database, athlete_id: str, limit: int = 100) -> list[MachineSet]:
    """An athlete's sets on machines, newest first."""
    return db.all(
        MachineSet,
        """SELECT * FROM machine_sets WHERE athlete_id = :athlete_id
           ORDER BY start_ms DESC, seq DESC LIMIT :limit""",
        athlete_id=athlete_id,
        limit=limit,
    )


def unclaimed(db: Database, limit: int = 1000) -> list[MachineSet]:
    """The pool, newest first."""
    return db.all(
        MachineSet,
        """SELECT * FROM machine_sets WHERE athlete_id IS NULL
           ORDER BY COALESCE(start_ms, 0) DESC, device_id, seq LIMIT :limit""",
        limit=limit,
    )


def of_session(db: Database, key: Key) -> list[MachineSet]:
    """The sets of a sensor's session that are kept."""
    return db.all(
        MachineSet,
        """SELECT * FROM machine_sets WHERE device_id = :device_id AND log_id = :log_id
             AND session_seq = :session_seq""",
        **msgspec.structs.asdict(key),
    )


class Dates:
    """Moments of one log, by boot and uptime."""

    def __init__(self, db: Database, key: Key) -> None:
        self._db = db
        self._key = key
        self._boots: dict[int, BootClock] = {}

    def at(self, boot: int, uptime_ms: int) -> int | None:
        """Unix ms; None while no clock is known."""
        if boot not in self._boots:
            readings = clocks.of_boot(self._db, self._key.device_id, self._key.log_id, boot)
            self._boots[boot] = BootClock(readings)
        found = self._boots[boot].at(uptime_ms)
        return None if found is None else found[0]
