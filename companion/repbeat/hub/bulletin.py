"""What devices do now, for the other processes of one database: pages need not be served where the hub is.

A hub's process posts a row for each device that it is connected to, sealed with the wearer's key, and takes
it away when the connection ends; the others read what changed. Nothing queues up: a row is a device's last
state. What a killed hub left is taken away by whoever reads next.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from repbeat.beside import again_and_again
from repbeat.hub import events
from repbeat.hub.board import LIVE, SYNCING, State
from repbeat.store import Database, NotFound, StoreError, devices

EVERY_S = 0.4  # devices send a value a second
BEAT_S = 5.0  # how often a hub says that it lives where nothing is new
STALE_S = 15.0  # without a beat for so long, a hub is gone


class Bulletin:
    """Posts what `snapshot` says for other processes; `post` once, `posting` again and again."""

    def __init__(
        self,
        db: Database,
        snapshot: Callable[[], Mapping[str, State]],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hub = secrets.token_hex(8)
        self._db = db
        self._snapshot = snapshot
        self._monotonic_s = monotonic_s
        self._posted: dict[str, tuple[State, float]] = {}
        self._beat = 0

    def post(self) -> None:
        """Rows for what is new, or has not been said for a while; none for what is gone."""
        now = self._monotonic_s()
        states = {one: state for one, state in self._snapshot().items() if state.link in (SYNCING, LIVE)}
        due = {
            one: state
            for one, state in states.items()
            if one not in self._posted
            or self._posted[one][0] != state
            or now - self._posted[one][1] >= BEAT_S
        }
        gone = self._posted.keys() - states.keys()
        if due or gone:
            self._beat += 1
            with self._db.atomic():
                rows = [_row(self._db, self.hub, self._beat, state) for state in due.values()]
                self._db.upsert("live_now", ("device_id",), rows)
                _take_away(self._db, self.hub, gone)
            self._posted |= {one: (state, now) for one, state in due.items()}
            for one in gone:
                del self._posted[one]

    def close(self) -> None:
        """Take every row away."""
        _take_away(self._db, self.hub, self._posted.keys())
        self._posted.clear()


def stand(db: Database, hub: str, beat: int, states: Iterable[State]) -> None:
    """All that a hub elsewhere is connected to now, in place of what it was."""
    now = {state.device_id: state for state in states}
    was = {row["device_id"] for row in db.rows("SELECT device_id FROM live_now WHERE hub = :hub", hub=hub)}
    with db.atomic():
        db.upsert("live_now", ("device_id",), [_row(db, hub, beat, state) for state in now.values()])
        _take_away(db, hub, was - now.keys())


def _row(db: Database, hub: str, beat: int, state: State) -> dict[str, object]:
    wearer = None
    with contextlib.suppress(NotFound):  # a device whose first connection is just beginning
        wearer = devices.athlete_of(db, devices.get(db, state.device_id))
    sealed = db.vault.seal(wearer, msgspec.json.encode(state), _place(state.device_id))
    return {"device_id": state.device_id, "hub": hub, "beat": beat, "sealed": sealed}


def _take_away(db: Database, hub: str, gone: Iterable[str]) -> None:
    rows = [{"device_id": one, "hub": hub} for one in gone]
    if rows:
        db.run_many("DELETE FROM live_now WHERE device_id = :device_id AND hub = :hub", rows)


class _Read(NamedTuple):
    hub: str
    beat: int
    state: State | None  # None: its key is forgotten
    at_s: float


class Others:
    """What the hubs of other processes posted; `look` once, `reading` again and again.

    `hear` is told what is new, as this process's bus would tell; `own` is this process's hub, if it has one.
    """

    def __init__(
        self,
        db: Database,
        hear: Callable[[events.Event], None],
        own: str = "",
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._hear = hear
        self._own = own
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._read: dict[str, _Read] = {}

    def snapshot(self) -> dict[str, State]:
        """State by device id; may be called from any thread."""
        with self._lock:
            return {one: read.state for one, read in self._read.items() if read.state is not None}

    def look(self) -> None:
        """Read what changed, tell it, and sweep what no hub stands by any more."""
        now = self._monotonic_s()
        rows = self._db.rows("SELECT * FROM live_now WHERE hub <> :own", own=self._own)
        found: dict[str, _Read] = {}
        for row in rows:
            device_id, before = row["device_id"], self._read.get(row["device_id"])
            if before is not None and (before.hub, before.beat) == (row["hub"], row["beat"]):
                if now - before.at_s < STALE_S:
                    found[device_id] = before
                else:
                    self._sweep(row["device_id"], row["hub"], row["beat"])
                continue
            plain = self._db.vault.open(row["sealed"], _place(device_id))
            state = msgspec.json.decode(plain, type=State) if plain else None
            found[device_id] = _Read(row["hub"], row["beat"], state, now)
        with self._lock:
            was, self._read = self._read, found
        for event in _news(was, found):
            self._hear(event)

    def _sweep(self, device_id: str, hub: str, beat: int) -> None:
        """Only if it is still as it was read: its hub may have been slow."""
        self._db.run(
            "DELETE FROM live_now WHERE device_id = :device_id AND hub = :hub AND beat = :beat",
            device_id=device_id,
            hub=hub,
            beat=beat,
        )


def merged(own: Mapping[str, State], others: Mapping[str, State]) -> dict[str, State]:
    """State by device id: of the hub that is connected to it."""
    here = {one: state for one, state in own.items() if state.link in (SYNCING, LIVE) or one not in others}
    return {**others, **here}


@contextlib.contextmanager
def posting(bulletin: Bulletin) -> Iterator[None]:
    """Post for as long as the block lasts, and leave nothing behind."""
    with again_and_again("bulletin", bulletin.post, EVERY_S, after_trouble_s=BEAT_S):
        yield
    with contextlib.suppress(StoreError):
        bulletin.close()


@contextlib.contextmanager
def reading(others: Others) -> Iterator[None]:
    """Look for as long as the block lasts."""
    with again_and_again("reading of other hubs", others.look, EVERY_S, after_trouble_s=BEAT_S):
        yield


def _news(was: Mapping[str, _Read], now: Mapping[str, _Read]) -> Iterator[events.Event]:
    """What a hub's bus would have told between two looks, but for values that came in between."""
    nothing = State(address="")
    for device_id, read in now.items():
        state, before = read.state, was.get(device_id)
        if state is None:
            continue
        old = (before.state if before and before.hub == read.hub else None) or nothing
        who = {"address": state.address, "device_id": device_id, "name": state.name}
        if state.values is not None and state.lives != old.lives:
            yield events.LiveValue(**who, values=state.values)
        if state.heart is not None and state.hearts != old.hearts:
            heart = state.heart
            yield events.HeartValue(**who, bpm=heart.bpm, contact=heart.contact, rr_1024=heart.rr_1024)
    for device_id in was.keys() - now.keys():
        gone = was[device_id].state
        if gone is not None:
            yield events.Disconnected(
                address=gone.address, device_id=device_id, name=gone.name, cause="", again_s=0.0
            )


def _place(device_id: str) -> str:
    return f"live_now/{device_id}"
