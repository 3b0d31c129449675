"""`repbeat services`: whose connections are meant, with and without saying so."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from repbeat.services.command import services
from repbeat.store import Database, athletes


def test_the_only_athlete_need_not_be_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    run = CliRunner().invoke
    nobody = run(services, ["list", "--database", str(path)])
    assert (nobody.exit_code, "there are none yet" in nobody.output) == (1, True)

    with Database(path) as db:
        athletes.add(db, "Ada", 0)
    listed = run(services, ["list", "--json", "--database", str(path)])
    assert {one["state"] for one in json.loads(listed.output)["services"]} == {"off"}

    with Database(path) as db:
        athletes.add(db, "Ben", 0)
    either = run(services, ["list", "--database", str(path)])
    assert (either.exit_code, "--athlete: Ada, Ben" in either.output) == (1, True)
    assert run(services, ["list", "--athlete", "Ben", "--database", str(path)]).exit_code == 0
