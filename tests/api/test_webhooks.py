"""Webhooks to a real receiver: signed, again after failures, never into the local network unasked."""

import contextlib
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from api.conftest import Caller
from api.receiver import Clock, Receiver
from web.sample import DEVICE, LOG
from web.town import Town

from repbeat.people import consent, preferences
from repbeat.store import plans
from repbeat.webhooks import book, courier, targets
from repbeat.webhooks.courier import Courier
from repbeat.webhooks.errors import BadTarget
from repbeat_tools.sample import NOW_MS

EVENTS = list(book.EVENTS)


@pytest.fixture
def hook(town: Town, ann: Caller, receiver: Receiver) -> Any:
    """Ann's webhook, made before her session began."""
    town.app.extensions["repbeat.private_webhooks"] = True
    made = ann.ask("POST", "/webhooks", 201, json={"url": receiver.url, "events": EVENTS})
    town.db.run("UPDATE webhooks SET created_ms = 0")
    return made


def test_a_session_is_told_signed_and_once(
    hook: Any, sender: Courier, receiver: Receiver, ann: Caller, athlete_id: str, town: Town
) -> None:
    assert sender.look() == 1
    ((headers, body),) = receiver.got
    told = json.loads(body)
    assert (told["event"], told["athlete_id"]) == ("session.ended", athlete_id)
    assert told["see"] == f"/api/v1/sessions/{DEVICE}-{LOG:08x}-2"
    assert ann.get(told["see"].removeprefix("/api/v1"))["reps"] == 30
    assert headers["RepBeat-Delivery"] == told["delivery_id"]
    signed = headers["RepBeat-Timestamp"].encode() + b"." + body
    expected = hmac.new(hook["secret"].encode(), signed, hashlib.sha256).hexdigest()
    assert headers["RepBeat-Signature"] == expected
    assert headers["Host"].startswith("localhost:")
    assert b"Athlete" not in body
    assert sender.look() == 0
    plans.set_status(town.db, athlete_id, 2, plans.APPLIED)
    assert sender.look() == 1
    assert json.loads(receiver.got[1][1])["event"] == "plan.applied"
    assert "secret" not in json.dumps(ann.get("/webhooks")).replace('"secret": null', "")


