"""What can go wrong between hub and device: one type a cause, each message says what to do next."""

from __future__ import annotations


class HubError(Exception):
    """A device could not be served; each cause is a subclass."""


class WrongProtocol(HubError):
    """Device and companion speak different protocol versions."""


class WrongLayout(HubError):
    """The device's services are not those that this companion knows, or a cached copy of them is old."""


class DeviceMisbehaves(HubError):
    """The device said what cannot be: nothing of it was believed."""


class LogRewound(HubError):
    """The device's log ends before records of it that are here: it was restored from a copy."""


class LinkLost(HubError):
    """The link ended or fell silent; the hub connects again and goes on where it was."""


class TurnOver(HubError):
    """Others wait for a connection: this device goes on when its turn comes again."""


class TransferFailed(HubError):
    """The device took a part of the transfer only; the next connection goes on with it."""


class ContentRefused(HubError):
    """The device refused what it was brought; `reason` is its code, the message its meaning."""

    def __init__(self, reason: int, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class PlanRefused(ContentRefused):
    """It was a plan."""


class NotClaimed(HubError):
    """This companion has no key of the device, and may read and change nothing of it."""


class PairingFailed(HubError):
    """The link could not be encrypted: no key was shown to the air."""


class KeyRefused(HubError):
    """The device does not know the key that this companion holds."""


class Impostor(HubError):
    """Something answers in the device's name without knowing its key."""


class KeysUnreadable(HubError):
    """The file of device keys is damaged."""


class SetBack(HubError):
    """The device erases what it holds, as was ordered, and starts anew."""


class NoAdapter(HubError):
    """This computer has no Bluetooth that can scan."""
