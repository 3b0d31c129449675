"""A store with one trained athlete, on either engine's default, and services that answer on real sockets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from services.fakes import FakeIntervals, FakeStrava
from web.sample import DEVICE, LOG

from repbeat.ingest.batch import ingest
from repbeat.people import consent
from repbeat.services import connections, outbox
from repbeat.services.registry import Services
from repbeat.store import Database, athletes
from repbeat_tools.sample import NOW_MS, session_log

DAY_MS = 86_400_000


@dataclass
class World:
    """The store, the services, the fakes, and a clock."""

    db: Database
    services: Services
    strava: FakeStrava
    intervals: FakeIntervals
    athlete_id: str
    now_ms: int = NOW_MS + DAY_MS

    def run(self, after_s: float = 0.0) -> list[outbox.Report]:
        self.now_ms += round(after_s * 1000)
        return outbox.run(self.db, self.services.adapters, self.now_ms)

    def connect_strava(self, scopes: tuple[str, ...] = (consent.SESSIONS, consent.HEART)) -> None:
        self.strava.expires_s = self.now_ms // 1000 + 21_600
        secret = self.services.strava.tokens("42", "shh", "yes")
        settings = {"client_id": "42", "from_ms": 0}
        connections.connect(self.db, self.athlete_id, "strava", scopes, settings, secret, self.now_ms)

    def connect_intervals(self) -> None:
        self.services.intervals.check("i77", "k3y")
        scopes = (consent.HEART, consent.VALUES)
        given = {"athlete": "i77"}, {"key": "k3y"}
        connections.connect(self.db, self.athlete_id, "intervals", scopes, *given, self.now_ms)

    def one_more_session(self) -> None:
        first = ingest_from(self.db)
        log = session_log(first_seq=first, boot=2, unix_ms=NOW_MS + DAY_MS // 2)
        ingest(self.db, DEVICE, LOG, log.records, self.now_ms)


def ingest_from(db: Database) -> int:
    return int(
        db.value(
            "SELECT next_seq FROM logs WHERE device_id = :device_id AND log_id = :log_id",
            device_id=DEVICE,
            log_id=LOG,
        )
    )


@pytest.fixture
def world(trained: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    strava, intervals = FakeStrava(), FakeIntervals()
    with strava.served() as one, intervals.served() as other:
        services = Services({"strava": one, "intervals": other})
        yield World(trained, services, strava, intervals, athletes.every(trained)[0].athlete_id)
        services.close()
