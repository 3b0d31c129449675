"""A real Chromium and a real server. Chromium comes from Debian; in CI it must be there."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from repbeat.web import background


@pytest.fixture(scope="module")  # a running playwright holds the thread's event loop
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no chromium: .ci/run installs it")
        pytest.skip("needs Chromium: apt install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def served() -> Iterator[Callable[[Flask], str]]:
    """Serve an app on a free loopback port until the test ends; returns its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(background.served(app))
