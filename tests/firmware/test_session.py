"""The session state machine on both interpreters: the scenarios of session_*_check.py."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware import (
    session_form_check,
    session_plan_check,
    session_rest_check,
    session_sets_check,
    session_strain_check,
    session_world,
)
from repbeat_tools.replay.runner import Firmware

CONCERNS = (
    session_sets_check,
    session_form_check,
    session_rest_check,
    session_strain_check,
    session_plan_check,
)
CHECKS: dict[str, Callable[[], None]] = {
    name: check for module in CONCERNS for name, check in vars(module).items() if name.startswith("check_")
}
# One program: the interpreter has no folder of tests.
TEXTS = "\n".join(Path(module.__file__).read_text() for module in (session_world, *CONCERNS))
DRIVER = (
    re.sub(r"^from firmware\.session_world import .*\n", "", TEXTS, flags=re.MULTILINE)
    + """
def begin(options):
    globals()[options["name"]]()
    emit("passed")
def sample(*row):
    pass
def end():
    pass
"""
)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_on_cpython(name: str) -> None:
    CHECKS[name]()


@pytest.fixture(scope="module")
def micropython() -> Iterator[Firmware]:
    with Firmware(DRIVER, timeout_s=60) as firmware:
        yield firmware


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_on_micropython(name: str, micropython: Firmware) -> None:
    assert micropython.replay([[0]], {"name": name}).emitted == ["passed"]
