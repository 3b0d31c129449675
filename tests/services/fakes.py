"""Services as they answer, on a real socket: each keeps what it was asked, and can be told to fail."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """A form's fields, of either encoding; files as latin-1 text."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/"):
            head = f"Content-Type: {kind}\r\n\r\n".encode()
            parts = message_from_bytes(head + self.body, policy=HTTP).iter_parts()  # type: ignore[attr-defined]
            return {
                part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode(
                    "latin-1"
                )
                for part in parts
            }
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Fake:
    """`failures` are answered first, one a request, before the service does anything."""

    asked: list[Asked] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    @contextmanager
    def served(self) -> Iterator[str]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_all(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                one = Asked(self.command, parts.path, parse_qs(parts.query), headers, body)
                fake.asked.append(one)
                status, content, *more = fake.failures.pop(0) if fake.failures else fake.answer(one)
                payload = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = handle_all

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the tests look at `asked`."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()


@dataclass
class FakeStrava(Fake):
    """Tokens that expire, uploads that need a look or two, duplicates known by their external id."""

    looks: int = 1  # how often an upload is still worked on
    access: str = "first"
    refresh: str = "refresh-1"
    expires_s: int = 0
    activities: dict[str, int] = field(default_factory=dict)  # external id → activity
    files: list[str] = field(default_factory=list)
    uploads: dict[str, tuple[str, int]] = field(default_factory=dict)  # id → (external id, looks left)
    renewals: int = 0

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/oauth/token":
            return self._token(asked.form)
        if asked.headers.get("authorization") != f"Bearer {self.access}":
            return 401, {"message": "Authorization Error"}
        if asked.method == "POST":
            form = asked.form
            external = form["external_id"]
            upload = str(1000 + len(self.uploads))
            self.uploads[upload] = (external, self.looks)
            if external in self.activities:
                self.uploads[upload] = ("duplicate", 0)
            else:
                self.files.append(form["file"])
            return 201, {
                "id": int(upload),
                "id_str": upload,
                "external_id": external,
                "error": None,
                "status": "Your activity is still being processed.",
                "activity_id": None,
            }
        upload = asked.path.rpartition("/")[2]
        external, looks = self.uploads[upload]
        if external == "duplicate":
            return 200, {"id": int(upload), "error": "x.fit duplicate of activity 7", "activity_id": None}
        if looks:
            self.uploads[upload] = (external, looks - 1)
            return 200, {"id": int(upload), "id_str": upload, "error": None, "activity_id": None}
        activity = self.activities.setdefault(external, 7 + len(self.activities))
        return 200, {"id": int(upload), "error": None, "activity_id": activity}

    def _token(self, form: dict[str, str]) -> Answer:
        right = form.get("client_secret") == "shh" and (
            form.get("code") == "yes" or form.get("refresh_token") == self.refresh
        )
        if not right:
            return 400, {"message": "Bad Request"}
        self.renewals += 1
        self.access, self.refresh = f"access-{self.renewals}", f"refresh-{self.renewals + 1}"
        return 200, {"access_token": self.access, "refresh_token": self.refresh, "expires_at": self.expires_s}


@dataclass
class FakeIntervals(Fake):
    """Wellness by day, and what is planned."""

    key: str = "k3y"
    wellness: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        given = base64.b64encode(f"API_KEY:{self.key}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {given}":
            return 401, {"error": "Unauthorized"}
        rest = asked.path.removeprefix("/api/v1/athlete/i77")
        if rest == "":
            return 200, {"id": "i77"}
        if rest.startswith("/wellness/"):
            self.wellness[rest.rpartition("/")[2]] = json.loads(asked.body)
            return 200, {}
        return 200, self.events
