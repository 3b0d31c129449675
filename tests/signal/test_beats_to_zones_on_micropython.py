"""The same checks under MicroPython: each file below is run there as it is, every `test_` function of it."""

import re
from pathlib import Path

import pytest

from repbeat_tools.replay.runner import Firmware

HERE = Path(__file__).parent
FILES = [
    path
    for room in ("beats", "rr", "hrv", "zones", "strain", "respiration", "rest", "steps", "pacer", "recovery")
    for path in HERE.glob(f"test_{room}.py")
]
HEAP_BYTES = 96 << 20  # a check is one call, and garbage is collected only between calls
DRIVER = """

def begin(options):
    globals()[options["check"]]()
    emit("held")


def sample(x):
    pass


def end():
    pass
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_checks_hold_on_micropython(path: Path) -> None:
    source = path.read_text()
    checks = re.findall(r"^def (test_\w+)", source, re.MULTILINE)
    assert checks
    with Firmware(source + DRIVER, timeout_s=60, heap_bytes=HEAP_BYTES) as firmware:
        for check in checks:
            assert firmware.replay([[0]], {"check": check}).emitted == ["held"]
