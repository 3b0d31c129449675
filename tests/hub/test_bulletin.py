"""What devices do now reaches processes that have no hub, and nothing of it stays behind."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ingest import made

from repbeat import store
from repbeat.hub import bulletin, events
from repbeat.hub.board import LIVE, OFF, Board, State
from repbeat.hub.bulletin import Bulletin, Others, merged
from repbeat.people import erase
from repbeat.store import Database, devices

WHO = {"address": "A1", "device_id": made.DEVICE, "name": "Band"}
TOLD_HUB = Path(__file__).with_name("told_hub.py")


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Two:
    """A hub's process and another one, over one database."""

    def __init__(self, db: Database) -> None:
        self.db, self.clock = db, Clock()
        self.bus = events.Bus()
        self.board = Board(self.bus)
        self.bulletin = Bulletin(db, self.board.snapshot, self.clock)
        self.heard: list[events.Event] = []
        self.others = Others(db, self.heard.append, monotonic_s=self.clock)

    def live(self, reps: int) -> None:
        self.bus.tell(events.LiveValue(**WHO, values={"phase": 2, "reps": reps}))

    def pass_on(self) -> list[events.Event]:
        """One turn of both; what the other one heard."""
        self.heard.clear()
        self.bulletin.post()
        self.others.look()
        return list(self.heard)


@pytest.fixture
def athlete(either: Database) -> str:
    found = store.athletes.add(either, "Ann", made.NOW_MS, tag=7).athlete_id
    seen = {"name": "Band", "address": "A1", "log_id": made.LOG, "head_seq": 1, "boot": 1}
    devices.seen(either, made.DEVICE, **seen, plan_revision=0, firmware="1", now_ms=made.NOW_MS)
    devices.assign(either, made.DEVICE, made.LOG, found)
    return found


@pytest.fixture
def two(either: Database, athlete: str) -> Two:
    return Two(either)


def rows(db: Database) -> int:
    found: int = db.value("SELECT COUNT(*) FROM live_now")
    return found


def test_values_are_told_once_each_and_equal_ones_are_two(two: Two) -> None:
    two.bus.tell(events.CaughtUp(**WHO, cursor=5))
    assert two.pass_on() == []
    assert two.others.snapshot()[made.DEVICE].link == LIVE
    two.live(3)
    two.bus.tell(events.HeartValue(**WHO, bpm=140, contact=None, rr_1024=(440, 441)))
    live, heart = two.pass_on()
    assert live == events.LiveValue(**WHO, values={"phase": 2, "reps": 3})
    assert heart == events.HeartValue(**WHO, bpm=140, contact=None, rr_1024=(440, 441))
    assert two.pass_on() == []
    two.live(3)
    assert two.pass_on() == [live]
    two.bus.tell(events.Disconnected(**WHO, cause="out of reach", again_s=2.0))
    (gone,) = two.pass_on()
    assert isinstance(gone, events.Disconnected)
    assert gone.device_id == made.DEVICE
    assert two.others.snapshot() == {}
    assert rows(two.db) == 0


def test_values_lie_sealed_for_the_wearer(two: Two, athlete: str) -> None:
    two.bus.tell(events.CaughtUp(**WHO, cursor=5))
    two.live(3)
    two.pass_on()
    sealed = bytes(two.db.value("SELECT sealed FROM live_now"))
    assert two.db.vault.is_of(sealed, athlete)
    assert b"phase" not in sealed
    erase.erase(two.db, athlete, made.NOW_MS)
    assert two.db.vault.open(sealed, f"live_now/{made.DEVICE}") is None
    after = Others(two.db, two.heard.append, monotonic_s=two.clock)
    two.heard.clear()
    after.look()
    assert two.heard == []
    assert after.snapshot() == {}


def test_a_hub_that_was_killed_is_swept_and_a_slow_one_is_not(two: Two) -> None:
    two.bus.tell(events.CaughtUp(**WHO, cursor=5))
    two.live(3)
    two.pass_on()
    for _ in range(4):  # nothing new, but it lives
        two.clock.now_s += bulletin.BEAT_S
        assert two.pass_on() == []
    assert made.DEVICE in two.others.snapshot()
    two.clock.now_s += bulletin.STALE_S
    two.others.look()
    assert isinstance(two.heard[-1], events.Disconnected)
    assert two.others.snapshot() == {}
    assert rows(two.db) == 0
    assert [type(one) for one in two.pass_on()] == [events.LiveValue]  # it was only slow


def test_a_hub_takes_no_row_of_another(two: Two) -> None:
    two.bus.tell(events.CaughtUp(**WHO, cursor=5))
    two.bulletin.post()
    other = Two(two.db)
    other.bus.tell(events.CaughtUp(**WHO, cursor=6))
    other.bulletin.post()
    two.bulletin.close()
    assert rows(two.db) == 1
    other.bulletin.close()
    assert rows(two.db) == 0


def test_the_hub_that_is_connected_counts() -> None:
    here, there = State(address="A1", link=OFF), State(address="A1", link=LIVE)
    assert merged({"d": here}, {"d": there}) == {"d": there}
    assert merged({"d": there}, {"d": here}) == {"d": there}
    assert merged({"d": here}, {}) == {"d": here}


@pytest.fixture
def hub(location: Path | str) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(values: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(TOLD_HUB), str(location), made.DEVICE, str(values)]
        running.append(subprocess.Popen(command))
        return running[-1]

    yield start
    for one in running:
        one.kill()
        one.wait()


def heard_until(others: Others, heard: list[events.Event], kind: type[events.Event]) -> None:
    """Look again and again; pytest's own limit ends what never comes."""
    while not any(isinstance(one, kind) for one in heard):
        others.look()
        time.sleep(0.05)


def test_another_process_is_heard_until_it_ends(
    either: Database, athlete: str, hub: Callable[[int], subprocess.Popen[bytes]]
) -> None:
    heard: list[events.Event] = []
    others = Others(either, heard.append)
    process = hub(10)
    heard_until(others, heard, events.Disconnected)
    assert {type(one) for one in heard} == {events.LiveValue, events.HeartValue, events.Disconnected}
    assert process.wait(30) == 0
    assert rows(either) == 0


def test_another_process_that_is_killed_leaves_nothing(
    either: Database,
    athlete: str,
    hub: Callable[[int], subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulletin, "STALE_S", 1.0)
    heard: list[events.Event] = []
    others = Others(either, heard.append)
    process = hub(10_000)
    heard_until(others, heard, events.HeartValue)
    process.kill()
    heard_until(others, heard, events.Disconnected)
    assert rows(either) == 0
