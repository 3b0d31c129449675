"""The firmware's store runs on CPython from where it lies, on a model of NOR flash."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "firmware"))

from repbeat_tools.faults.nor import Dice, Nor


class Metered(Nor):
    """Flash that also counts reads, and can refuse work in chosen sectors."""

    def __init__(self, sectors: int, seed: int = 1) -> None:
        super().__init__(sectors, Dice(seed))
        self.reads = 0

    def readblocks(self, sector: int, buf: bytearray | memoryview, offset: int = 0) -> None:
        self.reads += 1
        super().readblocks(sector, buf, offset)


@pytest.fixture
def flash() -> Callable[..., Metered]:
    """flash(sectors, seed=1): a blank partition."""
    return Metered
