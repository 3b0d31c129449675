"""Button, haptic motor, LED and battery under MicroPython."""

from __future__ import annotations

from typing import Any

import pytest

from repbeat_tools.boards import load

from .conftest import ROOT, Bench

BOARD = """
    import asyncio
    from device.drivers.board import Board
    board = Board(settings)
"""
LISTEN = (
    BOARD
    + """
    async def listen():
        while True:
            say([await board.button.wait(), time.ticks_ms()])
    asyncio.create_task(listen())
"""
)


def press(*edges_ms: float) -> list[dict[str, Any]]:
    """Down, up, down, up … at these times."""
    return [{"type": "button", "t_ms": t, "down": i % 2 == 0} for i, t in enumerate(edges_ms)]


@pytest.mark.parametrize("board", ["xiao_esp32s3_band", "m5stickc_plus2"])
def test_presses(bench: Bench, board: str) -> None:
    events = bench(LISTEN, board, messages=press(500, 700, 2000, 3500, 5000, 14000), end_ms=15_000).results
    assert [kind for kind, _ in events] == [1, 2, 2, 3]
    for (_, at), expected in zip(events, [700, 2800, 5800, 13000], strict=True):
        assert at - expected in range(61)


def test_bounces_are_one_press(bench: Bench) -> None:
    bouncing = press(500, 503, 505, 509, 514, 700, 702, 709)
    assert len(bouncing) == 8
    assert [kind for kind, _ in bench(LISTEN, messages=bouncing, end_ms=2000).results] == [1]


def test_a_glitch_is_no_press(bench: Bench) -> None:
    assert bench(LISTEN, messages=press(500, 502), end_ms=2000).results == []


def test_a_press_between_two_looks_counts(bench: Bench) -> None:
    script = (
        BOARD
        + """
    say(board.button.idle)
    time.sleep_ms(1000)
    say(board.button.idle)
    say([board.button.poll(time.ticks_ms()) for _ in range(3)])
"""
    )
    assert bench(script, messages=press(300, 400)).results == [True, False, [1, 0, 0]]


def test_patterns_are_felt_one_after_another(bench: Bench) -> None:
    script = (
        BOARD
        + """
    say([board.haptic.play((100, 50, 200)), board.haptic.play((300,))])
    asyncio.create_task(board.haptic.run())
"""
    )
    outcome = bench(script, end_ms=4000)
    assert outcome.results == [[True, True]]
    felt = [
        [round(duration) for _, duration, _ in e["pulses"]] for e in outcome.events if e["type"] == "haptic"
    ]
    assert felt == [[100, 200], [300]]
    assert outcome.events[0]["t_ms"] == outcome.events[0]["pulses"][0][0]
    assert outcome.events[0]["pulses"][0][2] == pytest.approx(800, abs=1)


def test_haptic_can_be_quiet_and_is_bounded(bench: Bench) -> None:
    script = (
        BOARD
        + """
    haptic = board.haptic
    haptic.quiet = True
    say(haptic.play((100,)))
    haptic.quiet = False
    haptic.enabled = False
    say(haptic.play((100,)))
    haptic.enabled = True
    say([[haptic.play((100,)) for _ in range(6)], haptic.refused])
    haptic.stop()
    asyncio.create_task(haptic.run())
"""
    )
    outcome = bench(script, end_ms=3000)
    assert outcome.results == [False, False, [[True] * 4 + [False] * 2, 2]]
    assert outcome.events == []


def test_led_blinks(bench: Bench) -> None:
    script = (
        BOARD
        + """
    board.led.blink((100, 400))
    asyncio.create_task(board.led.run())
    async def later():
        await asyncio.sleep_ms(1100)
        board.led.set(False)
    asyncio.create_task(later())
"""
    )
    events = [e for e in bench(script, end_ms=3000).events if e["type"] == "led"]
    assert [e["permille"] for e in events] == [1000, 0, 1000, 0, 1000, 0]


@pytest.mark.parametrize(("mv", "percent"), [(4200, 100), (3800, 50), (3640, 15), (3200, 0)])
def test_battery(bench: Bench, mv: int, percent: int) -> None:
    script = (
        BOARD
        + """
    say(board.battery.percent)
    for _ in range(20): board.battery.poll()
    say([board.battery.mv, board.battery.percent, board.battery.charging])
"""
    )
    before, (measured, shown, charging) = bench(script, messages=[{"type": "battery", "mv": mv}]).results
    assert before == -1
    assert measured == pytest.approx(mv, abs=10)
    assert shown == pytest.approx(percent, abs=4)
    assert charging is None


def test_battery_is_filtered_and_sees_the_charger(bench: Bench) -> None:
    settings = load(ROOT / "hardware/boards/xiao_esp32s3_band.toml")
    settings["battery"] |= {"charging_pin": 8, "charging_active_low": True}
    script = (
        BOARD
        + """
    import _host
    board.battery.poll()
    full = board.battery.mv
    _host.bench_message('{"type": "battery", "mv": 3500, "charging": true}')
    board.battery.poll()
    say([full, board.battery.mv, board.battery.charging])
"""
    )
    full, after, charging = bench(script, settings, messages=[{"type": "battery", "mv": 4100}]).results[0]
    assert full - after == pytest.approx(75, abs=15)
    assert charging is True


def test_unwired_pin_fails_loudly(bench: Bench) -> None:
    outcome = bench("from machine import Pin\nPin(9, Pin.OUT)")
    assert outcome.error is not None
    assert "pin 9 is not wired on this board" in outcome.error
    assert outcome.events[-1]["type"] == "unmodelled"


def test_unmodelled_names_fail_loudly(bench: Bench) -> None:
    for line in ("import machine\nmachine.Timer(0)", "from esp32 import RMT"):
        outcome = bench(line)
        assert outcome.error is not None
        assert "not modelled" in outcome.error


def test_watchdog(bench: Bench) -> None:
    script = """
    from machine import WDT
    watchdog = WDT(timeout=1000)
    for _ in range(5):
        time.sleep_ms(900)
        watchdog.feed()
"""
    assert [e["t_ms"] for e in bench(script, end_ms=10_000).events] == [5500]
