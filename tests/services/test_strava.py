"""Strava: first connect, upload, duplicate, expired token, 429, 500, revoked; nothing lost, nothing twice."""

import pytest
from services.conftest import World

from repbeat.people import consent
from repbeat.services import connections, outbox
from repbeat.services.errors import BadConnection, NotConnected


def state(world: World) -> connections.Connection:
    return connections.get(world.db, world.athlete_id, "strava")


def items(world: World) -> list[tuple[str, str]]:
    return [(one.state, one.remote) for one in outbox.items(world.db, world.athlete_id, "strava").values()]


def test_a_wrong_code_connects_nothing(world: World) -> None:
    with pytest.raises(BadConnection, match="begin again"):
        world.services.strava.tokens("42", "shh", "no")
    assert connections.of_athlete(world.db, world.athlete_id) == {}


def test_a_session_goes_up_once(world: World) -> None:
    world.connect_strava()
    (first,) = world.run()
    assert (first.sent, first.left) == (0, 1)  # Strava still works on it
    assert world.run(1.0) == []  # not asked more often than every two seconds
    world.run(2.0)
    (last,) = world.run(2.0)
    assert (last.state, last.sent, last.left) == ("connected", 1, 0)
    assert items(world) == [("sent", "7")]
    for _ in range(3):
        world.run(120)
    assert len(world.strava.files) == 1
    assert "repbeat-session-" in next(iter(world.strava.activities))
    assert world.strava.files[0][8:12] == ".FIT"


def test_a_later_session_goes_up_by_itself(world: World) -> None:
    world.connect_strava()
    for _ in range(4):
        world.run(120)
    world.one_more_session()
    for _ in range(4):
        world.run(120)
    assert len(world.strava.files) == len(world.strava.activities) == 2


def test_what_strava_has_already_is_a_success(world: World) -> None:
    """A kill between Strava's answer and our note: the same session once more, known by its name."""
    world.connect_strava()
    for _ in range(4):
        world.run(120)
    world.db.run("DELETE FROM service_items")
    for _ in range(4):
        world.run(120)
    assert items(world) == [("sent", "duplicate")]
    assert len(world.strava.files) == 1


def test_an_expired_token_is_renewed_and_the_new_one_kept(world: World) -> None:
    world.connect_strava()
    world.strava.access = "something new"
    world.strava.expires_s = world.now_ms // 1000 + 2 * 21_600
    world.run(21_600)
    world.run(60)
    world.run(60)
    assert items(world) == [("sent", "7")]
    assert connections.secret(world.db, state(world))["refresh_token"] == world.strava.refresh
    assert world.strava.renewals == 2


@pytest.mark.parametrize(
    ("failure", "least_s"),
    [
        ((429, {}, {"Retry-After": "900"}), 900),
        ((500, {}), 60),
        ((502, b"<html>"), 60),
        ((200, b"<html>"), 60),
    ],
)
def test_a_failure_waits_and_loses_nothing(world: World, failure: tuple[int, object], least_s: int) -> None:
    world.connect_strava()
    world.strava.failures = [failure]  # type: ignore[list-item]
    (report,) = world.run()
    assert (report.state, report.left) == ("waiting", 1)
    assert report.problem
    assert world.run(least_s - 1) == []
    asked = len(world.strava.asked)
    for _ in range(4):
        world.run(60)
    assert len(world.strava.asked) > asked
    assert items(world) == [("sent", "7")]
    assert state(world).state == "connected"
    assert state(world).tries == 0


def test_failures_in_a_row_wait_longer_each_time(world: World) -> None:
    world.connect_strava()
    waits = []
    for _ in range(12):
        world.strava.failures = [(500, {})]
        world.run()
        waits.append(state(world).next_ms - world.now_ms)
        world.now_ms = state(world).next_ms
    assert waits[0] == 60_000
    assert waits == sorted(waits)
    assert waits[-1] == 6 * 3_600_000


def test_no_network_waits(world: World) -> None:
    world.connect_strava()
    world.services.strava._home = "http://127.0.0.1:9"
    (report,) = world.run()
    assert (report.state, report.left) == ("waiting", 1)
    assert "ConnectError" in report.problem


def test_a_permission_taken_back_stops_until_it_is_given_again(world: World) -> None:
    world.connect_strava()
    world.strava.access = world.strava.refresh = "gone"
    (report,) = world.run()
    assert report.state == "revoked"
    assert "connect it again" in report.problem
    asked = len(world.strava.asked)
    assert world.run(7 * 86_400) == []
    assert len(world.strava.asked) == asked
    world.strava.refresh = "refresh-1"
    world.connect_strava()
    for _ in range(4):
        world.run(60)
    assert items(world) == [("sent", "7")]
    assert len(world.strava.files) == 1


def test_a_session_that_strava_cannot_read_stops_no_other(world: World) -> None:
    world.connect_strava()
    world.one_more_session()
    world.strava.failures = [(200, {"error": "The file is malformed.", "activity_id": None})]
    for _ in range(4):
        world.run(120)
    assert sorted(one for one, _ in items(world)) == ["refused", "sent"]


def test_heart_rate_goes_only_with_consent(world: World) -> None:
    world.connect_strava((consent.SESSIONS,))
    world.run()
    bare = world.strava.files[0]
    world.db.run("DELETE FROM service_items")
    world.strava.activities.clear()
    world.strava.uploads.clear()
    world.connect_strava()
    world.run()
    assert len(world.strava.files[1]) > len(bare) + 200


def test_consent_revoked_elsewhere_stops_it_before_anything_leaves(world: World) -> None:
    world.connect_strava()
    connections.end_consent(world.db, world.athlete_id, "strava", world.now_ms)
    asked = len(world.strava.asked)
    (report,) = world.run(1)
    assert (report.state, report.sent) == ("waiting", 0)
    assert "consent" in report.problem
    assert len(world.strava.asked) == asked


def test_disconnecting_forgets_the_tokens_and_ends_the_consent(world: World) -> None:
    world.connect_strava()
    connections.disconnect(world.db, world.athlete_id, "strava", world.now_ms)
    assert world.run(60) == []
    assert not consent.service_may(world.db, world.athlete_id, "strava", consent.SESSIONS, world.now_ms + 1)
    assert world.db.value("SELECT COUNT(*) FROM service_connections") == 0
    with pytest.raises(NotConnected):
        connections.disconnect(world.db, world.athlete_id, "strava", world.now_ms)


def test_tokens_lie_sealed_and_go_with_the_athletes_key(world: World) -> None:
    world.connect_strava()
    (row,) = world.db.rows("SELECT * FROM service_connections")
    assert b"access-1" not in bytes(row["sealed_secret"])
    assert "shh" not in str(row)
    world.db.vault.forget(world.athlete_id)  # type: ignore[attr-defined]
    (report,) = world.run()
    assert report.state == "revoked"


def test_two_processes_send_nothing_twice(world: World) -> None:
    world.connect_strava()
    (one,) = connections.due(world.db, world.now_ms)
    assert connections.lease(world.db, one, world.now_ms)
    assert not connections.lease(world.db, one, world.now_ms)
    assert world.run() == []
    assert world.run(connections.LEASE_MS / 1000)  # whoever had it was killed: it is taken up again
