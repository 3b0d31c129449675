"""intervals.icu: mornings out, planned workouts in; every call to a server that answers as it does."""

from datetime import UTC, datetime, timedelta

import pytest
from services.conftest import World

from repbeat.coach import recovery
from repbeat.derive.hrv import Morning
from repbeat.services import connections, intervals
from repbeat.services.errors import BadConnection


def measured(world: World, days_ago: int, rmssd_ms: float | None = 61.26, source: str = "band") -> str:
    day = (datetime.fromtimestamp(world.now_ms / 1000, UTC) - timedelta(days=days_ago)).date()
    recovery.add_morning(world.db, world.athlete_id, Morning(day, source, rmssd_ms, 52.4, 431.0))
    return day.isoformat()


def test_a_wrong_key_or_athlete_is_told_at_once(world: World) -> None:
    with pytest.raises(BadConnection, match="does not know"):
        world.services.intervals.check("i77", "wrong")
    with pytest.raises(BadConnection, match="letters and digits"):
        world.services.intervals.check("../../i77", "k3y")


def test_a_morning_goes_out_in_their_names_and_units(world: World) -> None:
    day = measured(world, 0)
    world.connect_intervals()
    world.run()
    assert world.intervals.wellness == {
        day: {"id": day, "hrv": 61.3, "restingHR": 52, "sleepSecs": 25860},
    }


def test_only_what_was_measured_and_what_changed_goes_out(world: World) -> None:
    day = measured(world, 1, rmssd_ms=None)
    world.connect_intervals()
    world.run()
    assert "hrv" not in world.intervals.wellness[day]
    for _ in range(3):
        world.run(120)
    puts = [one for one in world.intervals.asked if one.method == "PUT"]
    assert len(puts) == 1
    measured(world, 1)
    world.run(120)
    assert world.intervals.wellness[day]["hrv"] == 61.3


@pytest.mark.parametrize("failure", [(429, {}, {"Retry-After": "120"}), (500, {}), (200, {"not": "a list"})])
def test_a_failure_waits_and_the_morning_goes_out_later(world: World, failure: tuple[int, object]) -> None:
    day = measured(world, 0)
    world.connect_intervals()
    world.intervals.failures = [failure]  # type: ignore[list-item]
    (report,) = world.run()
    assert report.state == "waiting"
    assert world.intervals.wellness == {}
    world.run(121)
    assert day in world.intervals.wellness


def test_a_key_that_is_taken_back_stops_it(world: World) -> None:
    world.connect_intervals()
    world.intervals.key = "another"
    (report,) = world.run()
    assert report.state == "revoked"
    assert world.run(86_400) == []


def test_planned_workouts_come_in_and_go_with_the_connection(world: World) -> None:
    today = datetime.fromtimestamp(world.now_ms / 1000, UTC).date()
    world.intervals.events = [
        {"id": 5, "category": "WORKOUT", "start_date_local": f"{today}T00:00:00", "name": "Endurance",
         "moving_time": 3600, "description": "easy"},
        {"id": 6, "category": "NOTE", "start_date_local": f"{today}T00:00:00", "name": "A note"},
        {"id": 7, "category": "WORKOUT", "start_date_local": "tomorrow", "name": "No date"},
        "nonsense",
    ]  # fmt: skip
    world.connect_intervals()
    world.run()
    (found,) = intervals.planned(world.db, world.athlete_id)
    assert (found.day, found.name, found.duration_s) == (today.isoformat(), "Endurance", 3600)
    (asked,) = [one for one in world.intervals.asked if one.path.endswith("/events")]
    assert asked.query["oldest"] == [today.isoformat()]
    world.intervals.events = []
    world.run(120)
    assert intervals.planned(world.db, world.athlete_id) == []
    connections.disconnect(world.db, world.athlete_id, "intervals", world.now_ms)
