"""hardware/adding.md, followed to the letter in a copy of the project: a sensor that it has not yet."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "hardware/adding.md").read_text()
# "`path` is new:", "In `path`, before `line`:" or "In `path`, `line` becomes:", then the block.
STEP = re.compile(
    r"(?:`(?P<new>[^`\n]+)` is new|In `(?P<path>[^`\n]+)`, "
    r"(?:before `(?P<before>[^`\n]+)`|`(?P<old>[^`\n]+)` becomes)):"
    r"\n\n```\w+\n(?P<text>.*?)```",
    re.DOTALL,
)
COMMANDS = [line.split() for line in re.findall(r"^    (python -m .*)$", PAGE, re.MULTILINE)]
COPIED = (
    "firmware",
    "protocol",
    "hardware",
    "tools/repbeat_tools",
    "tests",
    "pyproject.toml",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def take(step: re.Match[str], folder: Path) -> None:
    """Do what a step says; what it speaks of must be there, once."""
    text = step["text"]
    if step["new"]:
        assert not (folder / step["new"]).exists()
        (folder / step["new"]).write_text(text)
        return
    path = folder / step["path"]
    before = path.read_text()
    where = step["before"] or step["old"]
    assert before.count(where) == 1, f"{where!r} is not once in {step['path']}"
    path.write_text(before.replace(where, text + where if step["before"] else text.rstrip("\n")))


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    paths = [folder / "tools", ROOT / "companion", folder / "protocol"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.run(
        [sys.executable, *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.timeout(400)
def test_the_page_followed_gives_a_sensor_that_works(copy: Path) -> None:
    steps = list(STEP.finditer(PAGE))
    assert len(steps) == PAGE.count("```") // 2, "a block of the page that no step puts in place"
    board = copy / "hardware/boards/xiao_esp32c3_stack.toml"
    used = (
        board.read_text()
        .replace('part = "vl53l1x"', 'part = "tf_luna"')
        .replace("address = 0x29", "address = 0x10")
    )
    board.write_text(used)
    check, test, listing = COMMANDS
    refused = run(check, copy)
    assert "distance.part" in refused.stderr, "before the steps the board file is refused, by its key"
    for step in steps:
        take(step, copy)
    checked = run(check, copy)
    assert json.loads(checked.stdout)["distance"]["part"] == "tf_luna", checked.stderr
    tested = run([*test, "-n0", "-q"], copy)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "..." in tested.stdout, "the three tests of the page"
    assert run(listing, copy).returncode == 0
    assert "tf_luna.py" in (copy / "package.json").read_text()
