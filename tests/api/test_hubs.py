"""Gyms' hubs hand in to stateless processes on one database: nothing is lost, nothing is there twice."""

import base64
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from api.conftest import Caller
from free_port import free_port
from web.town import OTHER_DEVICE, OTHER_LOG, PASSWORD, Town

from repbeat.hub import events
from repbeat.hub.upload import Uploader, UploadFailed
from repbeat.ingest.batch import ingest
from repbeat.people import setup, tokens
from repbeat.store import Database, devices, records, sessions
from repbeat.web.background import served
from repbeat_tools.sample import NOW_MS, DeviceLog, session_log

LOG = 7
SESSIONS = 4
REPBEAT = Path(sys.executable).with_name("repbeat")


def whole_log() -> DeviceLog:
    """A few sessions of one device, one after another."""
    whole = DeviceLog()
    for number in range(SESSIONS):
        part = session_log(first_seq=whole.next_seq, boot=number + 1, unix_ms=NOW_MS + number * 3_600_000)
        whole.records += part.records
    return whole


def collect(db: Database, device_id: str, log: DeviceLog, upto: int) -> None:
    """What a hub does with a device in reach."""
    devices.seen(
        db,
        device_id,
        name=f"Band {device_id[-2:]}",
        address="C0:00:00:00:00:01",
        log_id=LOG,
        head_seq=upto,
        boot=1,
        plan_revision=0,
        firmware="0.1.0",
        now_ms=NOW_MS,
    )
    ingest(db, device_id, LOG, [record for record in log.records if record[0] < upto], NOW_MS)


