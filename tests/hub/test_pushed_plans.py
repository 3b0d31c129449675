"""Plans on their way to the band, and what the log then says of them."""

from hub.collecting import BAND_ID, long_log, planned, run_until, synced
from hub.fake_band import FakeBand

from repbeat.hub import Hub, events
from repbeat.store import Database, plans
from repbeat_protocol import records as wire


def test_a_plan_is_pushed_applied_and_read_back_from_the_log(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(20))
    athlete_id = planned(db, band, 5)
    told = run_until(db, lambda _: plans.get(db, athlete_id, 5).status == plans.APPLIED, band)
    assert band.slot.current.revision == 5
    (delivery,) = plans.deliveries(db, BAND_ID)
    assert (delivery.revision, delivery.outcome) == (5, wire.APPLIED)
    kinds = [type(event) for event in told]
    assert kinds.index(events.PlanPushed) < len(kinds)
    assert [e.status for e in told if isinstance(e, events.PlanAnswered)] == [plans.APPLIED]


def test_a_plan_made_while_connected_is_pushed(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(20))
    made_now: list[str] = []

    def done(hub: Hub) -> bool:
        if not made_now and synced(band, db)(hub):
            made_now.append(planned(db, band, 3))
        return bool(made_now) and plans.get(db, made_now[0], 3).status == plans.APPLIED

    run_until(db, done, band)


def test_a_refused_plan_is_refused_with_its_reason_and_the_old_one_stays(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(20))
    athlete_id = planned(db, band, 5)
    run_until(db, lambda _: plans.get(db, athlete_id, 5).status == plans.APPLIED, band)
    planned(db, band, 6, load_g=90_000)
    run_until(db, lambda _: plans.get(db, athlete_id, 6).status == plans.REFUSED, band)
    assert "rises faster" in plans.get(db, athlete_id, 6).reason
    assert band.slot.current.revision == 5


def test_a_cut_during_the_push_is_made_good(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(20))
    athlete_id = planned(db, band, 5)
    handle = band.transfer
    cuts = iter([True])

    def transfer_(message: bytes) -> None:
        handle(message)
        if next(cuts, False):
            band.cut()

    band.transfer = transfer_
    run_until(db, lambda _: plans.get(db, athlete_id, 5).status == plans.APPLIED, band)
    assert band.connections == 2
