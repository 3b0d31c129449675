"""What came over the air from one device: bytes of payload, each told to the store once.

They are kept with the records' commits and at a connection's end. What comes in between is lost when the hub
is stopped: live values since the last record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from repbeat.store import Database, devices


class Received:
    """`heard` rises in the radio's loop; `kept` is used in the writer's thread alone."""

    def __init__(self) -> None:
        self.heard = 0  # bytes, of notifications since the device proved who it is
        self._kept = 0

    @contextmanager
    def kept(self, db: Database, device_id: str) -> Iterator[None]:
        """A transaction that keeps also what was heard since the last one."""
        heard = self.heard
        with db.atomic():
            yield
            devices.received(db, device_id, heard - self._kept)
        self._kept = heard
