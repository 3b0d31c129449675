"""A real Chromium and a real server. Chromium comes from Debian; in CI it must be there."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

from repbeat.store import Database
from repbeat.web import background
from repbeat_tools.faces import club

PATIENCE_MS = 30_000  # of every expectation: what comes at all has come, however busy the computer is


@pytest.fixture(scope="module")  # a running playwright holds the thread's event loop
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no chromium: .ci/run installs it")
        pytest.skip("needs Chromium: apt install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the club's store, filled once a worker."""
    folder = tmp_path_factory.mktemp("club")
    with Database(folder / "club.sqlite3") as db:
        club.fill(db)
    return folder


@pytest.fixture
def club_db(filled: Path, tmp_path: Path) -> Iterator[Database]:
    """The filled club, a copy of one's own."""
    copy = shutil.copytree(filled, tmp_path / "club")
    with Database(copy / "club.sqlite3") as db:
        yield db


@pytest.fixture
def served() -> Iterator[Callable[[Flask], str]]:
    """Serve an app on a free loopback port until the test ends; returns its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(background.served(app))
