"""Plan slots: the plan in force, one that waits for the end of a set, one arriving; none disturbs another.

A plan arrives in a sector that holds neither of the other two. When its digest fits and it passes the bounds
it is marked ACCEPTED, and waits. `apply` marks it APPLIED: that one write is the switch. `proved` notes that
the log holds its PLAN_APPLIED record; until then `unproved` says what is to be recorded, over any number of
boots. Which plan counts needs no counter: revisions only rise.
"""

from device.store.blob import Blob
from device.store.flash import Flash, StoreError
from device.store.settings import COPIES
from repbeat_protocol import plan as plan_format
from repbeat_protocol import transfer

SLOTS = 3  # the sectors of the partition after the settings' two

ACCEPTED = 1
APPLIED = 2  # value: revision of the plan before
PROVED = 3


class PlanSlot(transfer.Slot):
    """Keeps plans on the settings' partition; the Receiver of transfer kind PLAN works on it.

    `settings`: for the athlete's tag. `unix_s`: a function, UTC seconds or 0 while the clock is unknown.
    """

    limit = plan_format.MAX_SIZE

    def __init__(self, partition, settings, unix_s) -> None:
        self._flash = Flash(partition, COPIES + SLOTS)
        self._settings = settings
        self._unix_s = unix_s
        self._blobs = [Blob(self._flash, COPIES + i) for i in range(SLOTS)]
        self._arriving = -1
        self._current = -1
        self._waiting = -1
        self.current = None  # plan.Plan in force
        self.waiting = None  # plan.Plan accepted, not yet in force
        self._find(APPLIED)
        self._find(ACCEPTED)

    def _find(self, mark: int) -> None:
        """Take the highest revision with this mark; one that waits must be above the one in force."""
        for number in range(SLOTS):
            blob = self._blobs[number]
            if mark not in blob.marks or (mark == ACCEPTED and APPLIED in blob.marks):
                continue
            try:
                found = plan_format.decode(blob.content())
            except plan_format.PlanError:
                continue  # decayed on flash: the one before stays in force
            best = self.waiting or self.current
            if best is not None and found.revision <= best.revision:
                continue
            if mark == APPLIED:
                self._current, self.current = number, found
            else:
                self._waiting, self.waiting = number, found

    # --- transfer.Slot

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        """See transfer.Slot; a plan that is held whole already goes to `accept` again at once."""
        for number in range(SLOTS):
            blob = self._blobs[number]
            if blob.is_of(ident, length, digest8):
                self._arriving = number
                return length + transfer.DIGEST_SIZE if blob.marks else blob.arrived()
        self._arriving = (self._arriving + 1) % SLOTS
        while self._arriving in (self._current, self._waiting):
            self._arriving = (self._arriving + 1) % SLOTS
        self._blobs[self._arriving].begin(transfer.PLAN, ident, length, digest8)
        return 0

    def write(self, offset: int, data: memoryview) -> None:
        """See transfer.Slot."""
        self._blobs[self._arriving].write(offset, data)

    def held(self, size: int) -> bytes:
        """See transfer.Slot."""
        return self._blobs[self._arriving].head(size)

    def digest(self) -> bytes:
        """See transfer.Slot; one that does not fit its digest is forgotten, so that it can be sent anew."""
        blob = self._blobs[self._arriving]
        found = blob.digest()
        if found != blob.head(transfer.DIGEST_SIZE):
            blob.forget()
        return found

    def accept(self) -> int:
        """Check the plan that has arrived; 0 when it waits now or is in force, else why it is refused."""
        number = self._arriving
        if number in (self._current, self._waiting):
            return 0
        blob = self._blobs[number]
        try:
            offered = plan_format.decode(blob.content())
            get = self._settings.get
            plan_format.check_step(offered, self.current, get("athlete"), get("unwell"))
            if self.waiting is not None and offered.revision <= self.waiting.revision:
                raise plan_format.PlanOlder("revision %d waits already" % self.waiting.revision)
            plan_format.check_time(offered, self._unix_s())
            blob.mark(ACCEPTED, 0)
        except plan_format.PlanError as error:
            return error.reason
        except StoreError:
            return transfer.STORAGE
        self._waiting, self.waiting = number, offered
        return 0

    # --- session

    @property
    def digest8(self) -> bytes:
        """First eight bytes of the SHA-256 of the plan that waits, or of the one in force."""
        number = self._waiting if self.waiting is not None else self._current
        return self._blobs[number].head(8) if number >= 0 else bytes(8)

    def apply(self):
        """Put the plan that waits in force, in one write, and return it; None when none waits. FlashFault."""
        if self.waiting is None:
            return None
        before = self.current.revision if self.current is not None else 0
        self._blobs[self._waiting].mark(APPLIED, before)
        self._current, self.current = self._waiting, self.waiting
        self._waiting, self.waiting = -1, None
        return self.current

    @property
    def unproved(self) -> tuple[int, int, bytes] | None:
        """(revision, previous revision, digest8) of the plan in force while PLAN_APPLIED is not proved."""
        if self.current is None or PROVED in self._blobs[self._current].marks:
            return None
        blob = self._blobs[self._current]
        return self.current.revision, blob.marks[APPLIED], blob.head(8)

    def proved(self) -> None:
        """The log holds the PLAN_APPLIED record of the plan in force. FlashFault."""
        self._blobs[self._current].mark(PROVED, 0)

    def erase(self) -> None:
        """Factory reset: no plan is kept."""
        for blob in self._blobs:
            blob.forget()
            self._flash.erase(blob.sector)
        self._arriving = self._current = self._waiting = -1
        self.current = self.waiting = None
