"""`repbeat machines` from an empty store to a set that somebody gets from the pool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from gym.logs import BOOTED_MS, S, log_of, meet, reps, send

from repbeat.gym import sets
from repbeat.gym.command import machines_
from repbeat.store import Database, athletes
from repbeat_tools.sample import NOW_MS

SENSOR = "51"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "repbeat.sqlite3"


def run(path: Path, *arguments: str) -> str:
    result = CliRunner().invoke(machines_, ["--database", str(path), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def shown(path: Path) -> dict[str, Any]:
    (one,) = json.loads(run(path, "--json"))["machines"]
    found: dict[str, Any] = one
    return found


def test_from_a_machine_to_a_set_assigned(path: Path) -> None:
    with Database(path) as db:
        meet(db, SENSOR)
        athletes.add(db, "Ann", NOW_MS)
        send(db, SENSOR, log_of([reps(1, BOOTED_MS + 600 * S)]).records)
    machine_id = run(path, "add", "Leg press", "--exercise", "squat").strip()
    run(path, "mount", machine_id, SENSOR)
    assert shown(path) == {
        "machine_id": machine_id,
        "name": "Leg press",
        "exercise": "squat",
        "sensor": SENSOR,
        "claimed": False,
        "sets": 1,
        "unclaimed": 1,
    }
    (row,) = json.loads(run(path, "unclaimed", "--json"))["unclaimed"]
    assert (row["machine"], row["how"]) == ("Leg press", "no claim")
    run(path, "assign", row["set"], "--athlete", "Ann")
    assert json.loads(run(path, "refresh", "--json")) == {"sensors": 1, "unclaimed": 0}
    with Database(path) as db:
        (found,) = sets.of_athlete(db, athletes.named(db, "Ann").athlete_id)
        assert found.key.text == row["set"]


def test_a_claim_is_seen_and_given_back(path: Path) -> None:
    with Database(path) as db:
        athletes.add(db, "Ann", NOW_MS)
    machine_id = run(path, "add", "Row").strip()
    run(path, "claim", machine_id, "Ann")
    assert shown(path)["claimed"] is True
    run(path, "release", machine_id, "Ann")
    assert shown(path)["claimed"] is False
    result = CliRunner().invoke(machines_, ["--database", str(path), "release", machine_id, "Ann"])
    assert "Ann is not on this machine" in result.output


@pytest.mark.parametrize("wrong", [("assign", "what"), ("mount", "nowhere", SENSOR), ("claim", "x", "Ann")])
def test_what_is_not_there_is_named(path: Path, wrong: tuple[str, ...]) -> None:
    with Database(path) as db:
        athletes.add(db, "Ann", NOW_MS)
    result = CliRunner().invoke(machines_, ["--database", str(path), *wrong])
    assert result.exit_code == 1
    assert "`repbeat machines" in result.output
