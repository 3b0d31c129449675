"""What a monitoring system reads: figures of the service, and nothing of a person."""

import json
import logging
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from web.sample import DEVICE
from web.town import ANNS, OTHER_DEVICE, SECRET_NAMES, Town

from repbeat.people import accounts, tokens
from repbeat.store import Database, StoreFull, athletes, devices
from repbeat.web import logs
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_tools.sample import NOW_MS

LABELS = {"method", "route", "status", "state", "le", "version", "generation"}
OF_PYTHON = {"implementation", "major", "minor", "patchlevel"}


def personal(db: Database) -> set[str]:
    """Every name and id of a person or of what is theirs."""
    found = {DEVICE, OTHER_DEVICE, "Band 1", "Band 2", *SECRET_NAMES}
    for one in athletes.every(db):
        found |= {one.name, one.athlete_id}
    for account in accounts.every(db):
        found |= {account.name, account.account_id}
    return found


def walk(town: Town) -> None:
    """Ask for pages that are full of names, as their owner."""
    client = town.client(town.ann)
    (athlete_id,) = accounts.owned(town.db, town.ann.account_id)
    session = f"/sessions/{ANNS['device_id']}/{ANNS['log']}/2"
    for path in ("/", "/sessions", session, f"/privacy/{athlete_id}", "/devices", f"/{athlete_id}"):
        client.get(path)


def test_metrics_name_nobody(town: Town) -> None:
    walk(town)
    for device_id, count in ((DEVICE, 1000), (OTHER_DEVICE, 234)):
        devices.received(town.db, device_id, count)
    _, text = tokens.make(town.db, town.people["operator"].account_id, "monitor", [tokens.METRICS], NOW_MS)
    answer = town.client(None).get("/metrics", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    shown = answer.get_data(as_text=True)
    assert [one for one in personal(town.db) if one in shown] == []
    samples = [sample for family in text_string_to_metric_families(shown) for sample in family.samples]
    assert {label for sample in samples for label in sample.labels} <= LABELS | OF_PYTHON
    values = {(sample.name, *sample.labels.values()): sample.value for sample in samples}
    assert values["repbeat_devices", "known"] == 2
    assert values["repbeat_received_bytes_total",] == 1234
    assert values["repbeat_requests_total", "GET", "/privacy/<athlete_id>", "200"] == 1
    assert values["repbeat_requests_total", "GET", "none", "404"] == 1


@pytest.mark.parametrize("scopes", [["read"], ["read", "heart", "live", "write"]])
def test_metrics_need_their_own_scope(town: Town, scopes: list[str]) -> None:
    _, text = tokens.make(town.db, town.people["operator"].account_id, "other", scopes, NOW_MS)
    answer = town.client(None).get("/metrics", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 403
    assert "metrics" in answer.get_data(as_text=True)


def test_logs_are_json_and_name_nobody(
    town: Town, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    kept = logging.getLogger().handlers[:]
    logs.configure("info", "json")
    try:
        walk(town)
    finally:
        logging.getLogger().handlers[:] = kept
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    routes = [line for line in lines if line["logger"] == "repbeat.requests"]
    assert routes[3]["route"] == "/privacy/<athlete_id>"
    assert routes[3]["status"] == 200
    everything = json.dumps(lines)
    assert [one for one in personal(town.db) if one in everything] == []


def test_health_follows_the_store(trained: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(trained, access=Open("test")).test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}

    def full(*_: Any, **__: Any) -> None:
        raise StoreFull("no room left: free some disk space")

    monkeypatch.setattr(trained, "value", full)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "free some disk space" in answer.get_data(as_text=True)
