"""The one address by which companions talk about a shared session: each message is signed."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, request

from repbeat.community.shared import host
from repbeat.people.roles import Role, needs
from repbeat.web.context import now_ms, store

shared_api = Blueprint("shared_api", __name__)


@shared_api.post("/api/shared/<code>")
@needs(Role.ANYONE)
def exchange(code: str) -> Response:
    """Take in a guest's news, answer with all that happened."""
    found = host.exchange(store(), code, dict(request.headers), request.path, request.get_data(), now_ms())
    return Response(msgspec.json.encode(found), mimetype="application/json")
