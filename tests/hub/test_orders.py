"""Orders to a device: carried out once, noted when they fail, never at the cost of another's records."""

from pathlib import Path

import pytest
from hub.collecting import BAND_ID, long_log, run_until, synced, whole
from hub.fake_band import FakeBand

from repbeat import store
from repbeat.people import band as wishes
from repbeat.people import commands
from repbeat.store import Database, devices
from repbeat_protocol import auth


@pytest.fixture
def band(db: Database) -> FakeBand:
    """A band that was synced, has an order to erase and a record since."""
    band = FakeBand("A1", 0xB1, long_log(60))
    run_until(db, synced(band, db), band)
    commands.add(db, BAND_ID, commands.ERASE, 0)
    band.append(200, b"since")
    band.fetched.clear()
    return band


def test_an_unworn_device_erases_at_once(db: Database, band: FakeBand) -> None:
    run_until(db, lambda _: not commands.waiting(db, BAND_ID), band)
    assert band.erased == [band.log_id]
    assert not band.fetched, "what is to go was fetched"
    assert devices.get(db, BAND_ID).problem == ""


def test_what_the_next_wearer_recorded_is_fetched_first(db: Database, band: FakeBand) -> None:
    bob = store.athletes.add(db, "Bob", 0).athlete_id
    devices.assign(db, BAND_ID, band.log_id, bob)
    run_until(db, lambda _: not commands.waiting(db, BAND_ID), band)
    assert band.erased == [band.log_id]
    assert whole(db, band)


def test_an_order_that_failed_stays_with_its_reason(db: Database, band: FakeBand) -> None:
    band.erase_answer = auth.pack(auth.REFUSED, auth.STORAGE)
    run_until(db, lambda _: bool(commands.waiting(db, BAND_ID)[0].problem), band)
    band.erase_answer = auth.pack(auth.ERASED)
    run_until(db, lambda _: not commands.waiting(db, BAND_ID), band)
    assert band.erased[-1] == band.log_id


def test_a_device_set_back_by_its_button_is_not_set_back_again(db: Database, band: FakeBand) -> None:
    band.log_id += 1
    run_until(db, synced(band, db), band)
    assert not commands.waiting(db, BAND_ID)
    assert not band.erased


def test_firmware_that_knows_no_settings_says_so_and_is_not_asked_again(tmp_path: Path, db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(5))
    run_until(db, synced(band, db), band)
    wishes.order(db, BAND_ID, wishes.Band(light=False), 1)
    run_until(db, lambda _: not commands.waiting(db, BAND_ID), band)
    _wish, order = wishes.wished(db, BAND_ID)
    assert order is not None
    assert "older firmware" in order.problem
