"""Each route declares who may call it; an application with a route that does not is not started."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What somebody is here. Which athlete's data they then see, the gate decides."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    ATHLETE = "athlete"
    COACH = "coach"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class Access(msgspec.Struct, frozen=True):
    """What a route asks for: a role, and of a token one of its scopes (None: no token will do)."""

    role: Role
    scope: str | None = None


class UndeclaredRoute(Exception):
    """A route has no role: decorate its view with `@needs(...)`."""


def needs(role: Role, scope: str | None = None) -> Callable[[View], View]:
    """Declare a view's role. Put it below the route's own decorator."""

    def declare(view: View) -> View:
        view.__access__ = Access(role, scope)  # type: ignore[attr-defined]
        return view

    return declare


def table(app: Flask) -> dict[str, Access]:
    """endpoint → what it asks for; UndeclaredRoute names those that say nothing."""
    found: dict[str, Access] = {}
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "__access__", None)
        if not isinstance(access, Access):
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) has no role: decorate it with @needs(...)")
        found[rule.endpoint] = access
    return found
