"""Server-sent events of the real server: what happens now, to whom may see it, from where one was cut off."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import httpx
import msgspec
import pytest
from api.conftest import PREFIX
from web.sample import DEVICE
from web.town import OTHER_DEVICE, Town

from repbeat.api import live
from repbeat.api.feed import Feed
from repbeat.hub import events
from repbeat.people import consent, tokens
from repbeat.people.accounts import Account
from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat.web.limits import Limits
from repbeat_protocol import live as live_wire
from repbeat_tools.sample import NOW_MS

VALUES = {
    "version": 1,
    "phase": 2,
    "set_index": 0,
    "reps": 1,
    "exercise": 2,
    "reps_low": 8,
    "reps_high": 10,
    "rest_left_s": 0,
    "mean_velocity_mm_s": 512,
    "bpm": 141,
    "zone": 3,
    "form_bits": 0,
    "plan_revision": 1,
}


class Reader:
    """Reads a stream in a thread of its own, as a browser does."""

    def __init__(self, address: str, token: str, last_id: str = "", query: str = "") -> None:
        self.events: list[tuple[str, Any, str]] = []  # (event, data, id)
        self.ended = threading.Event()
        headers = {"Authorization": f"Bearer {token}"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._read, args=(f"{address}{PREFIX}/live{query}", headers), daemon=True
        )
        self._thread.start()

    def _read(self, url: str, headers: dict[str, str]) -> None:
        block: dict[str, str] = {}
        with httpx.Client(timeout=30) as client, client.stream("GET", url, headers=headers) as answer:
            self.status = answer.status_code
            self.kind = answer.headers["Content-Type"]
            for line in answer.iter_lines():
                if self._stop.is_set():
                    break
                name, _, value = line.partition(": ")
                if line:
                    block[name] = value
                elif "event" in block:
                    self.events.append((block["event"], json.loads(block["data"]), block.get("id", "")))
                    block = {}
        self.ended.set()

    def until(self, count: int) -> list[tuple[str, Any, str]]:
        """Wait for this many events; pytest's own limit ends what never comes."""
        while len(self.events) < count:
            time.sleep(0.02)
        return self.events

    def close(self) -> None:
        """Leave at the next line."""
        self._stop.set()


class Gym:
    """A served companion with a feed, and its accounts' tokens."""

    def __init__(self, town: Town, address: str, feed: Feed) -> None:
        self.town, self.address, self.feed = town, address, feed
        self.readers: list[Reader] = []

    def read(self, account: Account, scopes: Any = tokens.SCOPES, **more: str) -> Reader:
        _, token = tokens.make(self.town.db, account.account_id, "live", scopes, NOW_MS)
        self.readers.append(Reader(self.address, token, **more))
        return self.readers[-1]

    def rep(self, device_id: str, number: int) -> None:
        values = {**VALUES, "reps": number}
        self.feed.hear(events.LiveValue(address="x", device_id=device_id, values=values))

    def beat(self, device_id: str, bpm: int) -> None:
        self.feed.hear(
            events.HeartValue(address="x", device_id=device_id, bpm=bpm, contact=True, rr_1024=(512,))
        )


@contextmanager
def running(town: Town, limits: Limits, kept: int = 64) -> Iterator[Gym]:
    feed = Feed(kept)
    app = create_app(town.db, unix_s=lambda: NOW_MS / 1000, access=Accounts(None), limits=limits, feed=feed)
    with served(app) as address:
        gym = Gym(town, address, feed)
        yield gym
        for reader in gym.readers:
            reader.close()


@pytest.fixture
def gym(town: Town) -> Iterator[Gym]:
    with running(town, Limits(streams=4)) as found:
        yield found


def test_repetitions_and_heart_rate_come_as_they_happen(gym: Gym) -> None:
    reader = gym.read(gym.town.ann)
    wait_for_streams(gym, 1)
    gym.rep(DEVICE, 1)
    gym.rep(OTHER_DEVICE, 5)  # somebody else's
    gym.rep(DEVICE, 2)
    gym.beat(DEVICE, 139)
    found = reader.until(3)
    assert reader.kind == "text/event-stream; charset=utf-8"
    assert [kind for kind, _, _ in found] == ["live", "live", "heart"]
    assert [data["reps"] for _, data, _ in found[:2]] == [1, 2]
    assert (found[0][1]["bpm"], found[2][1]["bpm"], found[2][1]["rr_ms"]) == (141, 139, [500.0])
    assert {data["device_id"] for _, data, _ in found} == {DEVICE}


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """What an event `live` of a device in use holds: any headset's or mirror's program may count on it."""

    device_id: str
    athlete_id: str
    link: str
    link_words: str
    phase: str
    active: bool
    counting: bool
    set: Annotated[int, msgspec.Meta(ge=1)]
    reps: Annotated[int, msgspec.Meta(ge=0)]
    target: int | None
    exercise: str
    rest_left_s: int | None
    bpm: Annotated[int, msgspec.Meta(ge=20, le=250)] | None
    zone: Annotated[int, msgspec.Meta(ge=0, le=5)]
    steps: int | None
    cadence: int | None
    angle: int | None
    angle_range: list[int] | None
    velocity: int | None
    form: list[Literal["partial", "fast", "turn", "uneven", "abrupt", "asymmetric"]]
    strain: Annotated[float, msgspec.Meta(ge=0, le=21)] | None


