"""The commands: one JSON object, names and numbers that agree with the store, errors a person can act on."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hub.collecting import BAND_ID, long_log, planned
from hub.fake_band import FakeBand, backends

from repbeat.cli import main
from repbeat.hub import Hub
from repbeat.hub.heart_rate import read
from repbeat.store import Database
from repbeat_tools.trusted import KnownKeys


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "repbeat.sqlite3"
    log = [entry for entry in long_log() if not 100 <= entry[0] < 130]
    band = FakeBand("A1", 0xB1, log)
    with Database(path) as db:
        planned(db, band, 5)
        asyncio.run(Hub(db, backends=backends(band), keys=KnownKeys()).sync_once(0.1, 20))
    return path


def test_devices_prints_what_is_here_and_what_is_not(database: Path) -> None:
    code, out, _ = run("devices", "--json", "--database", database)
    (device,) = json.loads(out)["devices"]
    assert code == 0
    assert (device["device_id"], device["athlete"], device["firmware"]) == (BAND_ID, "Ann", "0.1.0")
    assert (device["missing"], device["problem"], device["plan_revision"]) == (0, "", 5)
    assert device["gaps"] == [
        {"first": 100, "next": 130, "why": "overwritten on the device before they were fetched"}
    ]
    assert device["samples"] == "30 gone from the device, in named gaps"
    assert device["clock"]["state"].startswith("set, within")
    assert device["flags"] == {"unknown_type": 6}
    assert device["sync_age_s"] >= 0
    assert device["received_bytes"] > 370 * 20  # records have heads


def test_devices_for_people(database: Path) -> None:
    code, out, _ = run("devices", "--database", database)
    assert code == 0
    assert "Ann" in out
    assert "30 gone from the device, in named gaps; received " in out


def test_a_device_changes_hands(database: Path) -> None:
    assert run("devices", "--database", database, "rename", BAND_ID, "Left wrist")[0] == 0
    assert run("devices", "--database", database, "assign", BAND_ID)[0] == 0
    _, out, _ = run("devices", "--json", "--database", database)
    (device,) = json.loads(out)["devices"]
    assert (device["name"], device["athlete"]) == ("Left wrist", None)
    code, _, error = run("devices", "--database", database, "assign", BAND_ID, "--athlete", "Zoe")
    assert (code, "there are: Ann" in error) == (1, True)


def test_without_bluetooth_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    code, out, error = run("sync", "--scan", 1, "--json", "--database", tmp_path / "a.sqlite3")
    assert (code, out) == (1, "")
    assert "switch it on" in error


@pytest.mark.parametrize("command", ["hub", "sync", "devices", "plan"])
def test_every_command_explains_itself(command: str) -> None:
    code, out, _ = run(command, "--help")
    assert (code, "Usage" in out) == (0, True)


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (b"\x00\x48", (72, None, ())),
        (b"\x06\x48", (72, True, ())),
        (b"\x04\x48", (72, False, ())),
        (b"\x01\x48\x01", (328, None, ())),
        (b"\x18\x48\x10\x00\x00\x04\x80\x03", (72, None, (1024, 896))),
    ],
)
def test_heart_rate_measurements(value: bytes, read_as: tuple) -> None:
    assert read(value) == read_as


@pytest.mark.parametrize(
    "value", [b"", b"\x00", b"\x01\x48", b"\x08\x48\x01", b"\x10\x48\x01", b"\x00\x48\x01"]
)
def test_heart_rate_measurements_cut_short(value: bytes) -> None:
    with pytest.raises(ValueError, match="Heart Rate Measurement"):
        read(value)
