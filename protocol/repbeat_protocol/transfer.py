"""The transfer operation: one way to bring a plan, settings or firmware to a device, resumable at any byte.

The blob sent is the SHA-256 of the content, then the content. BEGIN names it; the device answers STATE
with the next offset it wants (0 for a new blob, more for one it already holds a part of); CHUNK brings
bytes; STATE answers each. Nothing is used before the whole digest fits. The eight bytes of digest in BEGIN
tell one blob from another of the same id, so that a changed blob never continues an old one.
"""

import struct
from hashlib import sha256

BEGIN = 0x11  # kind u8, id u32, length u32 (content bytes), digest 8 bytes
CHUNK = 0x12  # offset u32 in the blob, then bytes
STATE = 0x91  # kind u8, id u32, next offset u32, status u8, reason u8

BEGIN_FORM = "<BBII8s"
STATE_FORM = "<BBIIBB"
CHUNK_HEAD = 5
DIGEST_SIZE = 32

PLAN = 1
SETTINGS = 2
FIRMWARE = 3

# STATE status
WANTED = 0  # send from the offset given
ACCEPTED = 1  # digest right, content right, kept
REFUSED = 2  # `reason` says why; the content before stays in force

# reasons of a refusal; from 32 a plan's (plan.REASONS), from 64 a bundle's (bundle.REASONS)
TOO_LONG = 1
UNKNOWN_KIND = 2
WRONG_DIGEST = 3
NOT_BEGUN = 4
BUSY = 5
BAD_MESSAGE = 6
STORAGE = 7
BAD_SETTING = 8  # SETTINGS: no JSON object, or a name or value that this firmware does not take

SETTINGS_MAX = 1536  # bytes of JSON


class TransferError(ValueError):
    """A transfer message that cannot be used."""


class Refused(TransferError):
    """The device refused the blob; `reason` is its code."""

    def __init__(self, reason: int) -> None:
        super().__init__("the device refused the transfer, reason %d" % reason)
        self.reason = reason


def pack_begin(kind: int, ident: int, content: bytes) -> bytes:
    """BEGIN for `content`: 18 bytes, fits the smallest MTU."""
    return struct.pack(BEGIN_FORM, BEGIN, kind, ident, len(content), sha256(content).digest()[:8])


def blob(content: bytes) -> bytes:
    """What the chunks carry."""
    return sha256(content).digest() + content


def pack_chunk(offset: int, data: bytes) -> bytes:
    """CHUNK: at most MTU - 8 bytes of data."""
    return struct.pack("<BI", CHUNK, offset) + data


def unpack_state(frame: bytes) -> tuple[int, int, int, int, int]:
    """(kind, id, next offset, status, reason)."""
    if len(frame) != struct.calcsize(STATE_FORM) or frame[0] != STATE:
        raise TransferError("not a STATE message: %d bytes" % len(frame))
    _, kind, ident, offset, status, reason = struct.unpack(STATE_FORM, frame)
    return kind, ident, offset, status, reason


class Slot:
    """Where an unfinished blob lives on the device; its keeper writes one for each kind. OSError: storage."""

    limit = 0  # content bytes it can hold

    def ready(self) -> int:
        """0 when a blob may be brought now, else the reason why not."""
        return 0

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        """Offset already held of this very blob; 0 when it is another one, which is then begun."""
        raise NotImplementedError

    def write(self, offset: int, data: memoryview) -> None:
        """Keep bytes of the blob at `offset`."""
        raise NotImplementedError

    def held(self, size: int) -> bytes:
        """The first `size` bytes of the blob: the digest it claims."""
        raise NotImplementedError

    def digest(self) -> bytes:
        """SHA-256 over the content held."""
        raise NotImplementedError

    def accept(self) -> int:
        """Check the content and switch to it: 0, or the reason of a refusal."""
        raise NotImplementedError


class Receiver:
    """The device's side: answers BEGIN and CHUNK, fills the slot of the kind, has it accepted at the end."""

    def __init__(self, slots: dict[int, Slot]) -> None:
        self._slots = slots
        self._kind = 0
        self._id = 0
        self._size = 0
        self._next = 0

    def handle(self, message: bytes) -> bytes:
        """Answer one BEGIN or CHUNK with a STATE message."""
        if len(message) == struct.calcsize(BEGIN_FORM) and message[0] == BEGIN:
            return self._begin(message)
        if len(message) > CHUNK_HEAD and message[0] == CHUNK:
            return self._chunk(message)
        return self._state(REFUSED, BAD_MESSAGE)

    def _begin(self, message: bytes) -> bytes:
        _, kind, ident, length, digest8 = struct.unpack(BEGIN_FORM, message)
        self._kind, self._id, self._next = kind, ident, 0
        slot = self._slots.get(kind)
        if slot is None:
            return self._state(REFUSED, UNKNOWN_KIND)
        reason = TOO_LONG if length > slot.limit else slot.ready()
        if reason:
            self._kind = 0
            return self._state(REFUSED, reason, kind)
        self._size = length + DIGEST_SIZE
        try:
            self._next = slot.resume(ident, length, digest8)
        except OSError:
            return self._state(REFUSED, STORAGE)
        if self._next == self._size:
            return self._finish(slot)
        return self._state(WANTED)

    def _chunk(self, message: bytes) -> bytes:
        slot = self._slots.get(self._kind)
        if slot is None:
            return self._state(REFUSED, NOT_BEGUN)
        (offset,) = struct.unpack_from("<I", message, 1)
        data = memoryview(message)[CHUNK_HEAD:]
        if offset == self._next and offset + len(data) <= self._size:
            try:
                slot.write(offset, data)
            except OSError:
                return self._state(REFUSED, STORAGE)
            self._next = offset + len(data)
            if self._next == self._size:
                return self._finish(slot)
        return self._state(WANTED)

    def _finish(self, slot: Slot) -> bytes:
        kind, self._kind = self._kind, 0
        try:
            if slot.digest() != slot.held(DIGEST_SIZE):
                self._next = 0
                return self._state(REFUSED, WRONG_DIGEST, kind)
            reason = slot.accept()
        except OSError:
            return self._state(REFUSED, STORAGE, kind)
        return self._state(REFUSED if reason else ACCEPTED, reason, kind)

    def _state(self, status: int, reason: int = 0, kind: int = 0) -> bytes:
        return struct.pack(STATE_FORM, STATE, kind or self._kind, self._id, self._next, status, reason)
