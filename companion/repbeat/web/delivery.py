"""How answers reach a phone at 3G: compressed, static files once, the last state without a network."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.people.roles import Role, needs

SMALLEST = 500  # bytes: less is not worth it
LEVEL = 6
FOR_EVER = "public, max-age=31536000, immutable"  # its address changes with its content
_TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest+json")

delivery = Blueprint("delivery", __name__)


@delivery.get("/manifest.webmanifest")
@needs(Role.ANYONE)
def manifest() -> ResponseReturnValue:
    """What a phone needs to install the pages."""
    answer = jsonify(
        name="RepBeat",
        short_name="RepBeat",
        description=_("Training intelligence that you own"),
        start_url=url_for("pages.today"),
        scope="/",
        display="standalone",
        background_color="#0d1117",
        theme_color="#0d1117",
        icons=[
            {
                "src": url_for("static", filename="icon.svg"),
                "sizes": "any",
                "type": "image/svg+xml",
                "purpose": "any",
            }
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@delivery.get("/sw.js")
@needs(Role.ANYONE)
def worker() -> ResponseReturnValue:
    """The service worker, from the root: it keeps the last state of all pages."""
    text = (Path(str(current_app.static_folder)) / "sw.js").read_bytes()
    return Response(text, mimetype="text/javascript")


@delivery.get("/offline")
@needs(Role.ANYONE)
def offline() -> str:
    """For a page that was never looked at while there was a network."""
    return render_template("offline.html")


def install(app: Flask) -> None:
    """Compress what is text, and name static files by their content."""

    @app.url_defaults
    def versioned(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values and "filename" in values:
            values["v"] = _digest(Path(str(app.static_folder)) / values["filename"])

    @app.after_request
    def compressed(response: Response) -> Response:
        if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
            response.headers["Cache-Control"] = FOR_EVER
        if response.status_code != 200 or not (response.mimetype or "").startswith(_TEXT):
            return response
        if response.mimetype == "text/event-stream" or "Content-Encoding" in response.headers:
            return response
        response.vary.add("Accept-Encoding")
        if not request.accept_encodings.quality("gzip"):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) >= SMALLEST:
            response.set_data(gzip.compress(body, LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


@cache
def _digest(path: Path) -> str | None:
    """Of a file that ships with RepBeat: it does not change while this runs."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else None
