"""Errors as answers: a page for people, problem+json (RFC 9457) for programs; each says what to do."""

from __future__ import annotations

import logging

import msgspec
from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

from repbeat.coach.acts import ActError
from repbeat.coach.plan_file import PlanFileError
from repbeat.community.errors import BadInvite, CommunityError
from repbeat.community.shared.errors import BadSignature, NotYours, UnknownCode
from repbeat.people import errors as people
from repbeat.services.errors import ServiceError, UnknownService
from repbeat.store import NotFound, StoreError
from repbeat.web import words
from repbeat.web.i18n import ENGLISH, local
from repbeat.webhooks.errors import WebhookError
from repbeat_protocol.plan import PlanError
from repbeat_protocol.records import RecordError

log = logging.getLogger(__name__)

# The first that fits counts.
_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (NotFound, 404, "Not here"),
    (StoreError, 503, "The store cannot answer"),
    (people.Throttled, 429, "Too many tries"),
    (people.WrongPassword, 401, "Not signed in"),
    (people.WrongSetupCode, 403, "Not set up"),
    (people.NameTaken, 409, "Name taken"),
    (people.LastAdministrator, 409, "One must stay"),
    (people.KeyUnavailable, 503, "The key is not there"),
    (WebhookError, 422, "No such webhook can be"),
    (people.PeopleError, 422, "That does not fit"),
    (ActError, 409, "Not to be decided now"),
    (PlanError, 422, "No such plan can be"),
    (PlanFileError, 422, "No such plan can be"),
    (BadSignature, 401, "Not signed"),
    (UnknownCode, 404, "Not here"),
    (BadInvite, 404, "Not here"),
    (NotYours, 403, "Not yours"),
    (CommunityError, 422, "That does not fit"),
    (UnknownService, 404, "Not here"),
    (ServiceError, 422, "That does not fit"),
    (RecordError, 422, "Damaged on its way"),
    (msgspec.ValidationError, 422, "That does not fit"),
    (msgspec.DecodeError, 400, "Not readable"),
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong and what to do, as RFC 9457 has it."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"


def install(app: Flask) -> None:
    """Answer every error."""

    @app.errorhandler(CSRFError)
    def not_this_sites_form(error: CSRFError) -> ResponseReturnValue:
        return answer(400, "Form too old", "The form was not this page's, or too old: go back and reload it.")

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        title, detail = error.name, error.description or ""
        if detail == type(error).description:  # the library's own words
            title = words.TITLES.get(error.code, title)
            detail = words.SENTENCES.get(error.code, detail)
        response = answer(error.code, title, detail)
        for name, value in error.get_headers():
            if name in ("Retry-After", "Allow"):
                response.headers[name] = value
        if error.code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    for kind, status, title in _KINDS:
        app.register_error_handler(kind, _handler(status, title))

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> ResponseReturnValue:
        log.exception("unforeseen error in %s", request.endpoint)
        return answer(500, "That failed", "An error of RepBeat's own: its log says where. Please report it.")


def _handler(status: int, title: str):  # type: ignore[no-untyped-def]
    def handle(error: Exception) -> ResponseReturnValue:
        response = answer(status, title, told(error))
        if isinstance(error, people.Throttled):
            response.headers["Retry-After"] = str(error.wait_s)
        return response

    return handle


def answer(status: int, title: str, detail: str) -> Response:
    """An error in the words of whoever asked."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        problem = Problem(title=title, status=status, detail=detail)
        return Response(msgspec.json.encode(problem), status, mimetype="application/problem+json")
    if local().language != ENGLISH:
        title = _(words.TITLES[status]) if status in words.TITLES else title
        detail = _(words.SENTENCES[status]) if status in words.SENTENCES else detail
    return make_response(render_template("error.html", title=title, message=detail), status)


def told(error: Exception) -> str:
    """An error for people: English says its cause, other languages what kind it is."""
    if local().language == ENGLISH:
        return str(error)
    return next((_(said) for kind, said in words.ERRORS.items() if isinstance(error, kind)), str(error))