def test_each_event_is_as_the_schema_says(gym: Gym) -> None:
    # Row 34.
    reader = gym.read(gym.town.ann)
    wait_for_streams(gym, 1)
    newer = {**VALUES, "steps": 812, "cadence": 104, "strain_x10": 63, "form_bits": 3}
    for values in (VALUES, newer, {**newer, "phase": live_wire.REST, "rest_left_s": 60, "bpm": 0}):
        gym.feed.hear(events.LiveValue(address="x", device_id=DEVICE, values=values))
    told = [msgspec.convert(data, Told) for _, data, _ in reader.until(3)]
    assert [one.form for one in told] == [[], ["partial", "fast"], ["partial", "fast"]]
    assert [(one.bpm, one.rest_left_s) for one in told] == [(141, None), (141, None), (None, 60)]


def wait_for_streams(gym: Gym, count: int) -> None:
    """Until so many streams have begun."""
    while len([reader for reader in gym.readers if hasattr(reader, "kind")]) < count:
        time.sleep(0.02)


def test_consent_is_asked_while_it_runs(gym: Gym, athlete_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.0)
    coach = gym.town.people["coach"]
    (given,) = consent.give(gym.town.db, athlete_id, "account", coach.account_id, ["live"], NOW_MS)
    reader = gym.read(coach)
    wait_for_streams(gym, 1)
    gym.rep(DEVICE, 1)
    gym.beat(DEVICE, 139)
    gym.rep(DEVICE, 2)
    found = reader.until(2)
    assert [(kind, data["reps"], data["bpm"]) for kind, data, _ in found] == [
        ("live", 1, None),
        ("live", 2, None),
    ]
    consent.revoke(gym.town.db, athlete_id, given.consent_id, NOW_MS)
    gym.rep(DEVICE, 3)
    gym.rep(OTHER_DEVICE, 9)  # the coach's own athlete does not wear it: nothing
    again = gym.read(gym.town.ann, last_id="")
    wait_for_streams(gym, 2)
    gym.rep(DEVICE, 4)
    again.until(1)
    assert [data["reps"] for _, data, _ in reader.events] == [1, 2]


def test_who_was_cut_off_goes_on_where_they_were(gym: Gym) -> None:
    reader = gym.read(gym.town.ann)
    wait_for_streams(gym, 1)
    gym.rep(DEVICE, 1)
    last_id = reader.until(1)[0][2]
    reader.close()
    for number in range(2, 6):
        gym.rep(DEVICE, number)
    again = gym.read(gym.town.ann, last_id=last_id)
    assert [data["reps"] for _, data, _ in again.until(4)] == [2, 3, 4, 5]
    # An id of another run of the server is none: one begins with what is.
    stranger = gym.read(gym.town.ann, last_id="0000-1")
    wait_for_streams(gym, 3)
    gym.rep(DEVICE, 6)
    assert [data["reps"] for _, data, _ in stranger.until(1)] == [6]


def test_a_reader_too_slow_is_told_what_is_missing(town: Town) -> None:
    with running(town, Limits(streams=4), kept=8) as gym:
        gym.rep(DEVICE, 0)
        mark = gym.feed.mark(1)
        for number in range(1, 30):
            gym.rep(DEVICE, number)
        found = gym.read(town.ann, last_id=mark).until(9)
        assert found[0][:2] == ("missed", 21)
        assert [data["reps"] for _, data, _ in found[1:]] == list(range(22, 30))


def test_streams_are_few_and_end_with_the_server(town: Town) -> None:
    with running(town, Limits(streams=1)) as gym:
        first = gym.read(town.ann)
        wait_for_streams(gym, 1)
        second = gym.read(town.ann)
        assert second.ended.wait(20)
        assert second.status == 503
    assert first.ended.wait(20)


def test_a_stream_needs_the_scope_and_the_consent(gym: Gym, athlete_id: str) -> None:
    refused = gym.read(gym.town.ann, scopes=[tokens.READ])
    assert refused.ended.wait(20)
    assert refused.status == 403
    hidden = gym.read(gym.town.people["coach"], query=f"?athlete_id={athlete_id}")
    assert hidden.ended.wait(20)
    assert hidden.status == 404
