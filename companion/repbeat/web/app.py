"""The web application, made by a factory: no side effects at import, everything it needs is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from repbeat.store import Database, NotFound, StoreError
from repbeat.web import form
from repbeat.web.live import LiveState
from repbeat.web.pages import pages

LiveSource = Callable[[], Mapping[str, LiveState]]

# Nothing is loaded from other hosts, nothing inline runs, no page may be framed.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def create_app(database: Database, live: LiveSource = dict, unix_s: Callable[[], float] = time.time) -> Flask:
    """The pages over one store; `live` gives each device's state now, by device id; `unix_s` is the clock."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(form.FILTERS)
    app.extensions["repbeat"] = (database, live, unix_s)
    app.register_blueprint(pages)

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> tuple[str, int]:
        return render_template("error.html", title="Not here", message=str(error)), 404

    @app.errorhandler(StoreError)
    def store_error(error: StoreError) -> tuple[str, int]:
        return render_template("error.html", title="The store cannot answer", message=str(error)), 503

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        return render_template("error.html", title=error.name, message=error.description or ""), code

    return app
