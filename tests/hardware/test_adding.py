"""hardware/README.md, followed to the letter: its commands, and a board of one's own as the page says."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from repbeat_tools.device import bundle
from repbeat_tools.simulator import Air, Virtual

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "hardware/README.md").read_text()
COMMANDS = [line.split("#")[0].split() for line in re.findall(r"^    (python -m .*)$", PAGE, re.MULTILINE)]

pytestmark = pytest.mark.xdist_group("simulator")


def follow(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *command[1:]], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "hardware", tmp_path / "hardware")
    return tmp_path


def test_the_pages_commands_do_what_they_say(checkout: Path) -> None:
    settings, layout = COMMANDS
    follow(settings, checkout)
    assert json.loads((checkout / "board.json").read_text())["board"] == "xiao_esp32s3_band"
    assert "log,data,0x40" in follow(layout, checkout)


def test_a_board_of_your_own_boots(checkout: Path) -> None:
    """Copy a file, change pins and parts, name your sources, run the first command until it is content."""
    folder = checkout / "hardware/boards"
    text = (folder / "xiao_esp32s3_band.toml").read_text()
    text = text.replace('board = "xiao_esp32s3_band"', 'board = "my_band"')
    text = re.sub(r"\[haptic\][^\[]*", "", text).replace("pin = 2 # D1", "pin = 8 # D9")
    text = text.replace("sources = [", 'sources = [\n    "Pins: my own board, drawing 1",', 1)
    (folder / "my_band.toml").write_text(text)
    command = [part.replace("xiao_esp32s3_band", "my_band") for part in COMMANDS[0]]
    follow(command, checkout)
    settings = (checkout / "board.json").read_bytes()
    assert json.loads(settings)["button"]["pin"] == 8

    async def boot() -> list[str]:
        async with Air(clock=Virtual()) as air:
            board = await air.device("mine", board=settings, heap_kb=2048)
            await board.advance(5)
            return board.lines

    assert not [line for line in asyncio.run(asyncio.wait_for(boot(), 100)) if "Traceback" in line]
    assert bundle.build(folder / "my_band.toml", compiled=False)["/board.json"] == settings
