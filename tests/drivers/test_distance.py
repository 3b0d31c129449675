"""The VL53L1X driver against the register-level model, under MicroPython."""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import Bench, settings_of, still, wave

BOARD = "xiao_esp32c3_stack"
QUIET = {"sensors": {"distance": {"noise_mm": 0}}}
SET_UP = """
    from device.drivers.board import Board
    board = Board(settings)
    distance = board.distance
    time.sleep_ms(20)
    def start():  # its boot and first calibration take 44 ms, and nothing waits for them
        distance.start()
        for _ in range(25):
            time.sleep_ms(2)
            distance.poll()
"""
POLL = (
    SET_UP
    + """
    start()
    def listen(ms, every_ms=10):
        rows = []
        for k in range(ms // every_ms):
            time.sleep_ms(every_ms)
            if distance.poll():
                distance.load()
                rows.append((distance.t_ms, distance.mm, distance.valid))
        return rows
"""
)


def test_millimetres(bench: Bench) -> None:
    rows = bench(POLL + "    say(listen(1000))", BOARD, options=QUIET, signals=[still("distance", 3, [412])])
    assert len(rows.results[0]) in range(38, 42)
    assert {(mm, valid) for _, mm, valid in rows.results[0]} == {(412, True)}


def test_noise_is_that_of_the_part(bench: Bench) -> None:
    out = bench(POLL + "    say(listen(10000))", BOARD, signals=[still("distance", 12, [600])])
    mm = np.array([row[1] for row in out.results[0]])
    assert mm.mean() == pytest.approx(600, abs=0.5)
    assert 1.0 < mm.std() < 2.0


@pytest.mark.parametrize("mm", [20, 1500])
def test_what_is_out_of_reach_is_not_valid(bench: Bench, mm: int) -> None:
    rows = bench(POLL + "    say(listen(500))", BOARD, signals=[still("distance", 3, [mm])]).results[0]
    assert len(rows) > 15
    assert not any(valid for _, _, valid in rows)


@pytest.mark.parametrize("rate_hz", [10, 25, 40])
@pytest.mark.parametrize("ppm", [-20_000, 0, 20_000])
def test_times_tell_when_distances_were_measured(bench: Bench, rate_hz: int, ppm: int) -> None:
    """The target goes away by 100 mm/s: value and time must agree within the polling interval."""
    board = settings_of(BOARD)
    board["distance"]["rate_hz"] = rate_hz
    going = wave("distance", 9, [lambda t_s: 100 + 100 * t_s])
    script = POLL + "    say([listen(8000), distance.clock.rate_mhz, distance.lost])"
    rows, rate, lost = bench(script, board, options={"ppm": ppm, **QUIET}, signals=[going]).results[0]
    assert lost == 0
    assert rate == pytest.approx(rate_hz * 1000 * (1 + ppm / 1e6), rel=0.01)
    off_ms = [t_ms - (mm - 100) * 10 for t_ms, mm, _ in rows]
    assert min(off_ms) >= -14  # the polling interval, a millimetre and rounding
    assert max(off_ms) <= 14


def test_what_was_not_read_in_time_is_counted(bench: Bench) -> None:
    script = POLL + "    say([len(listen(6000, 100)), distance.lost, distance.overflows])"
    read, lost, gaps = bench(script, BOARD, signals=[still("distance", 9, [500])]).results[0]
    assert read == 60
    assert read + lost == pytest.approx(240, abs=3)
    assert gaps >= 58


def test_asleep_it_measures_nothing(bench: Bench) -> None:
    script = POLL + "    listen(200)\n    distance.sleep()\n    listen(100)\n    say(listen(500))"
    assert bench(script, BOARD, signals=[still("distance", 3, [500])]).results == [[]]


def test_faults(bench: Bench) -> None:
    named = "    from device.drivers.board import Board\n    say([str(e) for e in Board(settings).faults])"
    absent = bench(named, BOARD, options={"sensors": {"distance": {"absent": True}}}).results[0]
    assert absent == ["vl53l1x: no answer at I2C address 0x29; check wiring, supply and the board file"]
    other = bench(named, BOARD, options={"sensors": {"distance": {"part": 0xEE}}}).results[0]
    assert other == ["vl53l1x: part id 0xee where 0xea belongs; name the part in the board file"]


@pytest.mark.parametrize(
    ("act", "what"),
    [
        ("w(0x0087, 0x10)", "only timed ranging"),
        ("w(0x0087, 0x40)", "register 0x2d was never configured"),
        ("w(0x0030, 0x11)", "not active high"),
        ("w(0x0096, 0x01)", "read-only register 0x96"),
        ("w(0x0016, 0x01)", "register 0x16, which is not modelled"),
        ("start(); w(0x0087, 0); w(0x005F, 0x52); w(0x0087, 0x40)", "no timing budget"),
        ("start(); w(0x0087, 0); w(0x004B, 0x0A); w(0x0087, 0x40)", "not the short mode"),
        ("start(); w(0x0087, 0); w(0x006E, 0x01); w(0x0087, 0x40)", "shorter than the budget"),
    ],
)
def test_the_model_refuses_what_it_does_not_know(bench: Bench, act: str, what: str) -> None:
    script = f"""{SET_UP}
    from device.drivers.registers import Registers
    w = Registers(board._buses[0], 0x29, "vl53l1x", 16).write
    {act}
"""
    out = bench(script, BOARD, signals=[still("distance", 3, [500])])
    assert any(what in event.get("what", "") for event in out.events), (out.events, out.error)


def test_no_allocation_per_sample(bench: Bench) -> None:
    """On a bus that takes no memory itself, as a board's does not."""
    script = """
    import gc
    from device.drivers.vl53l1x import VL53L1X
    class Bus:
        ready = 1
        def readfrom_mem_into(self, address, register, buffer, addrsize=8):
            buffer[0] = 0xEA if register == 0x010F else self.ready
        def writeto_mem(self, address, register, buffer, addrsize=8):
            pass
    bus = Bus()
    distance = VL53L1X(bus)
    def use():
        read = 0
        before = gc.mem_alloc()
        for _ in range(100):
            time.sleep_ms(10)
            bus.ready ^= 1
            if distance.poll():
                distance.load()
                read += 1
        return read, gc.mem_alloc() - before
    use()
    say([use() for _ in range(5)])
"""
    for read, allocated in bench(script, BOARD).results[0]:
        assert read == 50
        assert allocated == 0
