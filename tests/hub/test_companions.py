"""The companion that a hub hands in to, and what else may answer in its place."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest

from repbeat.hub.companions import Companions, UploadFailed


class Kept(msgspec.Struct):
    next_seq: int


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b"<html>Welcome to our guest network</html>", "no companion"),
        (200, b'{"next_seq": "soon"}', "no companion"),
        (302, b"", "302"),
        (403, b'{"detail": "This needs the scope hub."}', "scope hub"),
    ],
)
def test_what_is_no_companions_answer_is_tried_again(status: int, body: bytes, says: str) -> None:
    with answering(status, body) as address:
        companions = Companions([address], "token")
        with pytest.raises(UploadFailed, match=says):
            companions.ask(Kept, "POST", "/api/v1/hub", {})
        companions.close()


def test_another_address_is_asked_where_a_network_answers_itself() -> None:
    with answering(200, b"<html>") as wrong, answering(200, b'{"next_seq": 7}') as right:
        companions = Companions([wrong, right], "token")
        for _ in range(2):
            assert companions.ask(Kept, "POST", "/api/v1/hub", {}).next_seq == 7
        companions.close()
