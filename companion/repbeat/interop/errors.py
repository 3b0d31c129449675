"""Why a file was refused; one class a cause, each message says what to do next."""

from __future__ import annotations


class ImportRefused(ValueError):
    """The file is not taken in. Nothing of it was kept."""


class UnknownFormat(ImportRefused):
    """Neither name nor content is of a kind that is read."""


class DamagedFile(ImportRefused):
    """The file is of a known kind, but cut off or changed on its way: copy it again from where it came."""


class NothingInside(ImportRefused):
    """A whole file without anything to keep: no heart rate, no set."""


class Undated(ImportRefused):
    """Its device never knew the date, so nobody can say when the session was."""


class TooLarge(ImportRefused):
    """The file is larger than its kind ever is."""


class OwnExport(ImportRefused):
    """Everything of an athlete, as RepBeat exports it: whoever runs the companion takes it in."""


class ExportRefused(ValueError):
    """What was asked for cannot be written in that format."""
