"""The hub: RepBeat devices over Bluetooth LE, through bleak."""

from repbeat.hub import errors, events
from repbeat.hub.board import Board, State
from repbeat.hub.fetch import Patience
from repbeat.hub.hub import Backoff, Hub, Served

__all__ = ["Backoff", "Board", "Hub", "Patience", "Served", "State", "errors", "events"]
