"""A machine's sensor calibrated from afar: the hub brings orders, the firmware measures, its log tells."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from firmware.flash_file import prepare
from hub.collecting import BAND_ID, long_log, run_until, synced
from hub.fake_band import FakeBand
from hub.flag import Flag
from hub.test_on_firmware import QUICK, until

from repbeat.gym import calibration, fleet
from repbeat.hub import Hub, Patience
from repbeat.ingest import rederive
from repbeat.people import commands
from repbeat.store import Database, calibrations, devices
from repbeat_protocol import auth
from repbeat_protocol import records as wire
from repbeat_tools import boards
from repbeat_tools.simulator import Air, Scaled
from repbeat_tools.trusted import KnownKeys

TOP_MM, STEP_MM, WAY_MM, PLATE = 840.0, 25.4, 420.0, 6
OTHER_MM = TOP_MM + (PLATE - 1) * STEP_MM
LIMIT_S = 90


def state(db: Database) -> calibration.State:
    return calibration.state(db, devices.every(db)[0].device_id, now_ms())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.xdist_group("simulator")
def test_a_sensor_is_calibrated_through_its_hub(tmp_path: Path, db: Database) -> None:
    prepare(tmp_path / "flash")

    async def says(sentence: str) -> None:
        await until(lambda: sentence in state(db).said, 40)

    async def play() -> None:
        async with asyncio.timeout(LIMIT_S), Air(clock=Scaled(1)) as air:
            board = boards.compile_json(boards.shipped("xiao_esp32c3_stack"))
            sensor = await air.device("stack", flash_dir=tmp_path / "flash", board=board, heap_kb=2048)
            stack = Flag(sensor)
            stack.rest(TOP_MM)
            phone = await air.central("phone")
            hub = Hub(
                db, backends=phone.backends, backoff=QUICK, patience=Patience(stall_s=2.0), keys=KnownKeys()
            )
            running = asyncio.create_task(hub.run())
            try:
                await steps(stack)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    async def steps(stack: Flag) -> None:
        await until(lambda: devices.every(db) and devices.every(db)[0].last_sync_ms)
        device_id = devices.every(db)[0].device_id
        calibration.go_on(db, device_id, now_ms())
        await says(calibration.REFUSED[auth.IN_USE])
        calibration.begin(db, device_id, PLATE, 5000, 7500, now_ms())
        await says(calibration.FIRST)
        calibration.go_on(db, device_id, now_ms())
        await says(calibration.OTHER)
        calibration.go_on(db, device_id, now_ms())  # the pin was not moved
        await says(calibration.AGAIN[wire.NO_STEP])
        stack.rest(OTHER_MM)
        calibration.go_on(db, device_id, now_ms())
        await says(calibration.SLOW)
        stack.lift(OTHER_MM, WAY_MM, 6)
        await until(lambda: not state(db).running, 40)

    asyncio.run(play())
    (device,) = devices.every(db)
    kept = calibrations.in_force(db)[device.device_id]
    assert kept.top_mm == pytest.approx(TOP_MM, abs=2)
    assert kept.step_um / 1000 == pytest.approx(STEP_MM, abs=0.5)
    assert (kept.plate, kept.first_g, kept.step_g) == (PLATE, 5000, 7500)
    # In real time a busy machine may miss the turn's readings; tests/firmware holds the figure itself.
    assert kept.range_mm == pytest.approx(WAY_MM, abs=30)
    (line,) = fleet.lines(db, now_ms())
    assert line.calibration_age_s is not None
    assert line.calibration_age_s < LIMIT_S
    rederive(db, now_ms())
    assert calibrations.in_force(db)[device.device_id] == kept


def ordered(db: Database) -> commands.Command:
    found = commands.latest(db, BAND_ID, commands.CALIBRATE)
    assert found is not None
    return found


def from_a_band(db: Database, order: Callable[[], None], answer: bytes) -> tuple[FakeBand, commands.Command]:
    """What became of an order to something that is no stack sensor."""
    band = FakeBand("A1", 0xB1, long_log(3))
    band.calibrate_answer = answer
    run_until(db, synced(band, db), band)
    order()
    run_until(db, lambda _: ordered(db).done_ms is not None, band)
    return band, ordered(db)


@pytest.mark.parametrize(
    ("code", "asks"),
    [(auth.NO_STACK, "own sensor"), (auth.IN_USE, "when it is free"), (auth.BAD_MESSAGE, "update")],
)
def test_a_refusal_says_what_to_do(db: Database, code: int, asks: str) -> None:
    _, done = from_a_band(
        db, lambda: calibration.begin(db, BAND_ID, 0, 0, 0, now_ms()), auth.pack(auth.REFUSED, code)
    )
    assert asks in done.problem
    told = calibration.state(db, BAND_ID, now_ms())
    assert told.said == (done.problem,)
    assert not told.running


def test_an_order_of_yesterday_moves_nothing(db: Database) -> None:
    late = now_ms() - calibration.ORDER_MS - 1
    band, done = from_a_band(
        db, lambda: calibration.begin(db, BAND_ID, 0, 0, 0, late), auth.pack(auth.CALIBRATING)
    )
    assert done.problem == calibration.TOO_LATE
    assert not band.calibrated


@pytest.mark.parametrize(
    ("plate", "first_g", "step_g"), [(1, 0, 5000), (41, 0, 5000), (5, -1, 5000), (5, 0, 0)]
)
def test_what_no_machine_has_is_not_ordered(db: Database, plate: int, first_g: int, step_g: int) -> None:
    with pytest.raises(calibration.BadCalibration, match=r"plate"):
        calibration.begin(db, BAND_ID, plate, first_g, step_g, now_ms())
