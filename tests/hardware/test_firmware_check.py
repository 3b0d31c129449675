"""The firmware names nothing that a board's chip does not have, by that chip's own stubs."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("check_firmware", ROOT / "tools/check_firmware.py")
check = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check)

pytestmark = [pytest.mark.xdist_group("stubs"), pytest.mark.timeout(300)]


def stubs_of(chip: str) -> Path:
    try:
        return check.fetch(chip)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no package registry to take the stubs from: {error.stderr.decode()[-200:]}")


@pytest.mark.parametrize("chip", sorted(check.CHIPS))
def test_the_firmware_is_clean_on_the_chip(chip: str) -> None:
    assert check.problems(stubs_of(chip)) == []


def test_every_board_has_a_chip_whose_stubs_are_known() -> None:
    assert set(check.board_chips().values()) <= set(check.CHIPS)


def test_what_a_chip_lacks_is_found(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(
        "import machine\nimport threading_of_a_pc\nfrom time import ticks_days\n"
        "machine.frobnicate()\nmachine.Pin(1).glow()\nmachine.Pin()\n"
    )
    found = "\n".join(check.problems(stubs_of("esp32c3"), tmp_path))
    for name in ("threading_of_a_pc", "ticks_days", "frobnicate", "glow"):
        assert name in found
