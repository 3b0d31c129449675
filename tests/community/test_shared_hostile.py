"""Who hosts a shared session, or names an address of one, may say anything."""

import json
from collections.abc import Callable

import httpx
import msgspec
import pytest
from community.line import new_client
from community.place import Place

from repbeat.community.shared import guest, identity, sessions
from repbeat.community.shared.errors import (
    NotYours,
    PlainAddress,
    UnknownCode,
    Unreachable,
)
from repbeat.community.shared.guest import Guest


def answering(change: Callable[[dict[str, object]], bytes]) -> httpx.Client:
    """A host that says what it likes: `change` is given an answer as it should be."""
    fair = {
        "name": "Evening", "host_key": "A" * 43, "now_ms": 1_000, "start_ms": None, "ended_ms": None,
        "members": [], "events": [],
    }  # fmt: skip
    return httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=change(dict(fair))))
    )


EVENT = {"member_id": "a" * 32, "counter": 1, "at_ms": 1, "number": 1,
         "report": {"phase": 2, "exercise": 1, "set": 0, "reps": 1, "zone": 1}}  # fmt: skip


@pytest.mark.parametrize(
    "hostile",
    [
        {"now_ms": 1 << 70},
        {"start_ms": -(1 << 63)},
        {"events": [EVENT | {"number": 1 << 64}]},
        {"events": [EVENT | {"at_ms": 1 << 64}]},
        {"events": [EVENT] * 501},
        {"name": "x" * 10_000},
        {"members": "x" * (2 << 20)},
    ],
)
def test_a_host_that_says_what_no_store_can_keep_ends_nothing(
    two: tuple[Place, Place], hostile: dict[str, object]
) -> None:
    _, there = two
    client = answering(lambda fair: msgspec.json.encode(fair))
    visitor = Guest(there.db, client, there.now_ms)
    visitor.join("https://gym.example", "22222222")
    evil = answering(
        lambda fair: json.dumps(fair | hostile).encode()  # msgspec writes no number that large
    )
    guest._follow(Guest(there.db, evil, there.now_ms), there.db, *sessions.every(there.db))
    (session,) = sessions.every(there.db)
    assert "host's answer" in session.problem
    assert sessions.since(there.db, session.code, 0) == []


def test_a_host_names_nobody_who_is_at_home_here(two: tuple[Place, Place]) -> None:
    _, there = two
    victim = there.athletes[0]
    member = {"member_id": "a" * 32, "nickname": "Victim", "language": "en",
              "companion": identity.of(there.db).public, "athlete_id": victim}  # fmt: skip
    evil = answering(lambda fair: msgspec.json.encode(fair | {"members": [member]}))
    Guest(there.db, evil, there.now_ms).join("https://gym.example", "22222222")
    assert sessions.own(there.db, victim) == []


def test_a_session_of_this_companion_is_not_taken_elsewhere(two: tuple[Place, Place]) -> None:
    here, _ = two
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    evil = Guest(here.db, answering(lambda fair: msgspec.json.encode(fair)), here.now_ms)
    with pytest.raises(NotYours, match="known here"):
        evil.join("https://gym.example", session.code)
    assert sessions.every(here.db) == [session]


@pytest.mark.parametrize("code", ["", "../../admin", "2222222", "2222222?", "2222/222"])
def test_a_code_is_no_path(two: tuple[Place, Place], code: str) -> None:
    here, _ = two
    with pytest.raises(UnknownCode):
        Guest(here.db, new_client(), here.now_ms).join("https://gym.example", code)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("gym.example.org", "https://gym.example.org"),
        ("https://gym.example.org/", "https://gym.example.org"),
        ("http://192.168.1.7:8000", "http://192.168.1.7:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://rack.local:8000", "http://rack.local:8000"),
    ],
)
def test_an_address_is_https_but_in_ones_own_network(written: str, address: str) -> None:
    assert guest.address_of(written) == address


@pytest.mark.parametrize("written", ["http://192.168.1.1/reboot?x=", "gym.example#", "https://a:b@gym.e"])
def test_an_address_is_of_a_companion_and_nothing_behind_it(written: str) -> None:
    with pytest.raises(PlainAddress, match="alone"):
        guest.address_of(written + "x")


@pytest.mark.parametrize(
    "written",
    ["https://[::1", "gym.example:port", "https://gym.example:99999", "https://", "\x00"],
)
def test_what_is_no_address_is_said_to_be_none(written: str) -> None:
    with pytest.raises(PlainAddress):
        guest.address_of(written)


def test_a_name_that_can_be_none_is_not_reached(two: tuple[Place, Place]) -> None:
    here, _ = two
    with pytest.raises(Unreachable):
        Guest(here.db, new_client(), here.now_ms).join("https://" + "a" * 70, "22222222")


@pytest.mark.parametrize("written", ["http://gym.example.org", "http://93.184.215.14", "ftp://192.168.1.7"])
def test_nothing_is_said_in_the_open_internet(written: str) -> None:
    with pytest.raises(PlainAddress, match="https"):
        guest.address_of(written)
