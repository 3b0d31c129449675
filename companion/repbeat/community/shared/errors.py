"""Why a shared session or a message of it is refused: one type a cause."""

from __future__ import annotations

from repbeat.community.errors import CommunityError


class UnknownCode(CommunityError):
    """No shared session has this code, or it is over."""


class BadMessage(CommunityError):
    """A message of another companion that cannot be read."""


class BadSignature(CommunityError):
    """A message that its companion did not sign, or too long ago."""


class NotYours(CommunityError):
    """A companion speaks for a member that is another's."""


class PlainAddress(CommunityError):
    """An address by which what is said could be read on its way through the internet."""


class Unreachable(CommunityError):
    """The hosting companion does not answer: tried again by itself."""
