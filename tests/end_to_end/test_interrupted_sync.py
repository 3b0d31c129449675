"""Whatever interrupts a sync, device and store end with the same records, byte for byte, once each."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sync_world

from repbeat_tools.simulator import Device

pytestmark = pytest.mark.xdist_group("simulator")


@pytest.fixture
def flash_dir(tmp_path: Path) -> Path:
    sync_world.write_log(tmp_path / "band")
    return tmp_path / "band"


def whole(result: dict[str, Any]) -> None:
    assert result["on_device"] > sync_world.RECORDS
    assert result["identical"]
    assert result["in_store"] == result["on_device"]
    assert result["doubled"] == 0


def test_link_pulled_in_the_middle(flash_dir: Path, tmp_path: Path) -> None:
    async def pull(band: Device) -> None:
        band.cut_link()

    result = asyncio.run(sync_world.sync(flash_dir, tmp_path / "store.sqlite3", pull))
    whole(result)
    assert result["connections"] > 1


def test_band_rebooted_in_the_middle(flash_dir: Path, tmp_path: Path) -> None:
    async def reboot(band: Device) -> None:
        await band.reboot()

    result = asyncio.run(sync_world.sync(flash_dir, tmp_path / "store.sqlite3", reboot))
    whole(result)
    assert result["connections"] > 1


def test_companion_killed_before_its_commit(flash_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, sync_world.__file__, str(flash_dir), str(tmp_path / "store.sqlite3")]
    for kill_at in ("1", "2"):
        killed = subprocess.run([*command, kill_at], capture_output=True, timeout=90, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    done = subprocess.run(command, capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr.decode()
    whole(json.loads(done.stdout))
