"""The pages on a server of their own thread, for as long as a `with` block lasts; what runs is finished."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer

from repbeat.web import bodies, uploads
from repbeat.web.access import Open, is_loopback

THREADS = 8
END_S = 10.0
SLOW_READER_BYTES = 1 << 20  # who takes no more than that is waited for
IDLE_S = 0.05
# Browsers hold six each. One address, where it is no proxy's, may hold a third: who opens more and says
# nothing on them keeps nobody else out.
CONNECTIONS, OF_ONE_ADDRESS = 300, 100
SILENT_S, LOOKED_AT_S = 60, 10
WAKE_S = 0.25  # how long the end takes to be noticed


class OpenToTheNetwork(ValueError):
    """An open companion would be reachable from other machines."""


@contextmanager
def served(app: Flask, port: int = 0, host: str = "127.0.0.1", threads: int = THREADS) -> Iterator[str]:
    """Address of the app; port 0 is any free one. OSError when it is taken.

    OpenToTheNetwork if the app lets anyone in and `host` is not the loopback interface.
    """
    parts = app.extensions["repbeat"]
    if isinstance(parts.access, Open) and not is_loopback(host):
        raise OpenToTheNetwork(
            f"an open companion ({parts.access.why}) is for this computer alone: serve it on 127.0.0.1, "
            "or with accounts"
        )
    # What is too large is refused before it is kept anywhere, whether or not it says how large it is.
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,
        outbuf_high_watermark=SLOW_READER_BYTES,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENT_S,
        cleanup_interval=LOOKED_AT_S,
    )
    for one in list(server._map.values()):
        if isinstance(one, BaseWSGIServer):
            one.channel_class = _channel(app)
    ended = threading.Event()

    def run() -> None:
        # Sockets are closed by the thread that waits on them: closed from another, its select would fail.
        while not ended.is_set():
            wasyncore.loop(timeout=WAKE_S, use_poll=True, map=server._map, count=1)
        _close(server._map)

    thread = threading.Thread(target=run, name="pages", daemon=True)
    thread.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.effective_port}"
    finally:
        parts.stopping.set()  # streams end
        server.trigger.pull_trigger(lambda: wasyncore.dispatcher.close(server))
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=END_S)
        _sent(server)
        ended.set()
        thread.join(END_S)


def _channel(app: Flask) -> type[HTTPChannel]:
    """Connections, not too many of one address; a body may be as large as the application takes there."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        def __init__(self, adj: object) -> None:
            super().__init__(copy.copy(adj))

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            self.adj.max_request_body_size = uploads.most_bytes(app, self.path) + 1
            if self.body_rcv is not None:
                self.body_rcv.buf = bodies.Body(self.adj.inbuf_overflow)

    class Channel(HTTPChannel):  # type: ignore[misc]
        parser_class = Parser

        def __init__(
            self, server: BaseWSGIServer, sock: object, addr: tuple[str, int], *rest: Any, **named: Any
        ):
            super().__init__(server, sock, addr, *rest, **named)
            if app.config["TRUSTED_PROXIES"] or is_loopback(addr[0]):
                return
            theirs = sum(one.addr[0] == addr[0] for one in server.active_channels.values())
            if theirs > OF_ONE_ADDRESS:
                self.handle_close()

    return Channel


def _sent(server: object) -> None:
    """Wait until what was answered has left, but not for a client that takes nothing."""
    until = time.monotonic() + END_S
    while time.monotonic() < until:
        channels = list(server.active_channels.values())  # type: ignore[attr-defined]
        if not any(channel.total_outbufs_len for channel in channels):
            return
        time.sleep(IDLE_S)


def _close(sockets: dict[int, wasyncore.dispatcher]) -> None:
    """Give up what is still being sent (its files are closed with it), then close every socket."""
    for one in list(sockets.values()):
        if isinstance(one, HTTPChannel):
            one.handle_close()
    wasyncore.close_all(sockets)
