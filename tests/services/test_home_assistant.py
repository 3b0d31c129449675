"""Home Assistant through a real Mosquitto: what a subscriber finds retained there."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from free_port import free_port
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from services.conftest import World

from repbeat.people import consent
from repbeat.services import connections
from repbeat.services.errors import BadConnection

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
USER, PASSWORD = "repbeat", "let me in"
EVERYTHING = (consent.SESSIONS, consent.VALUES, consent.HEART)


@contextmanager
def broker(folder: Path, port: int) -> Iterator[None]:
    passwords = folder / "passwords"
    if not passwords.exists():
        subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, USER, PASSWORD], check=True)
        passwords.chmod(0o644)
        folder.chmod(0o755)
    conf = folder / "mosquitto.conf"
    conf.write_text(
        f"user root\nlistener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
        f"persistence false\nlog_dest none\n"
    )
    process = subprocess.Popen([str(MOSQUITTO), "-c", conf])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def port() -> int:
    if MOSQUITTO is None:
        needed = "needs Mosquitto: `apt-get install mosquitto` (Debian) brings it"
        assert not os.environ.get("CI"), needed
        pytest.skip(needed)
    return free_port()


def retained(port: int) -> dict[str, Any]:
    """Everything the broker gives to somebody who subscribes now."""
    found: dict[str, Any] = {}
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(USER, PASSWORD)
    client.on_message = lambda _c, _u, message: found.update({message.topic: json.loads(message.payload)})
    ended = False

    def ends(_c: Any, _u: Any, message: Any) -> None:
        nonlocal ended
        ended = True

    client.message_callback_add("end", ends)
    client.connect("127.0.0.1", port)
    client.subscribe([("homeassistant/#", 1), ("repbeat/#", 1), ("end", 1)])
    client.publish("end", "x", qos=1)  # what is retained was sent before it
    until = time.monotonic() + 10
    while not ended and time.monotonic() < until:
        client.loop(0.1)
    client.disconnect()
    assert ended
    return found


def connect(world: World, port: int, scopes: tuple[str, ...], password: str = PASSWORD) -> None:
    settings = {"host": "127.0.0.1", "port": port, "user": USER, "tls": False, "name": "Band"}
    secret = {"password": password}
    world.services.home_assistant.check(settings, secret)
    connections.connect(world.db, world.athlete_id, "home_assistant", scopes, settings, secret, world.now_ms)


def test_sensors_appear_with_their_state(world: World, port: int, tmp_path: Path) -> None:
    with broker(tmp_path, port):
        connect(world, port, EVERYTHING)
        (report,) = world.run()
        assert (report.state, report.sent) == ("connected", 1)
        found = retained(port)
        (state_topic,) = [topic for topic in found if topic.startswith("repbeat/")]
        state = found.pop(state_topic)
        assert state["readiness"] == "unknown"
        assert state["last_session"].startswith("2026-10-")
        assert state["last_session_min"] == 4
        assert {config["value_template"] for config in found.values()} == {
            f"{{{{ value_json.{name} }}}}" for name in state
        }
        for topic, config in found.items():
            assert topic == f"homeassistant/sensor/{topic.split('/')[2]}/{topic.split('/')[3]}/config"
            assert config["state_topic"] == state_topic
            assert config["origin"]["name"] == "RepBeat"
        assert len({config["unique_id"] for config in found.values()}) == len(found)
        assert "Athlete A" not in json.dumps(found)


def test_it_is_said_again_only_when_it_changes(world: World, port: int, tmp_path: Path) -> None:
    with broker(tmp_path, port):
        connect(world, port, EVERYTHING)
        assert world.run()[0].sent == 1
        assert world.run(120)[0].sent == 0
        world.one_more_session()
        assert world.run(120)[0].sent == 1


def test_without_consent_to_the_heart_there_is_no_such_sensor(
    world: World, port: int, tmp_path: Path
) -> None:
    with broker(tmp_path, port):
        connect(world, port, EVERYTHING)
        world.run()
        connect(world, port, (consent.SESSIONS,))
        world.run(120)
        found = retained(port)
        assert sorted(topic.split("/")[3] for topic in found if topic.startswith("homeassistant")) == [
            "last_session",
            "last_session_min",
        ]


def test_a_wrong_password_is_told_at_once_and_later_stops_it(world: World, port: int, tmp_path: Path) -> None:
    with broker(tmp_path, port):
        with pytest.raises(BadConnection, match="name and password"):
            connect(world, port, EVERYTHING, "wrong")
        connect(world, port, EVERYTHING)
        one = connections.get(world.db, world.athlete_id, "home_assistant")
        connections.keep_secret(world.db, one, {"password": "changed"})
        (report,) = world.run()
        assert report.state == "revoked"


def test_a_broker_that_is_away_gets_it_later(world: World, port: int, tmp_path: Path) -> None:
    with broker(tmp_path, port):
        connect(world, port, EVERYTHING)
    (report,) = world.run()
    assert (report.state, report.left) == ("waiting", 1)
    with broker(tmp_path, port):
        (report,) = world.run(61)
        assert (report.state, report.sent) == ("connected", 1)
        assert retained(port)


def test_disconnecting_takes_the_sensors_away(world: World, port: int, tmp_path: Path) -> None:
    with broker(tmp_path, port):
        connect(world, port, EVERYTHING)
        world.run()
        left = world.services.disconnect(world.db, world.athlete_id, "home_assistant", world.now_ms)
        assert left == ""
        assert retained(port) == {}
