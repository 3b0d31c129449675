"""Drivers, chips and the athlete's model on the simulator: the firmware reads what was fed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from repbeat_tools import boards
from repbeat_tools.simulator import Air, Virtual
from repbeat_tools.simulator.model import Athlete, PlannedSet
from repbeat_tools.simulator.players import stage

from .conftest import ROOT

BOARD = ROOT / "hardware/boards/xiao_esp32s3_band.toml"
# A band that answers the button with READY, reads its sensors, and says goodbye after 45 s.
MAIN = """
import asyncio, json
from time import ticks_ms
from device.drivers.board import Board
board = Board(json.load(open("/board.json")))
async def read():
    board.imu.start()
    board.optical.start()
    while ticks_ms() < 45000:
        await asyncio.sleep_ms(200)
        for sensor in (board.imu, board.optical):
            for i in range(sensor.poll()):
                sensor.load(i)
                if sensor is board.imu and not i:
                    print(json.dumps([sensor.t_ms, sensor.ax, sensor.ay, sensor.az]))
    imu, optical = board.imu, board.optical
    print(json.dumps([imu.clock.rate_mhz, optical.clock.rate_mhz, imu.lost, optical.lost]))
    board.haptic.play((300, 100, 300, 100, 300))
async def main():
    asyncio.create_task(board.haptic.run())
    asyncio.create_task(read())
    await board.button.wait()
    board.haptic.play((80, 100, 300))
    while True:
        await asyncio.sleep(1)
asyncio.run(main())
"""


@pytest.mark.timeout(60)
def test_an_athlete_and_a_band(tmp_path: Path) -> None:
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "device").symlink_to(ROOT / "firmware/device")
    (firmware / "main.py").write_text(MAIN)
    athlete = Athlete(3, [PlannedSet("squat", 5, 60)], one_rep_max_kg={"squat": 100})
    felt = []
    given = []
    feed = athlete.feed

    def remember(until_ms: float):  # type: ignore[no-untyped-def]
        samples = feed(until_ms)
        given.append(np.column_stack([samples.t_ms, samples.imu[:, :3] * 1000]))
        return samples

    athlete.feed = remember  # type: ignore[method-assign]

    async def run() -> list[str]:
        async with Air(clock=Virtual()) as air:
            band = await air.device(
                "band-1",
                flash_dir=tmp_path / "flash",
                board=boards.load(BOARD),
                firmware=firmware,
                options={"ppm": -20_000},
            )
            band.on_event(lambda event: felt.append(athlete.sense(event)))
            assert await stage.train(athlete, band, band.advance, limit_s=90)
            return list(band.lines)

    lines = [json.loads(line) for line in asyncio.run(run())]
    assert [cue for cue in felt if cue] == ["ready", "session_done"]
    (one,) = athlete.truth.sets
    assert (one.reps, one.cued) == (5, True)
    imu_mhz, optical_mhz, *lost = lines.pop()
    assert lost == [0, 0]
    assert imu_mhz == pytest.approx(104_000 * 0.98, rel=0.005)
    assert optical_mhz == pytest.approx(100_000 * 0.98, rel=0.005)
    read, fed = np.array(lines), np.vstack(given)
    late = read[read[:, 0] > 10_000]
    for axis in (1, 2, 3):
        expected = np.interp(late[:, 0], fed[:, 0], fed[:, axis])
        # a movement of 3 g/s and half a sample of time: 15 mg
        assert np.median(np.abs(late[:, axis] - expected)) < 8
        assert np.corrcoef(late[:, axis], expected)[0, 1] > 0.99
