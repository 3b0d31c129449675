"""The API's description in OpenAPI 3.1, made of the operations that answer."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import msgspec

from repbeat import __version__
from repbeat.api.operations import EVENTS, JSON, PREFIX, Operation
from repbeat.people import tokens
from repbeat.people.roles import Role
from repbeat.web.errors import Problem

PROBLEM_JSON = "application/problem+json"
_ABOUT = """What the pages show, for programs.

Send a personal token as `Authorization: Bearer …`: the page Account makes one, and so does `repbeat token`.
A token does what its scopes say, for the account that made it, and sees what that account sees: one's own
athletes, and others' data as far as they consented. What one may not see is not there (404). Errors are
problem+json (RFC 9457) whose `detail` says what to do. Lists are paged: pass `next` as `after`. Answers carry
an ETag: with If-None-Match an unchanged one is 304."""


def document(every: list[Operation]) -> dict[str, Any]:
    """The description of some operations."""
    wanted = [kind for one in every for kind in _bodies(one) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*wanted, Problem], ref_template="#/components/schemas/{name}"
    )
    by_kind = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for one in every:
        body, answer = (next(by_kind) if kind is not None else None for kind in _bodies(one))
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, body, answer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "RepBeat",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in every)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "; ".join(f"`{name}`: {means}" for name, means in tokens.SCOPES.items()),
                }
            },
        },
    }


def _bodies(one: Operation) -> tuple[Any, Any]:
    """What is sent and what is answered, where it is JSON."""
    return one.body, None if one.streams else one.answer


def _operation(one: Operation, body: Any, answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": f"{one.description}\n\n{_who(one)}".strip(),
        "parameters": [*_path(one), *_query(one), *_conditional(one)],
        "responses": _responses(one, answer),
        "security": [] if one.access.role is Role.ANYONE else [{"token": [one.access.scope]}],
        "x-role": one.access.role.value,
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return found


def _who(one: Operation) -> str:
    if one.access.role is Role.ANYONE:
        return "For anyone."
    return f"For: {one.access.role.value}. Scope of the token: `{one.access.scope}`."


def _path(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _schema(one.parameters[name])}
        for name in re.findall(r"{(\w+)}", one.path)
    ]


def _query(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    whole = _schema(one.query)
    return [
        {"name": name, "in": "query", "required": name in whole["required"], "schema": _not_null(schema)}
        for name, schema in whole["properties"].items()
    ]


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is None; nobody can write None into an address."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name not in ("anyOf", "default")}}


def _schema(kind: Any) -> dict[str, Any]:
    """A schema by itself: for parameters, which hold no structs."""
    (found,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    schema: dict[str, Any] = components[found["$ref"]] if "$ref" in found else found
    return schema


def _conditional(one: Operation) -> list[dict[str, Any]]:
    if not one.cached:
        return []
    return [{"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}]


def _responses(one: Operation, answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {str(one.status): {"description": HTTPStatus(one.status).phrase}}
    if answer is not None:
        found[str(one.status)]["content"] = {JSON: {"schema": answer}}
    if one.streams:
        found["200"]["content"] = {EVENTS: {"schema": {"type": "string"}}}
    if one.cached:
        found["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        found["304"] = {"description": "As it was when the ETag was given"}
    for status in _failures(one):
        found[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found


def _failures(one: Operation) -> list[int]:
    found = {429, 503}
    if one.access.role is not Role.ANYONE:
        found |= {401, 403}
    if one.parameters or one.query is not None:
        found |= {404}
    if one.query is not None:
        found |= {422}
    if one.method != "GET":
        found |= {400, 404, 409, 422}
    if one.body is not None:
        found |= {413, 415}
    return sorted(found)
