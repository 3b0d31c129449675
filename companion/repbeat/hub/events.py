"""What the hub tells whoever listens: pages, the demo, the command line."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from repbeat.ingest import Stored


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened with a device, known by its radio `address`; `device_id` is "" until it is read."""

    address: str
    device_id: str = ""
    name: str = ""


class Found(Event, frozen=True, kw_only=True):
    """A device was heard for the first time, or again after a pause."""


class Queued(Event, frozen=True, kw_only=True):
    """Every connection is taken: the device waits for its turn."""


class Dealt(Event, frozen=True, kw_only=True):
    """The device has a place on an adapter; a connection is being made."""

    adapter: str


class Connected(Event, frozen=True, kw_only=True):
    """INFO was read: the log's id, the cursor here and the device's head; `rssi_dbm` as it was last heard."""

    log_id: int
    cursor: int
    head_seq: int
    firmware: str
    rssi_dbm: int | None = None


class Claimed(Event, frozen=True, kw_only=True):
    """The device took this companion's key: it is ours."""


class Progress(Event, frozen=True, kw_only=True):
    """A batch is committed and acknowledged."""

    cursor: int
    head_seq: int
    stored: Stored


class Gap(Event, frozen=True, kw_only=True):
    """Records first_seq … next_seq-1 are gone; the gap is kept with its reason."""

    first_seq: int
    next_seq: int
    why: str


class CaughtUp(Event, frozen=True, kw_only=True):
    """Everything the device had is here."""

    cursor: int


class PlanPushed(Event, frozen=True, kw_only=True):
    """The device holds the plan whole; PLAN_APPLIED will tell when it is in force."""

    athlete_id: str
    revision: int


class PlanAnswered(Event, frozen=True, kw_only=True):
    """The plan is applied (read back from the device's log) or refused; `status` as in store.plans."""

    athlete_id: str
    revision: int
    status: str
    reason: str


class LiveValue(Event, frozen=True, kw_only=True):
    """A LIVE value: fields as in repbeat_protocol.live."""

    values: dict[str, int]


class HeartValue(Event, frozen=True, kw_only=True):
    """A Heart Rate Measurement: bpm, contact (None: the sensor cannot tell), RR in 1/1024 s."""

    bpm: int
    contact: bool | None
    rr_1024: tuple[int, ...]


class ClockRefused(Event, frozen=True, kw_only=True):
    """The device did not take this companion's time."""

    unix_s: int


class Disconnected(Event, frozen=True, kw_only=True):
    """The link ended, or none came about; the hub tries again in `again_s`.

    `cause` is a sentence, empty where nothing was wrong; `why`: its sort, as in hub.py.
    """

    cause: str
    again_s: float
    why: str = ""


Listener = Callable[[Event], None]


class Bus:
    """In-process: each listener is called at once, in the hub's thread, and must return quickly."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, event: Event) -> None:
        """Hand an event to all."""
        for listener in tuple(self._listeners):
            listener(event)
