"""What people can be refused: one type a cause, each message says what to do next."""

from __future__ import annotations

from repbeat.store.errors import StoreError


class PeopleError(Exception):
    """Something about a person or their rights does not fit; each cause is a subclass."""


class BadName(PeopleError):
    """A name that cannot be used."""


class NameTaken(PeopleError):
    """Somebody has this name already."""


class WeakPassword(PeopleError):
    """A password too easily guessed, or too long to be hashed."""


class WrongPassword(PeopleError):
    """Name and password do not belong together, or nobody has this name: which one is not told."""


class Throttled(PeopleError):
    """Too many tries; `wait_s` until the next."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many tries: wait {wait_s} s and try again")
        self.wait_s = wait_s


class WrongSetupCode(PeopleError):
    """Not the code that `repbeat serve` printed, or the first account exists already."""


class LastAdministrator(PeopleError):
    """The last account that can manage others must stay."""


class UnknownScope(PeopleError):
    """A scope or kind of data that there is not."""


class BadPreference(PeopleError):
    """A language, unit or zone that there is not."""


class KeyUnavailable(PeopleError, StoreError):
    """The master key cannot be had: heart data can neither be written nor read."""


class ArchiveError(PeopleError):
    """A ZIP that is no export of RepBeat, or not a whole one."""
