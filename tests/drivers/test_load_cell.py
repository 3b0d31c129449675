"""The HX711 driver against a model of its two lines, under MicroPython."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Bench, settings_of, still

BOARD = "xiao_esp32s3_cable"
PER_KG, ZERO = 21_500, 84_000  # of the model's cell
SET_UP = """
    from device.drivers.board import Board
    board = Board(settings)
    cell = board.load_cell
    cell.start()
    def listen(ms, every_ms=10):
        rows = []
        for k in range(ms // every_ms):
            time.sleep_ms(every_ms)
            if cell.poll():
                cell.load()
                rows.append((cell.t_ms, cell.counts, cell.valid))
        return rows
"""


def board_at(rate_hz: int) -> dict[str, Any]:
    settings = settings_of(BOARD)
    settings["load_cell"]["rate_hz"] = rate_hz
    return settings


@pytest.mark.parametrize("kg", [0, 20, 150, -5])
def test_counts_are_those_of_the_load(bench: Bench, kg: float) -> None:
    out = bench(SET_UP + "    say(listen(3000))", BOARD, signals=[still("load", 5, [kg])])
    rows = out.results[0]
    assert len(rows) in range(24, 27), "what has not settled is left out"
    assert all(valid for _, _, valid in rows)
    for _, counts, _ in rows:
        assert counts == pytest.approx(ZERO + kg * PER_KG, abs=150)


@pytest.mark.parametrize("kg", [500, -500])
def test_a_bridge_out_of_range_is_not_valid(bench: Bench, kg: float) -> None:
    rows = bench(SET_UP + "    say(listen(2000))", BOARD, signals=[still("load", 4, [kg])]).results[0]
    assert len(rows) > 10
    assert not any(valid for _, _, valid in rows)


@pytest.mark.parametrize("rate_hz", [10, 80])
@pytest.mark.parametrize("ppm", [-20_000, 0, 20_000])
def test_rate_and_times(bench: Bench, rate_hz: int, ppm: int) -> None:
    """The load grows by a kilogram a second, so that a conversion tells its instant."""
    ramp = {"stream": "load", "t_ms": [0.0, 40_000.0], "rows": [0, 40]}
    script = (
        SET_UP
        + "    rows = listen(30000, 5)\n    say([rows, cell.clock.rate_mhz, cell.clock.measured, cell.lost])"
    )
    rows, rate, measured, lost = bench(
        script, board_at(rate_hz), options={"ppm": ppm}, signals=[ramp]
    ).results[0]
    assert measured
    assert lost == 0
    assert rate == pytest.approx(rate_hz * 1000 * (1 + ppm / 1e6), rel=0.02)
    late = [t_ms - (counts - ZERO) / PER_KG * 1000 for t_ms, counts, _ in rows[20:]]
    assert max(map(abs, late)) < 20  # the polling interval, the noise of a few grams, and rounding


def test_what_was_not_read_in_time_is_counted(bench: Bench) -> None:
    script = SET_UP + "    say([len(listen(6000, 500)), cell.lost, cell.overflows])"
    read, lost, gaps = bench(script, BOARD, signals=[still("load", 9, [10])]).results[0]
    assert read in range(7, 12)
    assert read + lost in range(30, 61), "each reading follows some that nobody read"
    assert gaps >= read - 1


def test_asleep_it_converts_nothing(bench: Bench) -> None:
    script = SET_UP + "    listen(1000)\n    cell.sleep()\n    time.sleep_ms(1)\n    say(listen(1000))"
    assert bench(script, BOARD, signals=[still("load", 4, [10])]).results == [[]]


@pytest.mark.parametrize("wrong", ["absent", "stuck_low"])
def test_a_part_that_says_nothing_is_told(bench: Bench, wrong: str) -> None:
    script = (
        SET_UP
        + """
    from device.drivers.errors import BusFault
    try:
        listen(4000)
        say("nothing was told")
    except BusFault as error:
        say(str(error))
"""
    )
    (told,) = bench(script, BOARD, options={"sensors": {"load_cell": {wrong: True}}}).results
    assert told.startswith("hx711: ")
    assert "check its wires" in told


def test_a_rate_that_it_has_not_is_refused(bench: Bench) -> None:
    script = "    from device.drivers.board import Board\n    say([str(e) for e in Board(settings).faults])"
    assert bench(script, board_at(40)).results == [["hx711: rate_hz 40 is not 10 or 80, as RATE is wired"]]


def test_no_allocation_per_sample(bench: Bench) -> None:
    """On pins that take no memory themselves, as a board's do not."""
    script = """
    import gc
    from device.drivers.hx711 import HX711
    class Line:
        level = 0
        pulses = 0
        def on(self):
            data.level = 0 if self.pulses == 24 else 1
            self.pulses = (self.pulses + 1) % 25
        def off(self):
            pass
        def value(self):
            return self.level
    data, clock = Line(), Line()
    class Data:
        def value(self):
            return 1 if ready.pulses else 0
    class Ready:
        pulses = 0
        def on(self):
            self.pulses = self.pulses + 1
        def off(self):
            pass
    ready = Ready()
    cell = HX711(Data(), ready)
    cell.start()
    def use():
        read = 0
        before = gc.mem_alloc()
        for _ in range(100):
            time.sleep_ms(100)
            ready.pulses = 0
            if cell.poll():
                cell.load()
                read += 1
        return read, gc.mem_alloc() - before
    use()
    say([use() for _ in range(3)])
"""
    for read, allocated in bench(script, BOARD).results[0]:
        assert read == 100
        assert allocated == 0
