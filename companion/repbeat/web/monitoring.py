"""Whether the service runs and how: for whoever looks after it, and their monitoring."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from repbeat.people import tokens
from repbeat.people.roles import Role, needs
from repbeat.web.context import store

monitoring = Blueprint("monitoring", __name__)


@monitoring.get("/healthz")
@needs(Role.ANYONE)
def healthz() -> ResponseReturnValue:
    """200 when the store answers; 503 says why it does not."""
    store().value("SELECT 1")
    return jsonify({"status": "ok"})


@monitoring.get("/metrics")
@needs(Role.OPERATOR, tokens.METRICS)
def metrics() -> Response:
    """Prometheus' text; a token with the scope `metrics` reads it."""
    registry = current_app.extensions["repbeat.metrics"]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