class Companion:
    """A process of its own: `repbeat serve` on a database that others use too."""

    def __init__(self, database: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._command = [str(REPBEAT), "serve", "--no-hub", "--port", str(self.port), "--database", database]
        self._environment = environment
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        """Until it answers; pytest's own limit ends what never does."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/healthz").is_success:
                    return
            assert self.process.poll() is None, "serve ended"
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)


@pytest.fixture
def pair(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[Database, list[Companion]]]:
    """Two processes on one PostgreSQL, whose operator's account is there."""
    environment = {**os.environ, "REPBEAT_KEY_FILE": str(tmp_path / "heart.key")}
    with Database(postgresql_url) as db:
        setup.first_account(db, "A", "A", "Olga", PASSWORD, "::1", NOW_MS)
        both = [Companion(postgresql_url, environment) for _ in range(2)]
        try:
            for one in both:
                one.wait()
            yield db, both
        finally:
            for one in both:
                one.stop()


@pytest.mark.timeout(300)
def test_two_processes_two_hubs_one_of_them_offline_for_a_while(
    pair: tuple[Database, list[Companion]], tmp_path: Path
) -> None:
    db, (first, second) = pair
    account = db.value("SELECT account_id FROM accounts")
    _, token = tokens.make(db, account, "hubs", [tokens.HUB], NOW_MS)
    log = whole_log()
    bands = [f"00000000000000{number:02x}" for number in range(1, 4)]
    with (
        Database(tmp_path / "a.sqlite3") as here,
        Database(tmp_path / "b.sqlite3") as there,
        Uploader(here, [first.address, second.address], token) as near,
        Uploader(there, [second.address], token) as far,
    ):
        # The second hub knows only a process that does not run: it is offline.
        second.kill()
        third = len(log.records) // 3
        collect(here, bands[0], log, third)
        collect(there, bands[1], log, third)
        collect(here, bands[2], log, third)  # this one walks from hub to hub
        assert near.hand_in() == 2 * third
        with pytest.raises(UploadFailed, match="does not answer"):
            far.hand_in()
        collect(there, bands[1], log, 2 * third)  # collected while offline
        collect(there, bands[2], log, len(log.records))
        second.start()
        second.wait()
        # Now the first process dies, and the near hub goes on with the second.
        collect(here, bands[0], log, len(log.records))
        first.kill()
        assert near.hand_in() == len(log.records) - third
        assert far.hand_in() == 2 * third + len(log.records) - third
        collect(there, bands[1], log, len(log.records))
        collect(here, bands[2], log, len(log.records))  # the other hub has brought it already
        assert near.hand_in() == 0
        assert far.hand_in() == len(log.records) - 2 * third
    for band in bands:
        held = records.present(db, band, LOG, 0, len(log.records))
        assert held == dict(log.records)
        assert records.cursor(db, band, LOG) == len(log.records)
        assert records.count(db, band, LOG) == len(log.records)
        assert records.absent(db, band, LOG, len(log.records)) == []
    rows = db.all(sessions.Session, "SELECT * FROM sessions")
    assert len(rows) == SESSIONS * len(bands)
    assert all(
        len(sessions.reps(db, sessions.Key(one.device_id, LOG, one.session_seq))) == 30 for one in rows
    )


def test_the_same_again_and_an_answer_that_was_lost(
    town: Town, caller: Callable[..., Caller], tmp_path: Path
) -> None:
    hub = caller(town.people["operator"], [tokens.HUB])
    log = session_log()
    path = "/devices/00000000000000c3"
    heard = {"log_id": 9, "head_seq": len(log.records), "name": "Band 3"}
    assert hub.ask("PUT", path, json=heard)["next_seq"] == 0
    sent = [{"seq": seq, "raw": base64.b64encode(raw).decode()} for seq, raw in log.records]
    half = {"log_id": 9, "records": sent[: len(sent) // 2]}
    assert hub.ask("POST", f"{path}/records", json=half)["stored"] == len(sent) // 2
    again = hub.ask("POST", f"{path}/records", json=half)
    assert (again["stored"], again["duplicates"]) == (0, len(sent) // 2)
    # Out of order: what is ahead is kept, the acknowledgement stays where something is missing.
    ahead = hub.ask("POST", f"{path}/records", json={"log_id": 9, "records": sent[-3:]})
    assert (ahead["stored"], ahead["next_seq"]) == (3, len(sent) // 2)
    whole = hub.ask("POST", f"{path}/records", json={"log_id": 9, "records": sent, "caught_up": True})
    assert whole["next_seq"] == len(sent)
    assert records.present(town.db, "00000000000000c3", 9, 0, len(sent)) == dict(log.records)
    assert devices.get(town.db, "00000000000000c3").last_sync_ms == NOW_MS
    damaged = bytearray(log.records[0][1])
    damaged[-1] ^= 1
    bad = {"seq": 0, "raw": base64.b64encode(bytes(damaged)).decode()}
    refused = hub.ask("POST", f"{path}/records", 422, json={"log_id": 10, "records": [bad]})
    assert refused["title"] == "Damaged on its way"
    gap = {"first_seq": 0, "next_seq": 5, "why": "overwritten on the device"}
    assert hub.ask("POST", f"{path}/records", json={"log_id": 11, "gaps": [gap]})["next_seq"] == 5


def test_a_hub_reaches_the_devices_of_its_own_gym_alone(town: Town, caller: Callable[..., Caller]) -> None:
    hub = caller(town.people["operator"], [tokens.HUB])  # of the gym Elsewhere
    heard = {"log_id": OTHER_LOG, "head_seq": 0, "name": "Mine now"}
    hub.ask("PUT", f"/devices/{OTHER_DEVICE}", 404, json=heard)
    hub.ask("POST", f"/devices/{OTHER_DEVICE}/records", 404, json={"log_id": OTHER_LOG})
    hub.ask("POST", "/devices/00000000000000c3/records", 404, json={"log_id": 1})
    refused = hub.ask("PUT", "/devices/00000000000000c3", 422, json={**heard, "gym_id": "home"})
    assert "elsewhere" in refused["detail"]
    caller(town.people["athlete"], [tokens.HUB]).ask("PUT", "/devices/00000000000000c3", 403, json=heard)


def test_what_is_handed_in_is_told_as_what_a_hub_of_ones_own_collects(
    town: Town, caller: Callable[..., Caller]
) -> None:
    """By this the planner looks again, sets on machines find their owners, and groups hear of a session."""
    told: list[events.Event] = []
    town.app.extensions["repbeat.tell"] = told.append
    hub = caller(town.people["operator"], [tokens.HUB])
    device, log = "/devices/00000000000000c5", session_log()
    heard = {"log_id": LOG, "head_seq": log.next_seq, "name": "Band 5"}
    hub.ask("PUT", device, json=heard)
    sent = [{"seq": seq, "raw": base64.b64encode(raw).decode()} for seq, raw in log.records]
    hub.ask("POST", f"{device}/records", json={"log_id": LOG, "records": sent[:20]})
    hub.ask("POST", f"{device}/records", json={"log_id": LOG, "records": sent[20:], "caught_up": True})
    first, second, caught_up = told
    assert isinstance(first, events.Progress)
    assert isinstance(second, events.Progress)
    assert [len(one.stored.sessions) for one in (first, second)] == [1, 1]
    assert isinstance(caught_up, events.CaughtUp)
    assert (caught_up.device_id, caught_up.cursor) == ("00000000000000c5", log.next_seq)


def test_what_the_device_lost_is_handed_in_as_lost(town: Town, tmp_path: Path) -> None:
    _, token = tokens.make(town.db, town.people["operator"].account_id, "hub", [tokens.HUB], NOW_MS)
    log = whole_log()
    with Database(tmp_path / "outbox.sqlite3") as here, served(town.app) as address:
        device = "00000000000000c4"
        collect(here, device, DeviceLog(records=log.records[20:]), len(log.records))
        records.add_gap(here, device, LOG, 0, 20, "overwritten on the device", NOW_MS)
        with Uploader(here, [address], token) as hub:
            assert hub.hand_in() == len(log.records) - 20
    assert records.cursor(town.db, device, LOG) == len(log.records)
    (absent,) = records.absent(town.db, device, LOG, len(log.records))
    assert (absent.first_seq, absent.next_seq, absent.why) == (0, 20, "overwritten on the device")
