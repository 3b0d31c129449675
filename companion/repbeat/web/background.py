"""The pages on a server of their own thread, for as long as a `with` block lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import waitress
from flask import Flask
from waitress import wasyncore

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
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(END_S)
        server.task_dispatcher.shutdown()
