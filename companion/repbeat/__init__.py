"""RepBeat's companion: keeps the sessions, explains them, pushes an adjusted plan back."""

from importlib.metadata import version

__version__ = version("repbeat")
