"""The ST7789 under MicroPython: a passkey that can be read, and darkness otherwise."""

from __future__ import annotations

import pytest
from firmware.display import digits

from .conftest import Bench

BOARD = "m5stickc_plus2"
SCRIPT = """
    from device.drivers.board import Board
    display = Board(settings).display
"""


@pytest.mark.parametrize("passkey", ["271828", "000000", "934567", "111111"])
def test_a_passkey_can_be_read_and_goes(bench: Bench, passkey: str) -> None:
    script = f"{SCRIPT}    display.show('{passkey}')\n    display.clear()\n"
    events = [event for event in bench(script, BOARD).events if event["type"] == "display"]
    assert [digits(event) for event in events if event["lit"]] == [passkey]
    assert not events[-1]["lit"]


def test_the_next_passkey_stands_alone(bench: Bench) -> None:
    script = f"{SCRIPT}    display.show('888888')\n    display.clear()\n    display.show('140')\n"
    events = [event for event in bench(script, BOARD).events if event["type"] == "display" and event["lit"]]
    assert [digits(event) for event in events] == ["888888", "140"]


def test_clearing_what_was_never_shown_is_nothing(bench: Bench) -> None:
    assert not [event for event in bench(f"{SCRIPT}    display.clear()\n", BOARD).events if event.get("lit")]
