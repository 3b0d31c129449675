"""A real Chromium and a real server. Chromium comes from Debian; in CI it must be there."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator

import pytest
import waitress
from flask import Flask
from playwright.sync_api import Browser, sync_playwright


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
    """Serve an app on a free loopback port; returns its address."""
    servers = []

    def serve(app: Flask) -> str:
        server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"

    yield serve
    for server, thread in servers:
        server.close()
        thread.join(5)
