"""What can be refused when people train together: one type a cause."""

from __future__ import annotations


class CommunityError(Exception):
    """Something between people does not fit; each cause is a subclass."""


class BadInvite(CommunityError):
    """No invitation, or one that is used up or over: which one is not told."""


class NotAMember(CommunityError):
    """Whoever asks does not belong to this group."""


class BadEntry(CommunityError):
    """An entry that cannot be: the message says what it may be."""


class Blocked(CommunityError):
    """The athlete takes no notes from this account."""


class TooMany(CommunityError):
    """More notes a day than anybody needs."""
