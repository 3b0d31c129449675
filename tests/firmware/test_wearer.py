"""The wearer's button and cues on both interpreters (wearer_check.py has the scenarios)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware import wearer_check
from repbeat_tools.replay.runner import Firmware

DRIVER = (
    Path(wearer_check.__file__).read_text()
    + """
def begin(options):
    checks()[options["name"]]()
    emit("passed")
def sample(*row):
    pass
def end():
    pass
"""
)

NAMES = sorted(wearer_check.checks())


@pytest.mark.parametrize("name", NAMES)
def test_on_cpython(name: str) -> None:
    wearer_check.checks()[name]()


@pytest.fixture(scope="module")
def micropython() -> Iterator[Firmware]:
    with Firmware(DRIVER, timeout_s=60) as firmware:
        yield firmware


@pytest.mark.parametrize("name", NAMES)
def test_on_micropython(name: str, micropython: Firmware) -> None:
    assert micropython.replay([[0]], {"name": name}).emitted == ["passed"]
