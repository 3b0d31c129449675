"""What a service can answer but success: one type a cause, each says what happens next."""

from __future__ import annotations


class ServiceError(Exception):
    """A service or its connection does not do; each cause is a subclass."""


class UnknownService(ServiceError):
    """There is no such service; the message names those there are."""


class BadConnection(ServiceError):
    """What was given to connect with cannot be right; nothing is kept of it."""


class NotConnected(ServiceError):
    """The athlete has not connected this service."""


class Again(ServiceError):
    """Not now: too many requests, a fault there, or no network. `wait_s` is the service's own wish, or 0."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Refused(ServiceError):
    """The service will never take this one item; the others go on."""


class Revoked(ServiceError):
    """The service lets us in no more: the athlete connects it again, or not."""
