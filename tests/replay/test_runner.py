"""The replay host: MicroPython fed sample by sample, with errors and time-outs that say what happened."""

import numpy as np
import pytest

from repbeat_tools.replay.runner import DriverError, Firmware, ReplayTimeout

ECHO = """
import sys
def begin(options):
    global seen, scale
    seen, scale = 0, options.get("scale", 1)
def sample(t_ms, value):
    global seen
    seen += 1
    if value < 0:
        raise ValueError("value %d" % value)
    emit([t_ms, value * scale])
def end():
    emit({"seen": seen, "interpreter": sys.implementation.name})
"""


def test_rows_arrive_in_order_and_options_reach_the_driver() -> None:
    rows = np.arange(20000).reshape(-1, 2)  # several feeds
    with Firmware(ECHO, timeout_s=30) as firmware:
        run = firmware.replay(rows, {"scale": 3})
    assert run.emitted[:-1] == [[a, 3 * b] for a, b in rows.tolist()]
    assert run.emitted[-1] == {"seen": 10000, "interpreter": "micropython"}
    assert run.busy_ms > 0


def test_one_interpreter_serves_many_recordings() -> None:
    with Firmware(ECHO, timeout_s=30) as firmware:
        for n in (1, 0, 5):
            assert firmware.replay(np.zeros((n, 2))).emitted[-1]["seen"] == n


def test_an_error_of_the_firmware_arrives_with_its_traceback() -> None:
    with (
        Firmware(ECHO, timeout_s=30) as firmware,
        pytest.raises(DriverError, match=r"in sample[\s\S]*value -7"),
    ):
        firmware.replay([[1, -7]])


def test_a_driver_that_cannot_be_imported_is_an_error_too() -> None:
    with Firmware("import device.no_such_module", timeout_s=30) as firmware, pytest.raises(DriverError):
        firmware.replay([[1, 2]])


def test_a_hanging_driver_is_ended() -> None:
    hanging = "def begin(o): pass\ndef sample(t): \n  while True: pass\ndef end(): pass"
    with Firmware(hanging, timeout_s=1) as firmware, pytest.raises(ReplayTimeout):
        firmware.replay([[1]])


def test_rows_must_be_a_table() -> None:
    with Firmware(ECHO, timeout_s=30) as firmware, pytest.raises(ValueError, match="samples, columns"):
        firmware.replay([1, 2, 3])
