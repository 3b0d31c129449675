"""The band goes to sleep off the wrist, with its light off, and wakes when it is moved or pressed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from bleak import BleakScanner
from firmware.flash_file import Stored, prepare, stored

from device.system import rest_state
from firmware import band as bands
from repbeat_protocol import records
from repbeat_tools import boards
from repbeat_tools.simulator import Air, Central, Scaled

pytestmark = pytest.mark.xdist_group("simulator")

SPEED = 60
DEEP_SLEEP = 4  # machine.DEEPSLEEP_RESET


def test_states_follow_what_goes_on() -> None:
    assert rest_state.state(False, False, False, False) == rest_state.IDLE
    assert rest_state.state(False, False, True, False) == rest_state.BETWEEN_SETS
    assert rest_state.state(False, True, False, False) == rest_state.BETWEEN_SETS
    assert rest_state.state(True, True, True, False) == rest_state.IN_SET
    assert rest_state.state(True, True, True, True) == rest_state.SYNCING


def test_sleep_is_due_after_a_quarter_of_an_hour_without_a_break() -> None:
    sleeper = rest_state.Sleeper()
    minute = 60_000
    assert not any(sleeper.due(n * minute, rest_state.IDLE, False) for n in range(15))
    assert sleeper.due(15 * minute, rest_state.IDLE, False)
    for state, charging in ((rest_state.SYNCING, False), (rest_state.IDLE, True)):
        assert not sleeper.due(16 * minute, state, charging)
        assert not sleeper.due(17 * minute, rest_state.IDLE, False)
        assert not sleeper.due(31 * minute, rest_state.IDLE, False)
        assert sleeper.due(32 * minute, rest_state.IDLE, False)


@pytest.mark.parametrize("by", ["motion", "button"])
def test_a_band_in_a_bag_sleeps_and_wakes(tmp_path: Path, by: str) -> None:
    prepare(tmp_path)

    async def scenario() -> None:
        async with Air(clock=Scaled(SPEED)) as air:
            band = await air.device(
                "band", flash_dir=tmp_path, board=boards.compile_json(bands.BOARD), heap_kb=bands.HEAP_KB
            )
            while band.now_ms < rest_state.SLEEP_AFTER_MS:
                await asyncio.sleep(0.1)
            ear = await air.central("ear")
            while await heard(ear, band.mac):  # on a busy computer it is behind
                await asyncio.sleep(0.1)
            assert not band.ends, "it sleeps, and has not been woken"
            if by == "motion":
                t_ms = band.now_ms + np.arange(2000, 32000, 10.0)
                rows = np.zeros((len(t_ms), 6), np.float32)
                rows[:, 2] = 1 + 0.8 * np.sin(np.arange(len(t_ms)) / 5)
                band.feed("imu", t_ms, rows)
            else:
                bands.press(air, band, hold_ms=20_000)
            await band.end(20)
            assert band.ends[0]["kind"] == "deepsleep"
            await bands.until(lambda: len(boots(tmp_path)) == 2, 20)
        assert boots(tmp_path)[-1].fields["reset_cause"] == DEEP_SLEEP

    asyncio.run(asyncio.wait_for(scenario(), 100))


def boots(flash_dir: Path) -> list[Stored]:
    return [one for one in stored(flash_dir) if one.kind == records.BOOT]


async def heard(ear: Central, mac: str) -> bool:
    """Whether the band advertises within some seconds of its time."""
    found = await BleakScanner.find_device_by_address(mac, timeout=1.0, backend=ear.backends[0])
    return found is not None
