"""Where a new application arrives: two slots, of which the one that runs is never touched.

The Receiver of transfer kind FIRMWARE works on it. A bundle that has arrived whole is checked against the
pinned key, the board, the interpreter and the version, then marked ACCEPTED: at the next start it is tried
(device/system/start.py).
"""

import sys

from device.store import image
from device.store.flash import StoreError
from device.store.image import Image, pack_version
from repbeat_protocol import bundle, transfer

KEY_FILE = "/update.key"  # hex of the modulus; written by USB at provisioning, never by the firmware
LABELS = ("app0", "app1")


def open_images(partition) -> list[Image]:
    """The board's slots, none where its flash has none. `partition(label)`: a partition or None."""
    found = [partition(label) for label in LABELS]
    return [] if None in found else [Image(one) for one in found]


def pinned_key(path: str = KEY_FILE) -> int:
    """The modulus pinned on this device; 0 when none is."""
    try:
        with open(path) as file:
            return int(file.read().strip(), 16)
    except (OSError, ValueError):
        return 0


class AppSlots(transfer.Slot):
    """`running`: the image that runs, -1: the firmware in the file system; `floor`: its version, packed.

    `board`: the name in the board file. `obstacle()`: 0, or the reason why no update is taken now.
    `needed()`: the parts that are well. `refused(text)` is told of a bundle that was not taken.
    """

    def __init__(
        self, images, running: int, floor: int, board: str, obstacle, needed, refused, key=pinned_key
    ) -> None:
        self.images = images
        self.running = running
        self.limit = images[0].limit if images else 0
        self._floor = floor
        self._board = board
        self._obstacle = obstacle
        self._needed = needed
        self._refused = refused
        self._key = key
        self._arriving = -1

    @property
    def waiting(self) -> int:
        """The image that was accepted and not started yet; -1: none."""
        for number, one in enumerate(self.images):
            if number != self.running and one.usable and not one.good and one.version > self._newest_good():
                return number
        return -1

    def _newest_good(self) -> int:
        newest = self._floor
        for one in self.images:
            if one.good and one.version > newest:
                newest = one.version
        return newest

    # --- transfer.Slot

    def ready(self) -> int:
        """See transfer.Slot."""
        return self._obstacle()

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        """See transfer.Slot."""
        for number, one in enumerate(self.images):
            if one.is_of(ident, length, digest8):
                self._arriving = number
                return length + transfer.DIGEST_SIZE if one.version >= 0 else one.arrived()
        self._arriving = self._free()
        self.images[self._arriving].begin(transfer.FIRMWARE, ident, length, digest8)
        return 0

    def _free(self) -> int:
        """The slot to be written: not the one that runs, and of two the one that would be missed less."""
        if self.running >= 0:
            return 1 - self.running
        first, second = self.images
        if first.good != second.good:
            return 1 if first.good else 0
        return 0 if first.version <= second.version else 1

    def write(self, offset: int, data: memoryview) -> None:
        """See transfer.Slot."""
        self.images[self._arriving].write(offset, data)

    def held(self, size: int) -> bytes:
        """See transfer.Slot."""
        return self.images[self._arriving].head(size)

    def digest(self) -> bytes:
        """See transfer.Slot; a bundle that does not fit its digest is forgotten, so that it is sent anew."""
        one = self.images[self._arriving]
        found = one.digest()
        if found != one.head(transfer.DIGEST_SIZE):
            one.forget()
        return found

    def accept(self) -> int:
        """Check the bundle that has arrived; 0 when it waits for its trial or has passed it."""
        one = self.images[self._arriving]
        if self._arriving == self.running or one.good:
            return 0
        obstacle = self._obstacle()
        if obstacle:
            return obstacle
        try:
            found = one.bundle()
            if one.version < 0:
                self._check(found)
                one.mark(image.NEEDED, self._needed())
                one.mark(image.ACCEPTED, pack_version(found.version))
            elif not one.usable:
                raise bundle.AlreadyTried("it returned: %s" % image.REASONS[one.marks[image.BAD]])
        except bundle.BundleError as error:
            if one.version < 0:
                one.forget()
            self._refused(str(error))
            return error.reason
        except StoreError:
            return transfer.STORAGE
        return 0

    def _check(self, found: bundle.Bundle) -> None:
        key = self._key()
        if not key:
            raise bundle.NoKey("no key is pinned")
        found.check_signature(key)
        if found.board != self._board:
            raise bundle.WrongBoard("for %s, this is %s" % (found.board, self._board))
        if found.mpy != getattr(sys.implementation, "_mpy", 0) & 0xFF:
            raise bundle.WrongInterpreter("its files are .mpy version %d" % found.mpy)
        if pack_version(found.version) <= self._newest_good():
            raise bundle.NotNewer("%s is not newer" % bundle.version_text(found.version))
        found.check_files()
