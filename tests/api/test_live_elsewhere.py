"""A stream from a process without a hub: what another process's hub hears reaches it, on either engine."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from api.test_hubs import Companion
from api.test_live import Reader
from hub.test_bulletin import TOLD_HUB
from ingest import made
from web.town import PASSWORD

from repbeat.hub.board import LIVE
from repbeat.people import accounts, setup, tokens
from repbeat.store import Database, devices


@pytest.mark.timeout(240)
def test_a_stateless_process_tells_what_another_ones_hub_hears(
    location: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "heart.key"))
    with Database(location) as db:
        ann = setup.first_account(db, "A", "A", "Ann", PASSWORD, "::1", made.NOW_MS)
        (athlete,) = accounts.owned(db, ann.account_id)
        seen = {"name": "Band", "address": "A1", "log_id": made.LOG, "head_seq": 1, "boot": 1}
        devices.seen(db, made.DEVICE, **seen, plan_revision=0, firmware="1", now_ms=made.NOW_MS)
        devices.assign(db, made.DEVICE, made.LOG, athlete)
        _, token = tokens.make(db, ann.account_id, "t", tokens.SCOPES, made.NOW_MS)
        pages = Companion(str(location), dict(os.environ))
        hub = subprocess.Popen([sys.executable, str(TOLD_HUB), str(location), made.DEVICE, "10000"])
        try:
            pages.wait()
            reader = Reader(pages.address, token)
            told = reader.until(6)
            kinds = {kind: data for kind, data, _ in told}
            assert kinds.keys() == {"live", "heart"}
            assert {data["athlete_id"] for data in kinds.values()} == {athlete}
            assert kinds["heart"]["bpm"] == 150
            assert [data["reps"] for kind, data, _ in told if kind == "live"] == sorted(
                data["reps"] for kind, data, _ in told if kind == "live"
            )
            shown = httpx.get(
                f"{pages.address}/live.json", headers={"Authorization": f"Bearer {token}"}, timeout=60
            ).json()
            assert (shown[made.DEVICE]["link"], shown[made.DEVICE]["bpm"]) == (LIVE, 150)
            reader.close()
        finally:
            hub.kill()
            hub.wait()
            pages.stop()
