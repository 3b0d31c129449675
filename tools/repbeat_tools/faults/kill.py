"""`kill -9` of a real companion process while it takes records in: the store it leaves must go on exactly.

A life is one database file and one band, whose flash is a file too. A companion process (this file, run as
a script) syncs from the band, slowly; it is killed at a random moment, the band with it; the next one goes on
with the same files. The last is left to finish; then the store must hold the band's records, byte for byte.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from repbeat_tools.faults.nor import Dice
from repbeat_tools.faults.pool import FINDINGS, firmware_on_path

RECORDS = 60  # more for each companion to take in
PACE_S = 0.003  # a frame
LONGEST_S = 0.4  # a kill comes within this time of the start; a companion is busy for longer
LIMIT_S = 600.0  # a computer may be busy; only what hangs takes so long
TRIES_A_KILL = 4  # a companion that was through already does not count


def companion(folder: Path, seed: int) -> dict[str, int]:
    """Let the band record something and sync it all; what the check at the end finds."""
    faulthandler.dump_traceback_later(LIMIT_S, exit=True)
    firmware_on_path()
    from repbeat.store import Database
    from repbeat_tools.faults.band import Band
    from repbeat_tools.faults.link import Life

    dice = Dice(seed)
    band = Band(dice, folder)
    band.append(RECORDS)
    life = Life(band, Database(folder / "store.sqlite3"), dice, PACE_S)
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    asyncio.run(life.run(0))
    return life.found


def spawn(folder: Path, seed: int) -> subprocess.Popen[str]:
    """A companion process that has begun to sync."""
    process = subprocess.Popen(
        [sys.executable, "-m", "repbeat_tools.faults.kill", str(folder), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - opened with PIPE
    process.stdout.readline()
    return process


def batch(seed: int, kills: int) -> dict[str, int]:
    """One life with that many kills of a running companion: how many there were, and what went wrong."""
    dice = Dice(seed)
    found = dict.fromkeys(FINDINGS, 0)
    killed = 0
    with TemporaryDirectory(prefix="repbeat-faults-") as name:
        folder = Path(name)
        for _ in range(TRIES_A_KILL * kills):
            if killed == kills:
                break
            with spawn(folder, dice.bits()) as process:
                time.sleep(LONGEST_S * dice.below(1000) / 1000)
                process.kill()
            killed += process.returncode < 0
        with spawn(folder, dice.bits()) as process:
            try:
                output, _ = process.communicate(timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return {**found, "stuck": 1, "tried": killed}
        found = json.loads(output) if process.returncode == 0 else {**found, "crashed": 1}
    return {**found, "tried": killed}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(companion(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
