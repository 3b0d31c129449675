"""Home Assistant, through its MQTT broker: what is true now, as sensors that appear by themselves.

MQTT discovery (home-assistant.io/integrations/mqtt): a retained message under homeassistant/sensor describes
each sensor; the state is one retained JSON, which is sent when it changes and cleared on disconnecting.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from repbeat import __version__
from repbeat.coach import recovery
from repbeat.people import consent
from repbeat.services import connections
from repbeat.services.connections import Connection
from repbeat.services.errors import Again, BadConnection, Revoked
from repbeat.services.outbox import Sent, Wanted
from repbeat.services.shared import sessions_since
from repbeat.store import Database, athletes

if TYPE_CHECKING:
    from paho.mqtt.client import Client

HOME_ASSISTANT = "home_assistant"
ANSWER_S = 10.0
STATE = "state"
_CREDENTIALS = (
    134,
    135,
)  # reason codes of MQTT 5, to which those of 3.1.1 are brought: bad name, not allowed

# name in the state → (name shown, icon, device class, unit, kind of data it is)
SENSORS: dict[str, tuple[str, str, str | None, str | None, str]] = {
    "readiness": ("Readiness", "mdi:heart-pulse", None, None, consent.VALUES),
    "resting_bpm": ("Resting heart rate", "mdi:heart", None, "bpm", consent.HEART),
    "last_session": ("Last session", "mdi:weight-lifter", "timestamp", None, consent.SESSIONS),
    "last_session_min": ("Last session's length", "mdi:timer", "duration", "min", consent.SESSIONS),
}


class HomeAssistant:
    """The adapter."""

    service = HOME_ASSISTANT
    needs: tuple[str, ...] = (consent.SESSIONS,)

    def check(self, settings: dict[str, Any], secret: dict[str, Any]) -> None:
        """Connect to the broker once; BadConnection if it cannot be."""
        try:
            _publish(settings, secret, [])
        except (Again, Revoked) as error:
            raise BadConnection(str(error)) from error

    def wanted(self, db: Database, one: Connection, now_ms: int) -> Iterable[Wanted]:
        """The state, whenever it is another one."""
        content = msgspec.json.encode(_messages(db, one, now_ms))
        return [Wanted(STATE, hashlib.sha256(content).hexdigest()[:16])]

    def send(self, db: Database, one: Connection, wanted: Wanted, remote: str, now_ms: int) -> Sent:
        """Publish the descriptions and the state."""
        settings = msgspec.json.decode(one.settings)
        _publish(settings, connections.secret(db, one), _messages(db, one, now_ms))
        return Sent(STATE)

    def leave(self, db: Database, one: Connection) -> None:
        """Clear all that the broker retains, as far as it can be reached."""
        empty = [(topic, "") for topic, _ in _described(one, tuple(SENSORS))]
        _publish(
            msgspec.json.decode(one.settings), connections.secret(db, one), [*empty, (_state_topic(one), "")]
        )


def _messages(db: Database, one: Connection, now_ms: int) -> list[tuple[str, str]]:
    """(topic, payload) of all that is said; a sensor without consent or value is taken away."""
    state = state_of(db, one, now_ms)
    described = _described(one, tuple(SENSORS))
    out = [
        (topic, payload if name in state else "")
        for name, (topic, payload) in zip(SENSORS, described, strict=True)
    ]
    return [*out, (_state_topic(one), msgspec.json.encode(state).decode())]


def state_of(db: Database, one: Connection, now_ms: int) -> dict[str, Any]:
    """What is true now, of the kinds of data that were consented to."""

    def may(scope: str) -> bool:
        return consent.service_may(db, one.athlete_id, one.service, scope, now_ms)

    offset = timedelta(minutes=athletes.get(db, one.athlete_id).utc_offset_min)
    today = (datetime.fromtimestamp(now_ms / 1000, UTC) + offset).date()
    out: dict[str, Any] = {}
    if may(consent.VALUES):
        out["readiness"] = recovery.readiness_on(db, one.athlete_id, today).state.value
    if may(consent.HEART):
        found = [m.resting_bpm for m in recovery.mornings(db, one.athlete_id, today, 0) if m.resting_bpm]
        if found:
            out["resting_bpm"] = round(found[0])
    done = sessions_since(db, msgspec.structs.replace(one, settings='{"from_ms": 0}'), now_ms)
    if done and done[-1].start_ms is not None:
        out["last_session"] = datetime.fromtimestamp(done[-1].start_ms / 1000, UTC).isoformat(
            timespec="seconds"
        )
        out["last_session_min"] = round((done[-1].duration_s or 0) / 60)
    return out


def _described(one: Connection, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """The discovery message of each sensor. The ids say nothing of the athlete's name."""
    node = f"repbeat_{one.athlete_id[:12]}"
    device = {
        "identifiers": [node],
        "name": one.setting("name") or "RepBeat",
        "manufacturer": "RepBeat",
        "sw_version": __version__,
    }
    out = []
    for name in names:
        label, icon, device_class, unit, _ = SENSORS[name]
        config: dict[str, Any] = {
            "name": label,
            "unique_id": f"{node}_{name}",
            "state_topic": _state_topic(one),
            "value_template": f"{{{{ value_json.{name} }}}}",
            "icon": icon,
            "device": device,
            "origin": {"name": "RepBeat", "sw_version": __version__},
        }
        if device_class:
            config["device_class"] = device_class
        if unit:
            config["unit_of_measurement"] = unit
        out.append((f"homeassistant/sensor/{node}/{name}/config", msgspec.json.encode(config).decode()))
    return out


def _state_topic(one: Connection) -> str:
    return f"repbeat/{one.athlete_id[:12]}/state"


def _publish(settings: dict[str, Any], secret: dict[str, Any], messages: list[tuple[str, str]]) -> None:
    """Connect, send all retained and at least once, wait until the broker has them, end."""
    client = _client(settings, secret)
    answered = threading.Event()
    refused: list[int] = []

    def connected(_client: Any, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append(reason.value)
        answered.set()

    client.on_connect = connected
    try:
        client.connect(str(settings["host"]), int(settings["port"]), keepalive=30)
        client.loop_start()
        try:
            if not answered.wait(ANSWER_S):
                raise Again("the broker does not answer")
            if refused:
                raise _refusal(refused[0])
            for sent in [client.publish(topic, payload, qos=1, retain=True) for topic, payload in messages]:
                sent.wait_for_publish(ANSWER_S)
                if not sent.is_published():
                    raise Again("the broker did not confirm in time")
        finally:
            client.disconnect()
            client.loop_stop()
    except (OSError, ValueError, RuntimeError) as error:
        raise Again(f"the broker cannot be reached: {type(error).__name__}") from error


def _refusal(reason: int) -> Again | Revoked:
    if reason in _CREDENTIALS:
        return Revoked("the broker does not take this name and password: connect it again")
    return Again(f"the broker refused the connection ({reason})")


def _client(settings: dict[str, Any], secret: dict[str, Any]) -> Client:
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise Again("MQTT is not installed: pip install 'repbeat[mqtt]'") from error
    client = Client(CallbackAPIVersion.VERSION2)
    if settings.get("user"):
        client.username_pw_set(str(settings["user"]), str(secret.get("password") or ""))
    if settings.get("tls"):
        client.tls_set_context(ssl.create_default_context())
    client.connect_timeout = ANSWER_S
    return client
