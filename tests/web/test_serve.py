"""The server ends gracefully: what runs is finished, streams end, and the process leaves with 0."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from free_port import free_port
from web.town import PASSWORD

from repbeat.people import setup, tokens
from repbeat.people.roles import Role, needs
from repbeat.store import Database
from repbeat.web import background, guard
from repbeat.web.access import Accounts, Open
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat_tools.sample import NOW_MS

REPBEAT = Path(sys.executable).with_name("repbeat")


def test_a_request_that_runs_is_finished(store: Database) -> None:
    app = create_app(store, access=Open("test"))
    began, go = threading.Event(), threading.Event()

    @app.get("/slow")
    @needs(Role.ANYONE)
    def slow() -> str:
        began.set()
        go.wait(60)
        return "finished" * 1000

    guard.declare(app)
    answers: list[httpx.Response] = []
    with served(app) as address:
        asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{address}/slow", timeout=60)))
        asking.start()
        assert began.wait(60)
        threading.Timer(0.5, go.set).start()  # while the server is ending
    asking.join(60)
    assert answers[0].text == "finished" * 1000
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")


@pytest.fixture
def silent() -> Iterator[Callable[[str, int], list[socket.socket]]]:
    """Connections on which half a request was said, and no more."""
    with contextlib.ExitStack() as stack:

        def opened(address: str, number: int) -> list[socket.socket]:
            there = httpx.URL(address)
            found = [
                stack.enter_context(socket.create_connection((there.host, there.port), timeout=60))
                for _ in range(number)
            ]
            for one in found:
                one.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n")
            return found

        yield opened


def test_connections_that_say_nothing_keep_nobody_out(
    store: Database, silent: Callable[[str, int], list[socket.socket]]
) -> None:
    with served(create_app(store, access=Open("test"))) as address:
        silent(address, 150)
        assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200


@pytest.mark.parametrize(("proxies", "held"), [(0, 5), (1, 8)])
def test_one_address_holds_so_many_but_a_proxy(
    store: Database,
    silent: Callable[[str, int], list[socket.socket]],
    monkeypatch: pytest.MonkeyPatch,
    proxies: int,
    held: int,
) -> None:
    monkeypatch.setattr(background, "OF_ONE_ADDRESS", 5)
    monkeypatch.setattr(background, "is_loopback", lambda _: False)
    with served(create_app(store, access=Accounts(), trusted_proxies=proxies)) as address:
        found = silent(address, 8)
        for one in found[held:]:
            with contextlib.suppress(ConnectionResetError):
                assert one.recv(1) == b""
        for one in found[:held]:
            one.sendall(b"\r\n")
            assert one.recv(8) == b"HTTP/1.1"


@pytest.mark.timeout(240)
def test_sigterm_ends_the_process_after_what_runs(tmp_path: Path) -> None:
    database = tmp_path / "repbeat.sqlite3"
    environment = {
        **os.environ,
        "REPBEAT_KEY_FILE": str(tmp_path / "key"),
        "REPBEAT_LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
    }
    with pytest.MonkeyPatch.context() as patch, Database(database) as db:
        patch.setenv("REPBEAT_KEY_FILE", environment["REPBEAT_KEY_FILE"])
        account = setup.first_account(db, "A", "A", "Ann", PASSWORD, "::1", NOW_MS)
        _, token = tokens.make(db, account.account_id, "t", [tokens.LIVE, tokens.READ], NOW_MS)
    port = free_port()
    command = [str(REPBEAT), "serve", "--no-hub", "--port", str(port), "--database", str(database)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as client:
            while True:
                with contextlib.suppress(httpx.ConnectError):
                    if client.get("/healthz").is_success:
                        break
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.1)
            with client.stream("GET", "/api/v1/live") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "retry: 2000"
                process.send_signal(signal.SIGTERM)
                assert list(lines) == [""]  # ended as it should, not cut
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Ending: what runs is finished first." in log
    assert "Traceback" not in log
    assert re.search(r'"route": "/api/v1/live", "status": 200', log)
