"""The same checks under MicroPython: each file below is run there as it is, every `test_` function of it."""

from pathlib import Path

import pytest

from repbeat_tools.replay.runner import Firmware

HERE = Path(__file__).parent
FILES = [
    path
    for room in ("beats", "rr", "hrv", "zones", "strain", "respiration", "rest", "steps", "pacer", "recovery")
    for path in HERE.glob(f"test_{room}.py")
]
RUN_ALL = """

def begin(options):
    for name in sorted([name for name in globals() if name.startswith("test_")]):
        globals()[name]()
        emit(name)


def sample(x):
    pass


def end():
    pass
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_checks_hold_on_micropython(path: Path) -> None:
    source = path.read_text()
    with Firmware(source + RUN_ALL, timeout_s=60) as firmware:
        run = firmware.replay([[0]])
    assert len(run.emitted) == source.count("\ndef test_") > 0
