"""A gym's hub hands in what it collected to a companion elsewhere; its own file is the outbox meanwhile.

What the companion has acknowledged is the only cursor, as it is between device and hub: a cut at any moment,
an answer that was lost, another hub that brought the same, all end in going on from there.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence

import msgspec

from repbeat.hub import events
from repbeat.hub.companions import LIMIT_S, Companions, UploadFailed
from repbeat.store import Database, StoreError, devices, records
from repbeat.store.devices import Device

log = logging.getLogger(__name__)

BATCH = 512  # records at once: as many as a companion takes
LOOK_S = 15.0
LONGEST_PAUSE_S = 300.0


class _Kept(msgspec.Struct, frozen=True):
    next_seq: int
    stored: int = 0
    duplicates: int = 0


class Uploader:
    """Hands in to one of `addresses`, the next one where one fails. `token`: with the scope `hub`."""

    def __init__(
        self, db: Database, addresses: Sequence[str], token: str, *, gym_id: str | None = None
    ) -> None:
        self._db = db
        self._gym_id = gym_id
        self._companions = Companions(addresses, token)
        self._news = threading.Event()
        self._ended = False

    def __enter__(self) -> Uploader:
        return self

    def __exit__(self, *_: object) -> None:
        self._companions.close()

    def hear(self, event: events.Event) -> None:
        """Look at once when something was collected."""
        if isinstance(event, events.Progress | events.CaughtUp):
            self._news.set()

    def run(self) -> None:
        """Hand in whatever there is, again and again, until `end`; pauses grow while nobody answers."""
        pause_s = LOOK_S
        while not self._ended:
            self._news.clear()
            try:
                self.hand_in()
                pause_s = LOOK_S
            except (UploadFailed, StoreError) as error:
                log.warning("the outbox waits: %s", error)
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
            self._news.wait(pause_s)

    def end(self) -> None:
        """Have `run` end after what it is at."""
        self._ended = True
        self._news.set()

    def hand_in(self) -> int:
        """Hand in all that the companion has not got; the number of records that were new there.

        UploadFailed when it did not take all; what it acknowledged it has.
        """
        return sum(
            self._log(device, log_id)
            for device in devices.every(self._db)
            for _, log_id in records.logs(self._db, device.device_id)
        )

    def _log(self, device: Device, log_id: int) -> int:
        cursor = records.cursor(self._db, device.device_id, log_id)
        heard = {
            "log_id": log_id,
            "head_seq": max(cursor, (device.head_seq or 0) if log_id == device.log_id else 0),
            "name": device.name,
            "role": device.role,
            "address": device.address,
            "boot": device.boot or 0,
            "plan_revision": device.plan_revision,
            "firmware": device.firmware,
            "gym_id": self._gym_id,
        }
        path = f"/api/v1/devices/{device.device_id}"
        there = self._companions.ask(_Kept, "PUT", path, heard).next_seq
        new = 0
        while there < cursor:
            upto = min(there + BATCH, cursor)
            held = records.present(self._db, device.device_id, log_id, there, upto)
            gaps = [
                {"first_seq": max(one.first_seq, there), "next_seq": min(one.next_seq, upto), "why": one.why}
                for one in records.absent(self._db, device.device_id, log_id, upto)
                if one.why and one.next_seq > there
            ]
            batch = {
                "log_id": log_id,
                "records": [
                    {"seq": seq, "raw": base64.b64encode(raw).decode()} for seq, raw in sorted(held.items())
                ],
                "gaps": gaps,
                "caught_up": upto == cursor and log_id == device.log_id,
            }
            kept = self._companions.ask(_Kept, "POST", f"{path}/records", batch)
            if kept.next_seq <= there:
                raise UploadFailed(f"the companion stays at record {there} of {device.name}")
            there, new = kept.next_seq, new + kept.stored
        return new


@contextlib.contextmanager
def handing_in(
    db: Database, bus: events.Bus, addresses: Sequence[str], token: str, gym_id: str | None
) -> Iterator[None]:
    """Hand in what a hub collects, in a thread of its own."""
    with Uploader(db, addresses, token, gym_id=gym_id) as uploader:
        stop = bus.listen(uploader.hear)
        thread = threading.Thread(target=uploader.run, name="upload", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop()
            uploader.end()
            thread.join(LIMIT_S)
