"""A store of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from repbeat.store import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "repbeat.sqlite3") as database:
        yield database
