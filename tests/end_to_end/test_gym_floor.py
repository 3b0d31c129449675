"""The gym's scene at its smallest: two machines, two bands, one who wears none, and a visitor."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from repbeat.hub import Backoff, Hub
from repbeat.store import Database
from repbeat_tools.demo import gym_outcome
from repbeat_tools.demo.floor import LAT, TRICEPS, Route, athletes_with_bands
from repbeat_tools.demo.gym_scene import GymScene
from repbeat_tools.demo.scene import load_board, new_air
from repbeat_tools.demo.together import Together

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(560)]

ROUTES = {"Athlete A": Route((TRICEPS,), 31, 0.9), "Athlete C": Route((LAT,), 36, 0.8)}


async def evening(database: Path) -> dict[str, Any]:
    with Database(database) as store:
        async with new_air(None) as air:
            together = Together(air, speed=20)
            central = await air.central("companion")
            hub = Hub(
                store, backends=central.backends, unix_s=together.unix_s, backoff=Backoff(stranger_s=0.2)
            )
            scene = GymScene(
                store,
                air,
                hub,
                together.unix_s,
                load_board(),
                lambda _: None,
                together=together,
                routes=ROUTES,
            )
            await scene.run(athletes_with_bands(ROUTES), central.backends)
            return gym_outcome.outcome(scene)


def test_every_set_is_under_who_did_it_or_in_the_pool(tmp_path: Path) -> None:
    result = asyncio.run(evening(tmp_path / "repbeat.sqlite3"))
    assert (result["missing"], result["duplicates"], result["log_identical"]) == (0, 0, True)
    found = [(row["athlete"], row["truth_athlete"], row["how"]) for row in result["sets"]]
    assert found == [
        ("Athlete A", "Athlete A", "wearable"),
        ("Athlete C", "Athlete C", "wearable"),
        ("Athlete D", "Athlete D", "QR code"),
        (None, None, found[3][2]),
    ]
    assert all(row["counted"] == row["truth"] == 8 for row in result["sets"])
    assert {row["load_kg"] for row in result["sets"]} == {40.0}
    assert (result["right"], result["unclaimed"]) == (4, 1)
    assert {row["links_lost"] for row in result["hub"]} == {0}
