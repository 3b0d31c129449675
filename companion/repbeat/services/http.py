"""Asking a service over HTTPS: its answers become values or the errors of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from repbeat import __version__
from repbeat.services.errors import Again, Refused, Revoked

TIMEOUT_S = 30.0
MOST_WAIT_S = 24 * 3600.0  # a service that wishes more is asked once a day


def new_client() -> httpx.Client:
    """A client that follows no redirection: a token goes to the service's own address and to no other."""
    return httpx.Client(timeout=TIMEOUT_S, headers={"User-Agent": f"RepBeat/{__version__}"})


def ask(client: httpx.Client, service: str, method: str, url: str, **request: Any) -> httpx.Response:
    """The answer if it is a success.

    Again for no network, 429 and 5xx; Revoked for 401 and 403; Refused for what else the service does not
    take. Messages hold the status and never what was sent.
    """
    try:
        answer = client.request(method, url, **request)
    except httpx.HTTPError as error:
        raise Again(f"{service} cannot be reached: {type(error).__name__}") from error
    if answer.is_success:
        return answer
    status = answer.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        raise Again(f"{service} answered {status}", _retry_after_s(answer))
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise Revoked(f"{service} lets RepBeat in no more ({status}): connect it again")
    raise Refused(f"{service} does not take it ({status})")


def json_of(answer: httpx.Response, service: str) -> Any:
    """The answer's JSON; Again when it is none: a proxy's page, most likely."""
    try:
        return answer.json()
    except ValueError as error:
        raise Again(f"{service} answered no JSON") from error


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds or a date (RFC 9110, 10.2.3); 0 where the service wishes nothing that can be read."""
    text = answer.headers.get("Retry-After", "")
    try:
        wished = float(text) if text.strip().isdigit() else _until_s(text)
    except ValueError:
        return 0.0
    return min(max(wished, 0.0), MOST_WAIT_S)


def _until_s(text: str) -> float:
    if not text:
        return 0.0
    return (parsedate_to_datetime(text).astimezone(UTC) - datetime.now(UTC)).total_seconds()