def test_failures_are_tried_again_later_and_later_until_taken(
    hook: Any, sender: Courier, receiver: Receiver, ann: Caller, clock: Clock
) -> None:
    receiver.answers = [500, 302, 503]
    path = f"/webhooks/{hook['webhook_id']}/deliveries"
    for tries, pause_s in ((1, 30), (2, 60), (3, 120)):
        assert sender.look() == 1
        (found,) = ann.get(path)["items"]
        assert (found["state"], found["tries"]) == ("retrying", tries)
        assert found["next_ms"] == round(clock.unix_s * 1000) + pause_s * 1000
        assert sender.look() == 0
        clock.unix_s += pause_s
    assert "503" in found["problem"]
    assert sender.look() == 1
    (found,) = ann.get(path)["items"]
    assert (found["state"], found["tries"], found["problem"]) == ("delivered", 4, "")
    assert len({headers["RepBeat-Delivery"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 4  # no redirect was followed


def test_quiet_hours_hold_everything_until_their_end(
    hook: Any, sender: Courier, receiver: Receiver, clock: Clock, town: Town
) -> None:
    # Row 57.
    night = preferences.Preferences(
        account_id=town.ann.account_id, zone="Pacific/Auckland", quiet_from="22:00", quiet_until="07:00"
    )
    here = datetime.fromtimestamp(NOW_MS / 1000, ZoneInfo(night.zone))
    clock.unix_s = here.replace(hour=23, minute=30).timestamp()
    preferences.keep(town.db, night, ("en",))
    sender.look()
    assert receiver.got == []
    clock.unix_s += 7.4 * 3600
    sender.look()
    assert receiver.got == []
    clock.unix_s += 0.2 * 3600
    sender.look()
    assert receiver.got


@pytest.mark.parametrize(
    ("begins", "ends", "local", "waits_h"),
    [
        ("22:00", "07:00", "23:00", 8),
        ("22:00", "07:00", "06:00", 1),
        ("22:00", "07:00", "07:00", None),
        ("22:00", "07:00", "21:59", None),
        ("12:00", "14:00", "13:00", 1),
        ("12:00", "14:00", "14:00", None),
        ("12:00", "12:00", "12:00", None),
        ("", "", "03:00", None),
    ],
)
def test_quiet_hours_are_the_accounts_own_and_pass_midnight(
    begins: str, ends: str, local: str, waits_h: float | None
) -> None:
    wanted = preferences.Preferences(zone="Europe/Berlin", quiet_from=begins, quiet_until=ends)
    at = datetime.fromisoformat(f"2026-07-01T{local}").replace(tzinfo=ZoneInfo(wanted.zone))
    now_ms = round(at.timestamp() * 1000)
    until_ms = preferences.quiet_until_ms(wanted, now_ms)
    assert (None if until_ms is None else (until_ms - now_ms) / 3_600_000) == waits_h


def test_it_is_given_up_in_the_end(
    hook: Any, sender: Courier, receiver: Receiver, ann: Caller, clock: Clock
) -> None:
    receiver.close()
    while sender.look():
        clock.unix_s += courier.LONGEST_MS / 1000
    (found,) = ann.get(f"/webhooks/{hook['webhook_id']}/deliveries")["items"]
    assert (found["state"], found["tries"]) == ("given up", courier.TRIES)
    assert "no answer" in found["problem"]


def test_gone_is_gone(hook: Any, sender: Courier, receiver: Receiver, ann: Caller) -> None:
    receiver.answers = [410]
    sender.look()
    (found,) = ann.get(f"/webhooks/{hook['webhook_id']}/deliveries")["items"]
    assert found["state"] == "given up"


def test_a_kill_while_it_is_sent_sends_it_again(
    hook: Any, town: Town, receiver: Receiver, clock: Clock, sender: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(book, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            sender.look()
    after = Courier(town.db, private=True, unix_s=clock)
    assert after.look() == 0  # it might still be under way
    clock.unix_s += courier.TAKEN_MS / 1000
    assert after.look() == 1
    assert len(receiver.got) == 2
    assert len({headers["RepBeat-Delivery"] for headers, _ in receiver.got}) == 1


def test_two_processes_send_each_once(hook: Any, town: Town, receiver: Receiver, clock: Clock) -> None:
    both = [Courier(town.db, private=True, unix_s=clock) for _ in range(2)]
    threads = [threading.Thread(target=one.look) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.got) == 1


def test_consent_that_ended_keeps_it_back(
    town: Town, caller: Callable[..., Caller], athlete_id: str, receiver: Receiver, sender: Courier
) -> None:
    town.app.extensions["repbeat.private_webhooks"] = True
    coach = town.people["coach"]
    hers = caller(coach)
    made = hers.ask("POST", "/webhooks", 201, json={"url": receiver.url, "events": EVENTS})
    town.db.run("UPDATE webhooks SET created_ms = 0")
    assert sender.look() == 0
    (given,) = consent.give(town.db, athlete_id, "account", coach.account_id, ["sessions"], NOW_MS)
    receiver.answers = [500]
    assert sender.look() == 1
    consent.revoke(town.db, athlete_id, given.consent_id, NOW_MS)
    town.db.run("UPDATE webhook_deliveries SET next_ms = 0 WHERE next_ms IS NOT NULL")
    sender.look()
    assert len(receiver.got) == 1
    (found,) = hers.get(f"/webhooks/{made['webhook_id']}/deliveries")["items"]
    assert (found["state"], found["problem"]) == ("given up", "consent has ended")


def test_a_receiver_that_never_ends_its_answer_keeps_nobody_waiting(
    hook: Any, sender: Courier, ann: Caller, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "LIMIT_S", 0.5)
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        near, _ = listener.accept()
        with near, contextlib.suppress(OSError):
            near.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.05):
                near.sendall(b"x")  # sooner than any single read is given up

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        town.db.run("UPDATE webhooks SET url = :url", url=f"http://localhost:{listener.getsockname()[1]}/")
        assert sender.look() == 1
        ended.set()
        thread.join()
    (found,) = ann.get(f"/webhooks/{hook['webhook_id']}/deliveries")["items"]
    assert found["state"] == "retrying"
    assert "TimeoutError" in found["problem"]


def test_a_ping_tries_a_receiver(hook: Any, sender: Courier, receiver: Receiver, ann: Caller) -> None:
    path = f"/webhooks/{hook['webhook_id']}"
    made = ann.ask("POST", f"{path}/ping", 202)
    assert made["state"] == "waiting"
    sender.look()
    assert "ping" in {headers["RepBeat-Event"] for headers, _ in receiver.got}
    ann.ask("DELETE", path, 204)
    assert ann.get("/webhooks")["items"] == []
    ann.ask("POST", f"{path}/ping", 404)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://0x7f000001/x",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://10.1.2.3/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[fe80::1%25lo]/",
    ],
)
def test_nothing_is_sent_into_the_local_network(url: str) -> None:
    with pytest.raises(BadTarget, match=r"private_webhooks|not found"):
        targets.resolved(url, private=False)


def test_a_name_that_points_inside_is_refused_when_it_is_sent_to(
    hook: Any, town: Town, receiver: Receiver, ann: Caller, clock: Clock
) -> None:
    town.db.run("UPDATE webhooks SET url = 'https://localhost/hook'")
    Courier(town.db, unix_s=clock).look()
    (found,) = ann.get(f"/webhooks/{hook['webhook_id']}/deliveries")["items"]
    assert found["state"] == "retrying"
    assert "private network" in found["problem"]
    assert receiver.got == []


def test_the_address_that_was_judged_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1"])  # a name that changes its mind

    def look_up(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found = targets.resolved("https://rebind.example/hook?a=b", private=False)
    assert found.url == "https://93.184.216.34:443/hook?a=b"
    assert found.named == "rebind.example"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.org/", "https"),
        ("ftp://example.org/", "whole address"),
        ("file:///etc/passwd", "whole address"),
        ("https://user:pass@example.org/", "without a name"),
        ("https://example.org/#x", "without a name"),
        ("https://example.org:99999/", "no address"),
        ("example.org", "whole address"),
        ("https://example.org/a b", "plain characters"),
    ],
)
def test_addresses_are_checked_when_they_are_given(ann: Caller, url: str, says: str) -> None:
    refused = ann.ask("POST", "/webhooks", 422, json={"url": url, "events": EVENTS})
    assert says in refused["detail"]


def test_secrets_do_not_lie_open(hook: Any, town: Town) -> None:
    sealed = town.db.value("SELECT sealed_secret FROM webhooks")
    assert hook["secret"].encode() not in bytes(sealed)
