"""Logs of a service, as text or as a JSON object a line: what was asked for and how it went, of nobody.

Requests are logged by their route, not their path: paths name athletes and sessions. Nothing that came with a
request or went with its answer is logged.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

requests = logging.getLogger("repbeat.requests")

_FIELDS = ("method", "route", "status", "took_ms")


class AsJson(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def pathless(record: logging.LogRecord) -> bool:
    """Take the path out of what the server says of an answer that broke off."""
    record.msg = record.getMessage().partition(" /")[0]
    record.args = ()
    return True


def configure(level: str, form: str) -> None:
    """Write the logs of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(AsJson() if form == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Their lines name addresses and whole paths.
    for noisy in ("waitress", "httpx", "httpcore", "bleak", "flask_wtf.csrf"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("waitress").addFilter(pathless)


def install(app: Flask) -> None:
    """Log each request of an application."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def done(response: Response) -> Response:
        took_ms = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
        route = request.url_rule.rule if request.url_rule else "none"
        requests.info(
            "%s %s %s",
            request.method,
            route,
            response.status_code,
            extra={
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "took_ms": took_ms,
            },
        )
        return response
