"""Who wears a device from now on, and what follows from it."""

from __future__ import annotations

from repbeat.gym import attribution
from repbeat.ingest import days
from repbeat.people.errors import PeopleError
from repbeat.store import Database, devices
from repbeat.store.devices import Device


class NoLogYet(PeopleError):
    """Nothing is known of the device's log: it was never in reach since it was claimed."""


def give(db: Database, device: Device, athlete_id: str | None) -> None:
    """Its records from now on are the athlete's (None: nobody's); earlier ones stay as they are. NoLogYet."""
    if device.log_id is None:
        raise NoLogYet("nothing is known of this device's log yet: sync it once")
    before = devices.athlete_of(db, device)
    with db.atomic():
        devices.assign(db, device.device_id, device.log_id, athlete_id)
        for one in {before, athlete_id} - {None}:
            days.refresh(db, str(one))
        attribution.refresh(db, device.device_id)
