"""Large files are taken from whoever was shown the form alone: its address carries a signed ticket.

The server reads a body before the application sees it, so it asks here whether this one may be large.
"""

from __future__ import annotations

from flask import Flask
from itsdangerous import BadData, URLSafeTimedSerializer

PATH = "/import/files/"
GOOD_FOR_S = 12 * 3600  # a form that is left open over a day is loaded again


def ticket(app: Flask, athlete_id: str) -> str:
    """For the address of a form by which files of an athlete come."""
    return str(_signer(app).dumps(athlete_id))


def athlete_of(app: Flask, ticket: str) -> str | None:
    """Whose files a ticket is for; None if it is none of ours, or too old."""
    try:
        return str(_signer(app).loads(ticket, max_age=GOOD_FOR_S))
    except BadData:
        return None


def most_bytes(app: Flask, path: str) -> int:
    """How large a body may be that is sent to an address."""
    usual = int(app.config["MAX_CONTENT_LENGTH"])
    if not path.startswith(PATH) or athlete_of(app, path.removeprefix(PATH)) is None:
        return usual
    return int(app.config["UPLOAD_BYTES"])


def _signer(app: Flask) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(app.secret_key), "uploads")
