"""Runs scripts under the real MicroPython with a simulated board (bench.mjs)."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from repbeat_tools import boards

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = Path(sys.prefix) / "share/repbeat/micropython"
NODE = Path(sys.prefix) / "bin/node"


PROLOGUE = """\
import sys, json
sys.path.insert(0, "/lib")
import time
settings = json.load(open("/settings.json"))
import asyncio
class ThreadSafeFlag(asyncio.Event):  # a board has it, this build has not
    async def wait(self):
        await super().wait()
        self.clear()
asyncio.ThreadSafeFlag = ThreadSafeFlag
def say(value):
    print(json.dumps(value))
"""


@dataclass
class Outcome:
    results: list[Any]  # what the script printed, line by line, as JSON
    events: list[dict[str, Any]]
    error: str | None
    report: dict[str, Any]


Bench = Callable[..., Outcome]


def settings_of(board: str) -> dict[str, Any]:
    return boards.load(ROOT / f"hardware/boards/{board}.toml")


def still(stream: str, seconds: float, row: list[float]) -> dict[str, Any]:
    """A signal that does not change."""
    return {"stream": stream, "t_ms": [0.0, seconds * 1000], "rows": [*row, *row]}


def ramp(seconds: float, g_per_s: float) -> dict[str, Any]:
    """Acceleration along x that grows with time, so that a sample's value tells its instant."""
    return {
        "stream": "imu",
        "t_ms": [0.0, seconds * 1000],
        "rows": [0, 0, 1, 0, 0, 0, g_per_s * seconds, 0, 1, 0, 0, 0],
    }


def wave(stream: str, seconds: float, channels: list[Callable[[np.ndarray], np.ndarray]]) -> dict[str, Any]:
    t_s = np.arange(0, seconds, 0.005)
    rows = np.stack([np.broadcast_to(c(t_s), t_s.shape) for c in channels], axis=1)
    return {"stream": stream, "t_ms": (t_s * 1000).tolist(), "rows": rows.ravel().tolist()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    runs = 0

    def run(script: str, board: str | dict[str, Any] = "xiao_esp32s3_band", **config: Any) -> Outcome:
        nonlocal runs
        runs += 1
        source, file = tmp_path / f"script{runs}.py", tmp_path / f"config{runs}.json"
        source.write_text(PROLOGUE + textwrap.dedent(script))
        settings = settings_of(board) if isinstance(board, str) else board
        file.write_text(
            json.dumps({"settings": settings, "root": str(ROOT), "script": str(source), **config})
        )
        command = [str(NODE), str(Path(__file__).parent / "bench.mjs"), str(RUNTIME), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        out = json.loads(Path(f"{file}.out").read_text())
        lines = [json.loads(line) for line in done.stdout.splitlines() if line]
        return Outcome(lines, out["events"], out["error"], out["report"])

    return run
