"""Pages of a list by key: what comes later never moves what was already seen, and no page costs more."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import msgspec

Item = TypeVar("Item")
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Cursor = Annotated[str, msgspec.Meta(max_length=200, pattern="^[A-Za-z0-9_-]+$")]


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """Some items of a list; `next` is the `after` of the page that follows, null on the last one."""

    items: list[Item]
    next: str | None


class Paged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = 25
    after: Cursor | None = None


def cursor(key: Any) -> str:
    """A key as the text that `after` takes."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def key(kind: type[Item], after: str | None) -> Item | None:
    """The key in `after`; ValidationError if no page gave it."""
    if after is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)), type=kind)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise msgspec.ValidationError("after is no page's `next`: begin without it") from error
