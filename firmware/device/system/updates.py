"""What the application does about updates: proves itself, restarts for one, tells of one returned."""

import asyncio

import machine

from device.store import image
from device.system import faults as codes
from repbeat_protocol import bundle, records

LOOK_MS = 1000
TRIAL_MS = 300_000  # for a companion to come back and prove its key
QUIET_MS = 3000  # from the acceptance to the restart: the answer is on its way
WELL_MS = 60_000  # a run of that length is no crash loop


class Updates:
    """`slots`: AppSlots; `crashes`: start.Crashes or None; `device`: the Core it serves."""

    def __init__(self, slots, crashes, device) -> None:
        self._slots = slots
        self._crashes = crashes
        self._device = device
        self._quiet_since_ms = -1

    def tell(self) -> None:
        """A FAULT record for each bundle that was given up. StoreError."""
        for one in self._slots.images:
            if one.version < 0 or image.BAD not in one.marks or image.TOLD in one.marks:
                continue
            version = bundle.version_text(image.unpack_version(one.version))
            text = "%s: %s %s" % (version, image.REASONS[one.marks[image.BAD]], one.note)
            if self._device.faults.record(codes.UPDATE_RETURNED, text):
                one.mark(image.TOLD, 0)

    async def run(self) -> None:
        """Look once a second, for ever."""
        while True:
            self.look()
            await asyncio.sleep_ms(LOOK_MS)

    def look(self) -> None:
        """One look. StoreError."""
        now = self._device.clock.uptime_ms()
        running = self._slots.running
        if now >= WELL_MS and self._crashes and not self._device.SAFE:
            self._crashes.clear()
        if running >= 0 and not self._slots.images[running].good:
            self._prove(self._slots.images[running], now)
        elif self._slots.waiting >= 0:
            self._switch(now)

    def _prove(self, one, now: int) -> None:
        """Mark the image on trial good, or give it up when its time is over and nobody trains."""
        why = self._missing(one)
        if not why:
            one.mark(image.GOOD, 0)
            if self._crashes:
                self._crashes.clear()
        elif now >= TRIAL_MS and self._device.obstacle() != bundle.InSession.reason:
            one.give_up(why, "after %d s" % (now // 1000))
            self._restart()

    def _missing(self, one) -> int:
        """What is not well yet: image.SENSORS, LOG, LINK; 0 when all is."""
        device = self._device
        if one.marks.get(image.NEEDED, 0) & ~device.well_parts():
            return image.SENSORS
        log = device.log
        if device.journal.error or not log.read_into(log.next_seq - 1, bytearray(records.MAX_RECORD)):
            return image.LOG
        return 0 if device.link.proved else image.LINK

    def _switch(self, now: int) -> None:
        """Start anew for the bundle that waits: not while somebody trains, nor with a low cell."""
        if self._device.obstacle():
            self._quiet_since_ms = -1
        elif self._quiet_since_ms < 0:
            self._quiet_since_ms = now
        elif now - self._quiet_since_ms >= QUIET_MS:
            self._restart()

    def _restart(self) -> None:
        self._device.rest()
        machine.reset()
