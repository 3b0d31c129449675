"""The pages on a server of their own thread, for as long as a `with` block lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel

THREADS = 8
END_S = 10.0


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Address of the app on the loopback interface; port 0 is any free one. OSError when it is taken."""
    server = waitress.create_server(app, host="127.0.0.1", port=port, threads=THREADS)
    thread = threading.Thread(target=server.run, name="pages", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Sockets are closed by the thread that waits on them: closed from here, its select would fail.
        server.trigger.pull_trigger(lambda: _close(server._map))
        thread.join(END_S)
        server.task_dispatcher.shutdown()


def _close(sockets: dict[int, wasyncore.dispatcher]) -> None:
    """Give up what is still being sent (its files are closed with it), then close every socket."""
    for one in list(sockets.values()):
        if isinstance(one, HTTPChannel):
            one.handle_close()
    wasyncore.close_all(sockets)
