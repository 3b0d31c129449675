"""What a webhook can be refused for; each message says what to do."""

from __future__ import annotations


class WebhookError(ValueError):
    """A webhook that cannot be; each cause is a subclass."""


class BadTarget(WebhookError):
    """An address that nothing is sent to."""


class TooManyWebhooks(WebhookError):
    """The account has as many as there may be."""
