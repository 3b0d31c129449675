"""A board on a weight stack counts by itself: sets, ways in mm, velocities, load by the pin, power."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from firmware.band import press
from firmware.flash_file import FilePartition, Stored, prepare, stored

from device.session.machine import Machine
from device.session.recorder import Recorder
from device.signal.stack import StackCounter
from repbeat_protocol import records
from repbeat_tools import boards
from repbeat_tools.simulator import Air, Virtual

BOARD = boards.shipped("xiao_esp32c3_stack")
PIN = {"stack_top_mm": 840, "stack_step_um": 20_000, "stack_first_g": 5000, "stack_step_g": 5000}
REST_MM = 901  # three plates down
WAY_MM = 420


def lifts(reps: int, start_s: float, lift_s: float = 1.0, lower_s: float = 2.0) -> np.ndarray:
    """Distances 100 times a second: the stack comes nearer by WAY_MM, `reps` times; then rests for 20 s."""
    up = (1 - np.cos(np.linspace(0, np.pi, round(lift_s * 100)))) / 2
    down = (1 + np.cos(np.linspace(0, np.pi, round(lower_s * 100)))) / 2
    one = np.concatenate([up, down, np.zeros(50)])
    height = np.concatenate([np.zeros(round(start_s * 100)), np.tile(one, reps), np.zeros(2000)])
    return REST_MM - WAY_MM * height


def test_sets_on_the_stack_are_recorded(tmp_path: Path) -> None:
    prepare(tmp_path, **PIN)

    async def scenario() -> None:
        async with Air(clock=Virtual()) as air:
            board = await air.device(
                "stack", flash_dir=tmp_path, board=boards.compile_json(BOARD), heap_kb=2048, power=False
            )
            mm = np.concatenate([lifts(8, 5), lifts(5, 10)])
            board.feed("distance", np.arange(len(mm)) * 10.0, mm[:, None].astype(np.float32))
            await board.power_on()
            await board.advance(len(mm) / 100, timeout_s=100)

    asyncio.run(asyncio.wait_for(scenario(), 110))
    held = stored(tmp_path)
    sets = [one.fields for one in held if one.kind == records.SET]
    assert [one["reps"] for one in sets] == [8, 5]
    assert {one["load_dag"] for one in sets} == {2000}
    reps = [one for one in held if one.kind == records.REP and not one.fields["reject_reason"]]
    assert {one.version for one in reps} == {2}
    check_reps(reps)
    assert sum(one.kind == records.SESSION for one in held) == 1


def test_a_cable_sensor_weighs_what_it_counts(tmp_path: Path) -> None:
    """Way from the pulse counter, load from the cell: nobody looks at a pin."""
    kg, per_kg, zero = 35.0, 21_500, 84_000  # of the model's cell
    prepare(tmp_path, cell_zero=zero, cell_per_kg=per_kg)

    async def scenario() -> None:
        async with Air(clock=Virtual()) as air:
            compiled = boards.compile_json(boards.shipped("xiao_esp32s3_cable"))
            board = await air.device("cable", flash_dir=tmp_path, board=compiled, heap_kb=2048, power=False)
            way = REST_MM - lifts(6, 5)
            t_ms = np.arange(len(way)) * 10.0
            board.feed("way", t_ms, way[:, None].astype(np.float32))
            board.feed("load", t_ms, np.where(way > 1, kg, 0)[:, None].astype(np.float32))
            await board.power_on()
            await board.advance(len(way) / 100, timeout_s=100)
            assert not [line for line in board.lines if "Traceback" in line]

    asyncio.run(asyncio.wait_for(scenario(), 110))
    held = stored(tmp_path)
    (done,) = [one.fields for one in held if one.kind == records.SET]
    reps = [one.fields for one in held if one.kind == records.REP and not one.fields["reject_reason"]]
    assert done["reps"] == len(reps) == 6
    assert done["load_dag"] == pytest.approx(kg * 100, rel=0.05)
    for f in reps:
        assert f["range_mm"] == pytest.approx(WAY_MM, abs=15)
        assert f["rep_load_dag"] == pytest.approx(kg * 100, rel=0.05)
        assert f["power_w"] > 0
    assert not [one.fields for one in held if one.kind == records.FAULT]


def test_a_cable_sensor_is_calibrated_by_its_button(tmp_path: Path) -> None:
    """Two short presses begin, one says that the cable hangs loose; the LED shows the step all the while."""
    kg, first_g, step_g = 45.0, 5000, 5000
    prepare(tmp_path, stack_plate=9, stack_first_g=first_g, stack_step_g=step_g)

    async def scenario() -> None:
        async with Air(clock=Virtual()) as air:
            compiled = boards.compile_json(boards.shipped("xiao_esp32s3_cable"))
            board = await air.device("cable", flash_dir=tmp_path, board=compiled, heap_kb=2048, power=False)
            way = REST_MM - lifts(1, 20, 2, 3)
            t_ms = np.arange(len(way)) * 10.0
            board.feed("way", t_ms, way[:, None].astype(np.float32))
            board.feed("load", t_ms, np.where(way > 1, kg, 0)[:, None].astype(np.float32))
            await board.power_on()
            await board.advance(5)
            for wait_s in (0.3, 5):
                press(air, board)
                await board.advance(wait_s)
            press(air, board)
            await board.advance(30, timeout_s=100)
            assert not [line for line in board.lines if "Traceback" in line]

    asyncio.run(asyncio.wait_for(scenario(), 110))
    steps = [one.fields for one in stored(tmp_path) if one.kind == records.CALIBRATION]
    assert [(one["stage"], one["outcome"]) for one in steps] == [
        (records.CELL_EMPTY, records.WAITS),
        (records.CELL_EMPTY, records.MEASURED),
        (records.CELL_REP, records.WAITS),
        (records.CELL_REP, records.MEASURED),
        (records.CALIBRATED, records.MEASURED),
    ]


def check_reps(reps: list[Stored]) -> None:
    for one in reps:
        f = one.fields
        assert f["range_mm"] == pytest.approx(WAY_MM, abs=15)
        assert f["concentric_ms"] == pytest.approx(1000, abs=250)
        assert f["mean_velocity_mm_s"] == pytest.approx(528, rel=0.2)  # a cosine without its ends
        assert f["rep_load_dag"] == 2000
        assert f["power_w"] == pytest.approx(20 * 9.81 * f["range_mm"] / f["concentric_ms"], abs=2)


@pytest.mark.parametrize(
    ("rest_mm", "load_g"), [(840, 5000), (846, 5000), (850, 0), (861, 10000), (901, 20000), (800, 0)]
)
def test_the_load_is_known_at_the_pins_places_only(rest_mm: int, load_g: int) -> None:
    from device.store.settings import Settings

    settings = Settings(FilePartition(memoryview(bytearray(b"\xff" * 0x10000))))
    machine = Machine(StackCounter(), Recorder(None, None), settings, None)
    assert machine.load_g(rest_mm) == 0
    settings.update(PIN)
    assert machine.load_g(rest_mm) == load_g
    settings.update({"stack_step_um": -20_000})
    assert machine.load_g(840 - (rest_mm - 840)) == load_g
