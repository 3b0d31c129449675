"""Trust: an application key claimed once, proved by both ends on every connection, sealing what is written.

A companion that holds a key of the device says HELLO; both ends derive the connection's session key from the
application key and both nonces, prove it to each other, and from then on every frame written to CONTROL,
TRANSFER or TRUST carries a counter and a MAC. protocol/trust.md argues why. HMAC is RFC 2104 over SHA-256;
MicroPython has none.
"""

import struct
from hashlib import sha256

from repbeat_protocol import frames

KEY_SIZE = 32
NONCE_SIZE = 16
PROOF_SIZE = 16
SEAL_SIZE = 12  # counter u32, then the first eight bytes of the MAC
SLOTS = 4  # keys a device holds, one a companion
NAME_MAX = 16  # bytes of a companion's name

# companion -> device, written to TRUST
HELLO = 0x21  # protocol u8, slot u8, nonce
PROOF = 0x22  # proof
CLAIM = 0x23  # key, then the companion's name (UTF-8, 1 to NAME_MAX bytes)
LIST = 0x24  # sealed
REVOKE = 0x25  # slot u8; sealed
ERASE = 0x26  # log_id u32; sealed
ASK = 0x27
CALIBRATE = 0x28  # action u8, plate u8, first_g u32, step_g u32; sealed

# device -> companion, notified on TRUST; each fits the 20 bytes of the smallest MTU
CHALLENGE = 0xA1  # nonce
TRUSTED = 0xA2  # proof
CLAIMED = 0xA3  # slot u8
REFUSED = 0xA4  # code u8
KEY = 0xA5  # slot u8, then the name of its companion, empty when the slot is free
REVOKED = 0xA6  # slot u8
ERASED = 0xA7
WINDOW = 0xA8  # open u8, passkey u8
CALIBRATING = 0xA9

# REFUSED codes
UNKNOWN_KEY = 1  # no such key, or the proof is wrong: revoked, reset, or never claimed
WRONG_PROTOCOL = 2  # the device speaks another protocol version
WINDOW_CLOSED = 3  # hold the button for a second while no session runs: it opens the claim window
KEYS_FULL = 4  # all slots are used: revoke one
BAD_MESSAGE = 5
STORAGE = 6  # the device's flash did not take the key
NOT_TRUSTED = 7  # LIST, REVOKE, ERASE and CALIBRATE need a sealed message
OTHER_LOG = 8  # the log to be erased is not this one: it is gone already
NOT_PAIRED = 9  # the device has a display: pair, with the passkey that it shows, then claim
NO_STACK = 10  # the device measures no machine
IN_USE = 11  # somebody trains on the machine, or nothing is being calibrated that could go on

# What CALIBRATE asks for
STOP = 0
BEGIN = 1
GO_ON = 2

FORMS = {
    HELLO: "<BBB16s",
    PROOF: "<B16s",
    LIST: "<B",
    REVOKE: "<BB",
    ERASE: "<BI",
    ASK: "<B",
    CALIBRATE: "<BBBII",
    CHALLENGE: "<B16s",
    TRUSTED: "<B16s",
    CLAIMED: "<BB",
    REFUSED: "<BB",
    REVOKED: "<BB",
    ERASED: "<B",
    WINDOW: "<BBB",
    CALIBRATING: "<B",
}
CLAIM_HEAD = "<B32s"
KEY_HEAD = "<BB"

# What a seal is for: one made for CONTROL is worth nothing at TRANSFER
ON_CONTROL = 1
ON_TRANSFER = 2
ON_TRUST = 3

COMPANION = b"companion"
DEVICE = b"device"
_SEAL = b"seal"
_TRANSCRIPT = "<13sBBQ16s16s"
_LABEL = b"RepBeat trust"
_BLOCK = 64


class AuthError(ValueError):
    """A message of TRUST cannot be used; each cause is a subclass."""


class BadAuthMessage(AuthError):
    """The message has another kind or length than the protocol has: update the older side."""


