"""When machines are used, by the hour."""

from datetime import UTC, datetime

from gym.logs import S, log_of, meet, reps, send
from web.town import Town

from repbeat.gym import attribution, machines, utilisation
from repbeat_tools.sample import NOW_MS

HOUR_MS = 3600 * S


def test_minutes_fall_into_the_hour_in_which_they_were(town: Town) -> None:
    meet(town.db, "51")
    made = machines.add(town.db, "Leg press", NOW_MS)
    machines.mount(town.db, "51", made.machine_id, 0)
    border_ms = NOW_MS // HOUR_MS * HOUR_MS
    across = reps(1, border_ms - 10 * S)
    send(town.db, "51", log_of([across]).records)
    attribution.catch_up(town.db)
    found = utilisation.by_hour(town.db, [made.machine_id], 0)
    after = datetime.fromtimestamp(border_ms / 1000, UTC).hour
    length_ms = across[-1].end_ms - across[0].start_ms
    assert abs(sum(found) - length_ms / 60_000) < 0.01
    assert abs(found[after - 1] - 10 / 60) < 0.01
    assert found[after] > 0
    assert utilisation.by_hour(town.db, [made.machine_id], border_ms) == [0.0] * 24
    assert utilisation.by_hour(town.db, ["another"], 0) == [0.0] * 24
