"""An operation of the API: its handler's own signature says what comes in, what goes out and who may ask.

A handler takes the path's parameters by name, and where it has them `query` and `body`, structs that
refuse what they do not know. What it returns is the answer; None is an empty one.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from repbeat.people.roles import Access, Role, needs
from repbeat.store import NotFound

PREFIX = "/api/v1"
JSON = "application/json"
EVENTS = "text/event-stream"

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path, `path` as OpenAPI writes it. `answer` None: nothing is sent back (204)."""

    name: str
    method: str
    path: str
    access: Access
    tag: str
    summary: str
    description: str
    parameters: dict[str, Any]
    query: Any
    body: Any
    answer: Any
    status: int
    handler: Callable[..., Any]

    @property
    def cached(self) -> bool:
        """Whether a client may ask for it only if it changed."""
        return self.method == "GET" and not self.streams

    @property
    def streams(self) -> bool:
        """Whether the answer goes on and on."""
        return self.answer is Response


class Operations:
    """The operations of one part of the API; `tag` names it in the description."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.every: list[Operation] = []

    def get(self, path: str, role: Role, scope: str | None) -> Callable[[Handler], Handler]:
        """Declare what reads."""
        return self._declare("GET", path, Access(role, scope), 200)

    def post(
        self, path: str, role: Role, scope: str | None, status: int = 201
    ) -> Callable[[Handler], Handler]:
        """Declare what adds or acts."""
        return self._declare("POST", path, Access(role, scope), status)

    def put(self, path: str, role: Role, scope: str | None) -> Callable[[Handler], Handler]:
        """Declare what is the same done twice."""
        return self._declare("PUT", path, Access(role, scope), 200)

    def delete(self, path: str, role: Role, scope: str | None) -> Callable[[Handler], Handler]:
        """Declare what takes away."""
        return self._declare("DELETE", path, Access(role, scope), 204)

    def events(self, path: str, role: Role, scope: str | None) -> Callable[[Handler], Handler]:
        """Declare a stream of server-sent events: the handler's answer is the Response."""
        return self._declare("GET", path, Access(role, scope), 200)

    def _declare(self, method: str, path: str, access: Access, status: int) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            answer = hints.pop("return")
            nothing = answer is type(None)
            summary, _, description = inspect.getdoc(handler).partition("\n\n")  # type: ignore[union-attr]
            self.every.append(
                Operation(
                    name=handler.__name__,
                    method=method,
                    path=path,
                    access=access,
                    tag=self.tag,
                    summary=summary.rstrip("."),
                    description=description,
                    query=hints.pop("query", None),
                    body=hints.pop("body", None),
                    parameters=hints,
                    answer=None if nothing else answer,
                    status=204 if nothing else status,
                    handler=handler,
                )
            )
            return handler

        return declare


def install(app: Flask, every: list[Operation]) -> None:
    """Answer each operation."""
    for one in every:
        rule = PREFIX + one.path.replace("{", "<").replace("}", ">")
        view = needs(one.access.role, one.access.scope)(_view(one))
        app.add_url_rule(rule, f"api.{one.name}", view, methods=[one.method])


def _view(one: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        arguments = {name: _named(name, value, one.parameters[name]) for name, value in path.items()}
        if one.query is not None:
            arguments["query"] = _asked(one.query)
        if one.body is not None:
            arguments["body"] = _sent(one.body)
        found = one.handler(**arguments)
        return found if isinstance(found, Response) else _answered(one, found)

    return view


def _named(name: str, value: str, kind: Any) -> Any:
    """A parameter of the path; NotFound for one that names nothing."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise NotFound(f"nothing is here: {name} cannot be {value!r} ({error})") from error


def _asked(kind: Any) -> Any:
    """The query's parameters."""
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if len(values) > 1:
            raise msgspec.ValidationError(f"{name} is given {len(values)} times: give it once")
    return msgspec.convert({name: values[0] for name, values in given.items()}, kind, strict=False)


def _sent(kind: Any) -> Any:
    """The body."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send the body as Content-Type: {JSON}.")
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError("the body is no UTF-8") from error


def _answered(one: Operation, found: Any) -> Response:
    if one.answer is None:
        return Response(status=204)
    response = Response(msgspec.json.encode(found), one.status, mimetype=JSON)
    response.vary.add("Authorization")
    if one.cached:
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.make_conditional(request)
    return response


# No control characters, which no name, word or id has.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern="^[^\\x00-\\x1f\\x7f]+$")]
Words = Annotated[str, msgspec.Meta(max_length=500, pattern="^[^\\x00-\\x08\\x0b-\\x1f\\x7f]*$")]
Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", description="32 hexadecimal digits")]
DeviceId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$", description="16 hexadecimal digits")]
SessionId = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{16}-[0-9a-f]{8}-(0|[1-9][0-9]{0,8})$",
        description="device, log and number of a session, as a session's `session_id`",
    ),
]
