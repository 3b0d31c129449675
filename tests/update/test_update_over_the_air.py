"""A bundle from `repbeat bundle` to the band over Bluetooth: accepted, tried, kept or given up, and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from firmware.flash_file import stored
from update.conftest import board, faults, put, run, slot, until, versions

from repbeat.hub import update
from repbeat.hub.hub import Hub
from repbeat.store import Database, devices
from repbeat_tools import trusted
from repbeat_tools.simulator import Air

pytestmark = pytest.mark.xdist_group("update")


def test_a_newer_bundle_is_taken_tried_and_kept(
    tmp_path: Path, key: rsa.RSAPrivateKey, newer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "RESTART_S", 1.0)
    monkeypatch.setattr(update, "PROVED_S", 0.5)
    flash = tmp_path / "band"
    put(flash, newer, accepted=False)  # all but its last byte has arrived: that takes a minute here

    async def scenario(air: Air) -> None:
        band = await board(air, flash, key)
        central = await air.central("hub")
        with Database(tmp_path / "store.sqlite3") as db:
            hub = Hub(db, backends=central.backends, keys=trusted.KnownKeys())
            device_id = devices.name_of(int(band.mac.replace(":", ""), 16))
            seen: list[tuple[int, int]] = []
            done = await update.bring(hub, device_id, newer, "0.2.0", lambda *at: seen.append(at))
        assert (done.before, done.after, done.outcome) == ("0.1.0", "0.2.0", update.RUNS)
        assert seen == [(len(newer) + 31, len(newer) + 32)]
        await until(lambda: slot(flash).good)
        await band.reboot()
        await until(lambda: len(versions(flash)) == 3)

    run(scenario)
    assert versions(flash) == ["0.1.0", "0.2.0", "0.2.0"]
    assert [one.seq for one in stored(flash)] == list(range(len(stored(flash)))), "the log is whole"
    assert faults(flash) == []
