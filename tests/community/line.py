"""A TCP line between two companions that loses, cuts and delays, and keeps all that goes by."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx


def new_client() -> httpx.Client:
    """Each exchange on a connection of its own, for a line to lose, and uncompressed, to be searched."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(limits=limits, headers={"Accept-Encoding": "identity"})


@dataclass
class Line:
    """A TCP line to a server: loses one connection in three when bad, and keeps all that goes by."""

    to: tuple[str, int]
    rng: random.Random
    bad: bool = True
    down: bool = False
    captured: list[bytes] = field(default_factory=list)
    lost: int = 0

    @contextlib.contextmanager
    def laid(self) -> Iterator[str]:
        listener = socket.create_server(("127.0.0.1", 0))
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    near, _ = listener.accept()
                    threading.Thread(target=self._carry, args=(near,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()
        listener.close()

    def _carry(self, near: socket.socket) -> None:
        if self.down or (self.bad and self.rng.random() < 0.2):
            self.lost += 1
            near.close()
            return
        cut = self.rng.randrange(2000) if self.bad and self.rng.random() < 0.2 else None
        self.lost += cut is not None
        with near, socket.create_connection(self.to) as far:
            back = threading.Thread(target=self._pump, args=(far, near, cut), daemon=True)
            back.start()
            self._pump(near, far, None)
            back.join(5)

    def _pump(self, from_: socket.socket, to: socket.socket, cut: int | None) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while data := from_.recv(65536):
                if self.bad:
                    time.sleep(self.rng.uniform(0, 0.03))
                carried += len(data)
                if cut is not None and carried > cut:
                    break
                self.captured.append(data)
                to.sendall(data)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)
