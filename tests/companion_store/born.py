"""A test's new store is a copy of one that was migrated once a worker: the same file, forty commits less."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from repbeat.store import Database
from repbeat.store.sqlite import SQLite, SQLiteConnection

_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def born(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """SQLite files that are not there yet begin as that copy; what migrating does has tests of its own."""
    folder = tmp_path_factory.mktemp("born")
    with Database(folder / "store.sqlite3"):
        pass
    real = SQLite.connect

    def connect(engine: SQLite) -> SQLiteConnection:
        if not os.path.lexists(engine.path):
            begin_as(folder / "store.sqlite3", engine.path)
        return real(engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLite, "connect", connect)
        yield


def begin_as(template: Path, path: Path) -> None:
    """Put a copy there at once and whole, or nothing where somebody was faster or nobody may write."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{next(_numbers)}")
    with suppress(OSError):
        try:
            shutil.copyfile(template, scratch)
            os.link(scratch, path)
        finally:
            scratch.unlink(missing_ok=True)
