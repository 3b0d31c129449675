"""Chooses the application that runs: the newest good one, one on trial, the file system's, or safe mode.

    tried      an accepted bundle is started up to TRIES times; it must mark itself good (updates.py)
    returned   it crashed, hung, or did not prove itself: it is given up, and the one before runs again
    safe mode  whatever runs has crashed CRASHES times in a row without a minute in between: link, log and
               update only, by the code of the file system, until an update or until power is switched off

This file runs from the file system (or frozen) and is brought by USB only: no update can break it.
"""

import asyncio
import gc
import sys

import machine
import vfs
from esp32 import NVS

from device.drivers import partition
from device.store import app_slots, image
from device.store.bundle_fs import BundleFs
from device.store.flash import StoreError
from device.system import version
from repbeat_protocol.bundle import BundleDamaged

MOUNT = "/app"
BASE = -1  # the firmware in the file system
APPLICATION = "device.system.app"
SAFE = "device.system.safe"
TRIES = 3  # starts of a bundle on trial: power may fail in one of them without its fault
CRASHES = 3
TRIAL_WATCHDOG_MS = 60000  # importing takes some seconds; the application sets its own when it runs
RESET_PAUSE_MS = 500  # for the traceback on USB


class Crashes:
    """How often in a row the device has crashed; switching it off and on gives it a new start."""

    def __init__(self) -> None:
        self._nvs = NVS("start")
        cause = machine.reset_cause()
        if cause == machine.PWRON_RESET:
            self.clear()
        elif cause == machine.WDT_RESET:
            self.add()

    @property
    def count(self) -> int:
        """Crashes since the last good minute."""
        try:
            return self._nvs.get_i32("crashes")
        except OSError:
            return 0

    def add(self) -> None:
        """One more."""
        self._set(self.count + 1)

    def clear(self) -> None:
        """All is well; nothing is written when it was before."""
        if self.count:
            self._set(0)

    def _set(self, count: int) -> None:
        self._nvs.set_i32("crashes", count)
        self._nvs.commit()


def choose(images, base: int, hung: bool) -> int:
    """The image to be started, or BASE. `base`: its version, packed; `hung`: the watchdog ended the last run.

    A bundle whose tries are used up is given up here. StoreError.
    """
    best, newest = BASE, base
    for number, one in enumerate(images):
        if one.usable and not one.good:
            tries = one.marks.get(image.TRYING, 0)
            if tries and hung:
                one.give_up(image.HUNG, "start %d" % tries)
            elif tries >= TRIES:
                one.give_up(image.UNFINISHED, "%d starts" % tries)
        if one.usable and one.version > newest:
            best, newest = number, one.version
    return best


def prepare(crashes: int, hung: bool) -> tuple[int, str]:
    """(image or BASE, module to run) of this start; a trial is noted, and watched. StoreError."""
    images = app_slots.open_images(partition.find)
    number = choose(images, image.pack_version(version.PARTS), hung)
    if number >= 0 and not images[number].good:
        images[number].mark(image.TRYING, images[number].marks.get(image.TRYING, 0) + 1)
        machine.WDT(timeout=TRIAL_WATCHDOG_MS)
    elif crashes >= CRASHES:
        return BASE, SAFE
    return number, APPLICATION


def crashed(number: int, error: Exception, crashes) -> None:
    """What ran has crashed: one on trial and one that has decayed are given up. Whatever ran may have written
    marks itself, so the slot is read anew."""
    crashes.add()
    if number == BASE:
        return
    one = app_slots.open_images(partition.find)[number]
    if isinstance(error, BundleDamaged):
        one.give_up(image.DECAYED, str(error))
    elif one.usable and not one.good:
        one.give_up(image.CRASHED, repr(error))


def _enter(one) -> None:
    """Let imports find the image's files before all others, and forget what was imported from elsewhere."""
    vfs.mount(BundleFs(one.bundle()), MOUNT)
    sys.path.insert(0, MOUNT)
    for name in list(sys.modules):
        if name.split(".")[0] in ("device", "repbeat_protocol"):
            del sys.modules[name]


async def main() -> None:
    """Run the application; a crash is noted, and the device starts anew."""
    crashes = Crashes()
    number, mode = BASE, APPLICATION
    try:
        number, mode = prepare(crashes.count, machine.reset_cause() == machine.WDT_RESET)
    except StoreError as error:
        sys.print_exception(error)
    try:
        if number >= 0:
            _enter(app_slots.open_images(partition.find)[number])
            gc.collect()
            await asyncio.sleep_ms(1)  # what was imported from elsewhere goes before the application comes
        __import__(mode)
        await sys.modules[mode].main(number, crashes)
    except Exception as error:  # the boundary of the application: whatever it was, the device goes on
        sys.print_exception(error)
        crashed(number, error, crashes)
    await asyncio.sleep_ms(RESET_PAUSE_MS)
    machine.reset()
