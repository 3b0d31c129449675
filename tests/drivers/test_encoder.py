"""The quadrature encoder on the chip's pulse counter, under MicroPython."""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import Bench, settings_of, still, wave

BOARD = "xiao_esp32s3_cable"
LISTEN = """
    from device.drivers.board import Board
    board = Board(settings)
    way = board.distance
    way.start()
    def listen(ms, every_ms=10):
        rows = []
        for k in range(ms // every_ms):
            time.sleep_ms(every_ms)
            if way.poll():
                way.load()
                rows.append((way.t_ms, way.mm, way.valid))
        return rows
"""


def test_millimetres_from_wherever_it_began(bench: Bench) -> None:
    pull = wave("way", 12, [lambda t: 300 + 450 * np.sin(t)])
    rows = bench(LISTEN + "    say(listen(10000))", BOARD, signals=[pull]).results[0]
    assert len(rows) in range(395, 402)
    for t_ms, mm, valid in rows:
        assert valid
        assert mm == pytest.approx(450 * np.sin(t_ms / 1000), abs=2)


def test_a_reading_now_and_then_keeps_the_beat(bench: Bench) -> None:
    rows = bench(LISTEN + "    say(listen(6000, 100))", BOARD, signals=[still("way", 9, [50])]).results[0]
    assert len(rows) == 60
    assert {mm for _, mm, _ in rows} == {0}


def test_no_allocation_per_sample(bench: Bench) -> None:
    script = (
        LISTEN
        + """
    import gc
    class Still:
        def value(self):
            return -123456
    way._encoder = Still()
    def use():
        before = gc.mem_alloc()
        for _ in range(100):
            time.sleep_ms(10)
            if way.poll():
                way.load()
        return way.mm, gc.mem_alloc() - before
    use()
    say([use() for _ in range(3)])
"""
    )
    assert bench(script, BOARD).results[0] == [[-15432, 0]] * 3


def test_the_model_refuses_what_the_chip_has_not(bench: Bench) -> None:
    script = """
    from machine import Encoder, Pin
    Encoder(5, Pin(4, Pin.IN), Pin(5, Pin.IN))
"""
    out = bench(script, BOARD)
    assert any("pulse counter 5 of the esp32s3" in event.get("what", "") for event in out.events), out.events


def test_a_count_that_no_pulley_has_is_refused(bench: Bench) -> None:
    settings = settings_of(BOARD)
    settings["encoder"]["um_per_count"] = 0
    script = "    from device.drivers.board import Board\n    say([str(e) for e in Board(settings).faults])"
    (told,) = bench(script, settings).results[0]
    assert told.startswith("quadrature: um_per_count")
