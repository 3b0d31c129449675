"""All operations of the API, and the page that describes them."""

from __future__ import annotations

from functools import cache

import msgspec
from flask import Flask, Response

from repbeat.api import openapi, operations
from repbeat.api.coaching import coaching
from repbeat.api.fleet import fleet
from repbeat.api.handing_in import handing_in
from repbeat.api.hubs import hubs
from repbeat.api.live import live
from repbeat.api.operations import JSON, PREFIX
from repbeat.api.people import people
from repbeat.api.training import training
from repbeat.api.webhooks import webhooks
from repbeat.people.roles import Role, needs

EVERY = [
    *people.every,
    *training.every,
    *coaching.every,
    *fleet.every,
    *handing_in.every,
    *hubs.every,
    *live.every,
    *webhooks.every,
]


def install(app: Flask) -> None:
    """Answer the whole API."""
    operations.install(app, EVERY)
    app.add_url_rule(f"{PREFIX}/openapi.json", "api.openapi", describe)


@needs(Role.ANYONE)
def describe() -> Response:
    """The description in OpenAPI 3.1."""
    return Response(_description(), mimetype=JSON)


@cache
def _description() -> bytes:
    return msgspec.json.encode(openapi.document(EVERY))
