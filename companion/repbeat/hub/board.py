"""The board: how each device is right now, for readers in other threads."""

from __future__ import annotations

import threading

import msgspec

from repbeat.hub import events

OFF = "not in reach"
WAITING = "waiting for its turn"
CONNECTING = "connecting"
SYNCING = "syncing"
LIVE = "connected"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One device: the link in a word, sync progress, the last LIVE value and heart rate, the last problem.

    `lives` and `hearts` count values since the link began: two that are equal are two.
    """

    address: str
    device_id: str = ""
    name: str = ""
    link: str = OFF
    cursor: int = 0
    head_seq: int = 0
    values: dict[str, int] | None = None
    heart: events.HeartValue | None = None
    lives: int = 0
    hearts: int = 0
    problem: str = ""


class Board:
    """Listens to a bus; `snapshot` may be called from any thread."""

    def __init__(self, bus: events.Bus) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}
        bus.listen(self._take)

    def snapshot(self) -> dict[str, State]:
        """State by device id, of the devices whose id is known."""
        with self._lock:
            return {state.device_id: state for state in self._states.values() if state.device_id}

    def _take(self, event: events.Event) -> None:
        with self._lock:
            state = self._states.get(event.address) or State(address=event.address)
            if event.device_id:
                state = msgspec.structs.replace(state, device_id=event.device_id, name=event.name)
            self._states[event.address] = _after(state, event)


def _after(state: State, event: events.Event) -> State:
    change = msgspec.structs.replace
    match event:
        case events.Found():
            return change(state, link=CONNECTING, name=event.name)
        case events.Queued():
            return change(state, link=WAITING)
        case events.Dealt():
            return change(state, link=CONNECTING)
        case events.Connected():
            return change(state, link=SYNCING, cursor=event.cursor, head_seq=event.head_seq, problem="")
        case events.Progress():
            return change(state, cursor=event.cursor, head_seq=event.head_seq)
        case events.CaughtUp():
            return change(state, link=LIVE, cursor=event.cursor, head_seq=event.cursor)
        case events.LiveValue():
            return change(state, values=event.values, lives=state.lives + 1)
        case events.HeartValue():
            return change(state, heart=event, hearts=state.hearts + 1)
        case events.Disconnected():
            return change(state, link=OFF, values=None, heart=None, lives=0, hearts=0, problem=event.cause)
        case _:
            return state
