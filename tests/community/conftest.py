"""Two companions, and a line between them that loses, cuts and delays."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from community.line import Line
from community.place import Place, place

from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat.web.background import served


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Place, Place]]:
    monkeypatch.delenv("REPBEAT_KEY_FILE", raising=False)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with place(tmp_path / "a", 0.0) as here, place(tmp_path / "b", 1700.0) as there:
        yield here, there


@pytest.fixture
def line(two: tuple[Place, Place]) -> Iterator[tuple[Line, str]]:
    here, _ = two
    app = create_app(here.db, unix_s=lambda: here.now_ms() / 1000, access=Accounts("c"))
    with served(app) as address:
        server, _, port = address.removeprefix("http://").partition(":")
        laid = Line((server, int(port)), random.Random(5))
        with laid.laid() as far:
            yield laid, far
