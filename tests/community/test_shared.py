"""A shared session of two companions over a line that loses, cuts and delays; what leaves it."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable

import msgspec
import pytest
from community.line import Line, new_client
from community.place import BPM, Place

from repbeat.community.shared import guest, host, identity, sessions, wire
from repbeat.community.shared.errors import (
    BadMessage,
    BadSignature,
    NotYours,
    UnknownCode,
    Unreachable,
)
from repbeat.community.shared.guest import Guest
from repbeat.community.shared.reporter import SERVICE, Reporter
from repbeat.community.shared.sessions import Report
from repbeat.people import consent


def take_part(here: Place, code: str, language: str) -> None:
    public = identity.of(here.db).public
    for number, athlete_id in enumerate(here.athletes):
        consent.give(here.db, athlete_id, consent.SERVICE, SERVICE, [consent.LIVE], 0)
        nickname = f"{language} {number}"
        sessions.add_member(here.db, code, sessions.new_member(nickname, language, athlete_id, public))


def until(there: Callable[[], bool], limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not there():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


def joined(guest_: Guest, far: str, code: str) -> sessions.Shared:
    for _ in range(50):
        with contextlib.suppress(Unreachable, BadMessage):
            return guest_.join(far, code)
    raise AssertionError("the line let nothing through")


@pytest.mark.timeout(120)
def test_two_companions_six_bands_one_bad_line(
    two: tuple[Place, Place], line: tuple[Line, str], capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = two
    laid, far = line
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    take_part(here, session.code, "de")
    client = new_client()
    visitor = Guest(there.db, client, there.now_ms)
    joined(visitor, far, session.code)
    take_part(there, session.code, "ar")
    ended = threading.Event()
    following = threading.Thread(
        target=guest.follow, args=(visitor, there.db, there.now_ms, ended), daemon=True
    )
    following.start()
    until(lambda: len(sessions.members(here.db, session.code)) == 6)
    sessions.begin(here.db, session.code, round(here.now_ms()) + 2000)
    until(lambda: sessions.get(there.db, session.code, round(there.now_ms())).start_ms is not None)
    starts_ms = []
    for one in two:
        start_ms = sessions.get(one.db, session.code, round(one.now_ms())).start_ms
        assert start_ms is not None
        starts_ms.append(start_ms - one.ahead_ms)  # both on the test's own clock
    spread_ms = abs(starts_ms[0] - starts_ms[1])
    with capsys.disabled():
        sys.stderr.write(f"\nstart spread over the bad line: {spread_ms:.0f} ms\n")
    assert spread_ms <= 500

    for reps in range(1, 9):
        for one in two:
            for number in range(3):
                one.live(number, reps)
        time.sleep(0.05)
        if reps == 3:
            laid.down = True  # the line is cut, training goes on
        if reps == 6:
            laid.down = False

    def same() -> bool:
        seen = [
            [(event.member_id, event.counter) for event in sessions.since(one.db, session.code, 0)]
            for one in two
        ]
        return seen[0] == seen[1] and len(seen[0]) == 48

    until(same)
    ended.set()
    following.join()
    for one in two:
        last = sessions.latest(one.db, session.code)
        assert [event.report.reps for event in last.values()] == [8] * 6
        assert {event.report.bpm for event in last.values()} == {None}
    assert laid.lost > 0
    carried = b"".join(laid.captured)
    assert b'"reps":8' in carried
    assert b"bpm" not in carried.replace(b'"bpm":null', b"")
    for member in sessions.members(here.db, session.code):
        assert b'{"member_id":"%s","counter":' % member.member_id.encode() in carried  # both ways are legible
    for athlete_id in (*here.athletes, *there.athletes):
        assert athlete_id.encode() not in carried


def test_heart_rate_leaves_only_by_consent(two: tuple[Place, Place], line: tuple[Line, str]) -> None:
    here, there = two
    laid, far = line
    laid.bad = False
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    visitor = Guest(there.db, new_client(), there.now_ms)
    visitor.join(far, session.code)
    take_part(there, session.code, "en")
    consent.give(there.db, there.athletes[0], consent.SERVICE, SERVICE, [consent.HEART], 0)
    for number in range(3):
        there.live(number, 1)
    until(lambda: len(sessions.unsent(there.db, session.code)) == 3)
    visitor.exchange(sessions.get(there.db, session.code, round(there.now_ms())))
    found = sorted(str(event.report.bpm) for event in sessions.latest(here.db, session.code).values())
    assert found == [str(BPM), "None", "None"]


def test_without_consent_to_be_seen_live_nothing_is_said(two: tuple[Place, Place]) -> None:
    here, _ = two
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    take_part(here, session.code, "en")
    given = consent.to_service(here.db, here.athletes[0], SERVICE)
    consent.revoke(here.db, here.athletes[0], given[0].consent_id, round(here.now_ms()))
    for number in range(3):
        here.live(number, 1)
    until(lambda: len(sessions.latest(here.db, session.code)) == 2)
    here.reporter.close()
    assert len(sessions.latest(here.db, session.code)) == 2
    here.reporter = Reporter(here.db, here.bus, lambda: round(here.now_ms()))


def asked(here: Place, code: str, who: identity.Identity, **changes: object) -> wire.Answer:
    now_ms = round(here.now_ms())
    path = f"/api/shared/{code}"
    body = msgspec.json.encode(wire.Ask(**changes))  # type: ignore[arg-type]
    return host.exchange(here.db, code, who.headers("POST", path, body, now_ms), path, body, now_ms)


def test_what_is_not_signed_changed_stale_or_of_another_is_refused(two: tuple[Place, Place]) -> None:
    here, there = two
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    code, path, now_ms = session.code, f"/api/shared/{session.code}", round(here.now_ms())
    them, stranger = identity.of(there.db), identity.Identity(b"s" * 32)
    member = sessions.new_member("Visitor", "en", "", "")
    asked(here, code, them, members=[msgspec.structs.replace(member, athlete_id=None)])
    event = sessions.Event(
        member_id=member.member_id,
        counter=1,
        at_ms=1,
        report=Report(phase=2, exercise=1, set=0, reps=1, zone=1),
    )
    with pytest.raises(NotYours):
        asked(here, code, stranger, events=[event])
    with pytest.raises(NotYours):
        asked(
            here, code, stranger, members=[msgspec.structs.replace(member, nickname="Thief", athlete_id=None)]
        )
    body = msgspec.json.encode(wire.Ask())
    with pytest.raises(BadSignature):
        host.exchange(here.db, code, {}, path, body, now_ms)
    with pytest.raises(BadSignature):
        host.exchange(here.db, code, them.headers("POST", path, body, now_ms), path, body + b" ", now_ms)
    with pytest.raises(BadSignature, match="clocks"):
        host.exchange(here.db, code, them.headers("POST", path, body, now_ms - 61_000), path, body, now_ms)
    with pytest.raises(BadSignature):
        host.exchange(
            here.db, code, them.headers("POST", "/api/shared/OTHER", body, now_ms), path, body, now_ms
        )
    with pytest.raises(BadMessage, match="update both"):
        asked(here, code, them, version=2)
    garbled = b'{"events": [{"member_id": 7}]}'
    with pytest.raises(BadMessage):
        host.exchange(here.db, code, them.headers("POST", path, garbled, now_ms), path, garbled, now_ms)
    with pytest.raises(UnknownCode):
        asked(here, "22222222", them)
    assert sessions.since(here.db, code, 0) == []
    for _ in range(2):
        asked(here, code, them, events=[event])  # the same again, as after a cut: nothing twice
    assert len(sessions.since(here.db, code, 0)) == 1


@pytest.mark.parametrize("step_ms", [-30_000, 30_000])
def test_a_clock_that_is_set_anew_moves_no_start(
    two: tuple[Place, Place], line: tuple[Line, str], step_ms: float
) -> None:
    here, there = two
    laid, far = line
    laid.bad = False
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    visitor = Guest(there.db, new_client(), there.now_ms)
    met = visitor.join(far, session.code)
    start_ms = round(here.now_ms()) + 60_000
    sessions.begin(here.db, session.code, start_ms)
    met = visitor.exchange(met)
    there.ahead_ms += step_ms
    for _ in range(guest.KEPT):
        met = visitor.exchange(met)
    assert met.start_ms is not None
    assert abs(met.start_ms - there.ahead_ms - start_ms) <= 500


def test_another_host_at_the_same_address_is_not_believed(
    two: tuple[Place, Place], line: tuple[Line, str]
) -> None:
    here, there = two
    laid, far = line
    laid.bad = False
    session = sessions.create(here.db, "Evening", round(here.now_ms()))
    visitor = Guest(there.db, new_client(), there.now_ms)
    met = visitor.join(far, session.code)
    with pytest.raises(BadSignature, match="another companion"):
        visitor.exchange(msgspec.structs.replace(met, host_key="A" * 43))
    with pytest.raises(UnknownCode):
        visitor.join(far, "22222222")


def test_sessions_are_forgotten_after_half_a_day(two: tuple[Place, Place]) -> None:
    here, _ = two
    now_ms = round(here.now_ms())
    session = sessions.create(here.db, "Evening", now_ms)
    take_part(here, session.code, "en")
    here.live(0, 1)
    until(lambda: bool(sessions.latest(here.db, session.code)))
    with pytest.raises(UnknownCode):
        sessions.get(here.db, session.code, now_ms + sessions.LASTS_MS + 1)
    for table in ("shared_sessions", "shared_members", "shared_events"):
        assert here.db.value(f"SELECT COUNT(*) FROM {table}") == 0  # noqa: S608
