"""The loop by itself: a session comes in over the link, the next plan goes out and is in force."""

from pathlib import Path

import pytest
from gym.logs import meet
from hub.collecting import planned, run_until
from hub.fake_band import FakeBand
from ingest import made

from repbeat.coach.arrivals import Arrivals
from repbeat.hub import Hub
from repbeat.hub.events import Bus, CaughtUp, Progress
from repbeat.ingest.batch import Stored
from repbeat.store import Database, athletes, plans
from repbeat.store.sessions import Key
from repbeat_protocol import records as wire
from repbeat_protocol.plan import PlanOutOfBounds


def train(band: FakeBand, revision: int, reps: list) -> None:
    """A session of squats at 60 kg, where 3 × 6-8 were asked, as the band would record it."""
    session = band.next_seq
    start = (wire.SESSION_START, session, revision, 60, 190, 0, 0, 0, wire.UNKNOWN_U8)
    band.append(wire.SESSION, wire.pack(wire.SESSION, 1, start))
    for index, count in enumerate(reps):
        _, raw = made.set_(0, session, uptime_ms=0, set_index=index, reps=count, plan=revision)
        band.append(wire.SET, raw[wire.HEADER_SIZE : -wire.CRC_SIZE])
    end = (wire.SESSION_END, session, revision, 60, 190, len(reps), sum(reps), 600, 6)
    band.append(wire.SESSION, wire.pack(wire.SESSION, 1, end))


@pytest.mark.parametrize(("reps", "loads"), [([8, 8, 8], [62_500]), ([8, 8, 7], [60_000])])
def test_the_next_plan_follows_the_session(tmp_path: Path, reps: list, loads: list) -> None:
    band = FakeBand("A1", 0xB1, [])
    began: list[Arrivals] = []
    with Database(tmp_path / "repbeat.sqlite3") as db:
        athlete_id = planned(db, band, 5)
        trained: list[int] = []

        def done(hub: Hub) -> bool:
            if not began:
                began.append(Arrivals(db, hub.bus, lambda: made.NOW_MS, approved=True))
            newest = plans.every(db, athlete_id)[0]
            if newest.status != plans.APPLIED:
                return False
            if not trained:
                trained.append(band.next_seq)
                train(band, newest.revision, reps)
                return False
            state = hub.board.snapshot()["00000000000000b1"]
            settled = state.link == "connected" and state.cursor == band.next_seq
            return settled and (newest.revision > 5 or reps[-1] < 8)

        run_until(db, done, band)
        began[0].close()
        assert [item.load_g for item in plans.every(db, athlete_id)[0].wire().items] == loads
        assert [item.load_g for item in band.slot.current.items] == loads


def test_why_there_is_no_plan_is_not_told_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def cannot(*_: object, **__: object) -> None:
        raise PlanOutOfBounds("max_bpm 40 is not above resting_bpm 52")

    monkeypatch.setattr("repbeat.coach.desk.propose_next", cannot)
    with Database(tmp_path / "repbeat.sqlite3") as db:
        meet(db, made.DEVICE, athletes.add(db, "Ann", made.NOW_MS).athlete_id)
        bus, of = Bus(), {"address": "A1", "device_id": made.DEVICE}
        arrivals = Arrivals(db, bus, lambda: made.NOW_MS)
        stored = Stored(next_seq=1, stored=1, duplicates=0, sessions=(Key(made.DEVICE, made.LOG, 0),))
        bus.tell(Progress(cursor=1, head_seq=1, stored=stored, **of))
        bus.tell(CaughtUp(cursor=1, **of))
        arrivals.close()
    assert "PlanOutOfBounds" in caplog.text
    assert "max_bpm" not in caplog.text


def test_without_approval_the_proposal_waits(tmp_path: Path) -> None:
    band = FakeBand("A1", 0xB1, [])
    began: list[Arrivals] = []
    with Database(tmp_path / "repbeat.sqlite3") as db:
        athlete_id = planned(db, band, 5)

        def done(hub: Hub) -> bool:
            if not began:
                began.append(Arrivals(db, hub.bus, lambda: made.NOW_MS))
            newest = plans.every(db, athlete_id)[0]
            if newest.status == plans.APPLIED and band.next_seq < 4:
                train(band, 5, [8, 8, 8])
            return newest.status == plans.PROPOSED

        run_until(db, done, band)
        began[0].close()
        assert band.slot.current.revision == 5
