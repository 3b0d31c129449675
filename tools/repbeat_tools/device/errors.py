"""What can go wrong with a board on a port; each message says what to do next."""

from __future__ import annotations


class BoardPortError(Exception):
    """A board on a port does not do what was asked."""


class PortMissing(BoardPortError):
    """No such port, or another program holds it."""


class NoPrompt(BoardPortError):
    """Whatever is on the port does not answer as MicroPython does."""


class WrongVersion(BoardPortError):
    """Another version of MicroPython than the firmware is written for."""


class PartitionMissing(BoardPortError):
    """The flash has no room set apart for RepBeat's records or settings."""


class FailedOnBoard(BoardPortError):
    """Code raised on the board; the message ends with what it raised."""


class CompileFailed(BoardPortError):
    """mpy-cross refused a file of the firmware."""


class BundleKeyUnusable(BoardPortError):
    """The file holds no key that can sign bundles, or check them."""
