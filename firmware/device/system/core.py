"""What every mode of the device has: clock, log, faults, settings, plans, application slots, link, tasks."""

import asyncio
import json
import sys
from time import ticks_diff, ticks_ms

import bluetooth
import machine

from device.drivers import partition
from device.link.link import Link
from device.store import app_slots
from device.store.image import pack_version
from device.store.log import Log
from device.store.settings import Settings
from device.store.slots import PlanSlot
from device.store.wearer_settings import WearerSettings
from device.system import erasure, version
from device.system import faults as codes
from device.system.clock import FROM_COMPANION, Clock, ClockRefused
from device.system.faults import Faults
from device.system.journal import Journal
from device.system.updates import Updates
from repbeat_protocol import auth, records, transfer

BOARD_FILE = "/board.json"
RESTART_MS = 1000
ANSWERED_MS = 2000  # until an answer that was given is with the companion
WATCHDOG_MS = 8000
FEED_MS = 1000


def read_board() -> dict:
    """The board's settings."""
    with open(BOARD_FILE) as file:
        return json.load(file)


class Core:
    """`running`: the application slot of this code, -1 none. OSError, StoreError: nothing can be kept."""

    SAFE = False  # whether this is safe mode, which does not make up for crashes

    def __init__(self, board_settings: dict, running: int, crashes) -> None:
        self.clock = Clock(ticks_ms, ticks_diff)
        self.log = Log(partition.find("log"))
        self.log.mount()
        settings_partition = partition.find("cfg")
        self.settings = Settings(settings_partition)
        self.plans = PlanSlot(settings_partition, self.settings, self.clock.unix_s)
        erasure.finish(self.settings, self.plans, self.log)
        self.journal = Journal(self.log)
        self.faults = Faults(self.journal, self.clock)
        self._record_boot()
        self.slots = app_slots.AppSlots(
            app_slots.open_images(partition.find),
            running,
            pack_version(version.PARTS),
            board_settings["board"],
            self.obstacle,
            self.well_parts,
            lambda text: self.faults.record(codes.UPDATE_REFUSED, text),
        )
        self.updates = Updates(self.slots, crashes, self)
        self.updates.tell()
        self._model = board_settings["board"]
        self.link = None  # each mode makes its own

    def _record_boot(self) -> None:
        values = (machine.reset_cause(),) + version.PARTS + (min(self.log.torn_bytes, 0xFFFF),)
        payload = records.pack(records.BOOT, 1, values)
        self.journal.append(records.BOOT, 1, payload, self.clock.uptime_ms())

    def make_link(self, refused, strap_wanted, step_mm: int, display=None) -> Link:
        """The device on the air. `refused`: see Transfer; the others: see Link."""
        device_id = int.from_bytes(machine.unique_id(), "big")
        name = self.settings.get("name", "") or "RepBeat-%04X" % (device_id & 0xFFFF)
        slots = {transfer.PLAN: self.plans, transfer.SETTINGS: WearerSettings(self.settings)}
        if self.slots.images:
            slots[transfer.FIRMWARE] = self.slots
        link = Link(
            bluetooth.BLE(),
            name,
            self._model,
            device_id,
            self.log,
            slots,
            self.plans,
            self.clock,
            self.set_time,
            self.store_failed,
            refused,
            strap_wanted,
            self.settings,
            self.erase,
            self.calibrate,
            display,
            step_mm,
        )
        self.journal.on_append = link.wake
        return link

    # What a mode answers; these are safe mode's

    def obstacle(self) -> int:
        """0, or the reason (bundle.InSession, LowBattery) why no update is taken now."""
        return 0

    def well_parts(self) -> int:
        """The parts that work, as bits of device.system.sensing."""
        return 0

    def rest(self) -> None:
        """Write what has been collected and switch the radio off: a reset follows."""
        self.link.off()

    # What the parts tell each other

    def set_time(self, unix_ms: int, uncertainty_ms: int, utc_offset_min: int, source: int) -> None:
        """Set the clock and write the TIME record; ClockRefused leaves a FAULT record instead."""
        try:
            self.clock.set_utc(unix_ms, uncertainty_ms, utc_offset_min, source)
        except ClockRefused:
            self.faults.record(codes.CLOCK_REFUSED, "%d" % (unix_ms // 1000))
            raise
        if source == FROM_COMPANION:
            self.zone_told(utc_offset_min)
        payload = records.pack(records.TIME, 1, (unix_ms, uncertainty_ms, utc_offset_min, source))
        self.journal.append(records.TIME, 1, payload, self.clock.uptime_ms())

    def zone_told(self, utc_offset_min: int) -> None:
        """A companion has told the local time's offset."""

    def erase(self, log_id: int) -> bool:
        """A companion's order: all but its companions' keys goes, at the next boot, which is soon."""
        if log_id != self.log.log_id:
            return False
        erasure.order(self.settings, False)
        self._tasks.append(asyncio.create_task(self._restart()))
        return True

    def calibrate(self, action: int, plate: int, first_g: int, step_g: int) -> int:
        """A companion's order (auth.CALIBRATE): 0, or the code of a refusal."""
        return auth.NO_STACK

    async def _restart(self) -> None:
        await asyncio.sleep_ms(ANSWERED_MS)
        machine.reset()

    def store_failed(self, error) -> None:
        """The flash refused something."""
        self.faults.record(codes.STORE, str(error))

    # Tasks

    async def run_tasks(self, tasks, beats) -> None:
        """Run (name, coroutine function) for ever: one that fails is written down and started again.

        The watchdog is fed while `beats()` changes.
        """
        self._tasks = [asyncio.create_task(self._keep(name, task)) for name, task in tasks]
        watchdog = machine.WDT(timeout=WATCHDOG_MS) if self.settings.get("watchdog", 1) else None
        last = -1
        while True:
            now = beats()
            if watchdog and now != last:
                last = now
                watchdog.feed()
            await asyncio.sleep_ms(FEED_MS)

    async def _keep(self, name: str, task) -> None:
        while True:
            try:
                await task()
            except Exception as error:  # the boundary of a task: whatever failed, the others go on
                sys.print_exception(error)
                self.faults.record(codes.TASK_FAILED, "%s: %r" % (name, error))
            await asyncio.sleep_ms(RESTART_MS)