class BadSeal(AuthError):
    """Not sealed with this connection's key, or seen before: say HELLO again."""


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104): 32 bytes."""
    if len(key) > _BLOCK:
        key = sha256(key).digest()
    key = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes([byte ^ 0x36 for byte in key]))
    inner.update(message)
    outer = sha256(bytes([byte ^ 0x5C for byte in key]))
    outer.update(inner.digest())
    return outer.digest()


def same(a: bytes, b: bytes) -> bool:
    """Whether two byte strings are equal, in a time that does not tell where they differ."""
    if len(a) != len(b):
        return False
    difference = 0
    for x, y in zip(a, b):
        difference |= x ^ y
    return difference == 0


def pack(kind: int, *values: int | bytes) -> bytes:
    """A message of FORMS: the values after the kind."""
    return struct.pack(FORMS[kind], kind, *values)


def unpack(message: bytes) -> tuple[int | bytes, ...]:
    """(kind, values…) of a message of FORMS; BadAuthMessage."""
    form = FORMS.get(message[0]) if len(message) else None
    if form is None or len(message) != struct.calcsize(form):
        raise BadAuthMessage("no trust message: %d bytes" % len(message))
    return struct.unpack(form, message)


def pack_claim(key: bytes, name: str) -> bytes:
    """CLAIM: the key to be kept, and the name by which it can be revoked."""
    return struct.pack(CLAIM_HEAD, CLAIM, key) + name.encode()


def unpack_claim(message: bytes) -> tuple[bytes, str]:
    """(key, name) of a CLAIM; BadAuthMessage."""
    head = struct.calcsize(CLAIM_HEAD)
    if not head < len(message) <= head + NAME_MAX or message[0] != CLAIM:
        raise BadAuthMessage("a claim of %d bytes" % len(message))
    try:
        return bytes(message[1:head]), bytes(message[head:]).decode()
    except UnicodeError as error:
        raise BadAuthMessage("a name that is not UTF-8") from error


def pack_key(slot: int, name: str) -> bytes:
    """KEY: who holds the key in this slot."""
    return struct.pack(KEY_HEAD, KEY, slot) + name.encode()


def unpack_key(message: bytes) -> tuple[int, str]:
    """(slot, name) of a KEY; BadAuthMessage."""
    if not 2 <= len(message) <= 2 + NAME_MAX or message[0] != KEY:
        raise BadAuthMessage("a key entry of %d bytes" % len(message))
    return message[1], bytes(message[2:]).decode()


class Session:
    """What both ends share on one connection once HELLO and CHALLENGE are exchanged."""

    def __init__(
        self, key: bytes, slot: int, device_id: int, companion_nonce: bytes, device_nonce: bytes
    ) -> None:
        transcript = struct.pack(
            _TRANSCRIPT,
            _LABEL,
            frames.PROTOCOL_VERSION,
            slot,
            device_id,
            companion_nonce,
            device_nonce,
        )
        self._key = hmac_sha256(key, transcript)
        self._counter = 0  # of the last frame sealed or opened

    def proof(self, side: bytes) -> bytes:
        """What COMPANION or DEVICE sends to show that it holds the key."""
        return hmac_sha256(self._key, side)[:PROOF_SIZE]

    def proves(self, side: bytes, proof: bytes) -> bool:
        """Whether the other end holds the key too."""
        return same(self.proof(side), proof)

    def seal(self, channel: int, frame: bytes) -> bytes:
        """`frame` with its counter and MAC, for the device to open."""
        self._counter += 1
        return frame + struct.pack("<I", self._counter) + self._mac(channel, self._counter, frame)

    def open(self, channel: int, sealed: bytes) -> bytes:
        """The frame in `sealed`; BadSeal when it is not the companion's, or not newer than the last."""
        end = len(sealed) - SEAL_SIZE
        if end < 0:
            raise BadSeal("%d bytes carry no seal" % len(sealed))
        frame = sealed[:end]
        (counter,) = struct.unpack_from("<I", sealed, end)
        if counter <= self._counter or not same(self._mac(channel, counter, frame), sealed[end + 4 :]):
            raise BadSeal("the seal is wrong or was used before")
        self._counter = counter
        return frame

    def _mac(self, channel: int, counter: int, frame: bytes) -> bytes:
        head = _SEAL + struct.pack("<BI", channel, counter)
        return hmac_sha256(self._key, head + bytes(frame))[: SEAL_SIZE - 4]
