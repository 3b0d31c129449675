"""The application bundle: the firmware's compiled files, and a signed manifest that names each.

    0     signature, 384 bytes: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017), 3072 bits, over the manifest
    384   manifest: HEAD, the board's name, then for each file ENTRY and its path
          the files' contents, in the manifest's order, to the end

Why RSA: a stock MicroPython has SHA-256 but no elliptic curves and no SHA-512, which Ed25519 needs. Checking
an RSA signature is one `pow(signature, 65537, modulus)`, in C and in bounded time; a curve in plain Python
takes thousands of multiplications. Whoever checks holds no secret, as with a MAC it would. The device's key
is the modulus, pinned at provisioning. Signatures are compared whole, so that no padding is ever parsed.
"""

import struct
from hashlib import sha256

MAGIC = b"RBB1"
SIGNATURE_SIZE = 384
EXPONENT = 65537
HEAD = "<4sBBBBHIB"  # magic, .mpy version, major, minor, patch, files, manifest bytes, bytes of board's name
ENTRY = "<BII32s"  # bytes of path, offset in the bundle, size, SHA-256 of the file
PATH_MAX = 96
MANIFEST_MAX = 32768
STEP = 512  # bytes read and hashed at once

# DER of DigestInfo for SHA-256 (RFC 8017, section 9.2, note 1)
_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


class BundleError(ValueError):
    """The bundle is refused; `reason` is the code that STATE carries. What runs stays."""

    reason = 64


class BundleDamaged(BundleError):
    """Lengths, magic or digests do not fit: the bundle was cut or changed. Make or download it again."""

    reason = 65


class WrongSignature(BundleError):
    """Not signed with the key that is pinned on the device: sign it with that key, or pin yours by USB."""

    reason = 66


class NoKey(BundleError):
    """The device has no key pinned: pin one by USB, `repbeat device provision --update-key`."""

    reason = 67


class WrongBoard(BundleError):
    """The bundle is for another board: make one for this board."""

    reason = 68


class WrongInterpreter(BundleError):
    """The device's MicroPython reads other .mpy files: write the image of this release by USB."""

    reason = 69


class NotNewer(BundleError):
    """The device has this version or a later one; it goes back by USB only."""

    reason = 70


class AlreadyTried(BundleError):
    """This very bundle was tried on the device and it returned to the one before: make a better one."""

    reason = 71


class InSession(BundleError):
    """Somebody trains with the device: it takes no update now."""

    reason = 72


class LowBattery(BundleError):
    """The cell is too low for an update: charge the device first."""

    reason = 73


REASONS = (
    BundleDamaged,
    WrongSignature,
    NoKey,
    WrongBoard,
    WrongInterpreter,
    NotNewer,
    AlreadyTried,
    InSession,
    LowBattery,
)
PASSING = (InSession.reason, LowBattery.reason)  # a later try may do


def reason_text(reason: int) -> str:
    """What a refusal reason from 64 up means and what to do; "" for others."""
    for cause in REASONS:
        if cause.reason == reason:
            return cause.__doc__ or ""
    return ""


def version_text(version: tuple[int, int, int]) -> str:
    """1.2.3"""
    return "%d.%d.%d" % version


def signed(signature: bytes, digest: bytes, modulus: int) -> bool:
    """Whether `signature` over a manifest of this SHA-256 was made with the key of `modulus`."""
    padding = b"\xff" * (SIGNATURE_SIZE - 3 - len(_DIGEST_INFO) - len(digest))
    expected = b"\x00\x01" + padding + b"\x00" + _DIGEST_INFO + digest
    number = int.from_bytes(signature, "big")
    return number < modulus and pow(number, EXPONENT, modulus) == int.from_bytes(expected, "big")


class Bundle:
    """A bundle of `length` bytes, read piece by piece through `read(offset, into)`. BundleDamaged.

    `version` is (major, minor, patch), `mpy` the version of its .mpy files, `files` how many there are.
    """

    def __init__(self, read: object, length: int) -> None:
        self._read = read
        self.length = length
        head = self._bytes(SIGNATURE_SIZE, struct.calcsize(HEAD))
        magic, self.mpy, major, minor, patch, self.files, self._size, name_size = struct.unpack(HEAD, head)
        if magic != MAGIC or not len(head) + name_size <= self._size <= MANIFEST_MAX:
            raise BundleDamaged("no bundle: it begins with %r" % magic)
        self.version = (major, minor, patch)
        self._first = SIGNATURE_SIZE + len(head) + name_size
        self._end = SIGNATURE_SIZE + self._size
        try:
            self.board = self._bytes(SIGNATURE_SIZE + len(head), name_size).decode()
        except UnicodeError:
            raise BundleDamaged("the board's name is no text")

    def _bytes(self, offset: int, size: int) -> bytes:
        if offset + size > self.length:
            raise BundleDamaged("it ends at byte %d" % self.length)
        buf = bytearray(size)
        self._read(offset, memoryview(buf))  # type: ignore[operator]
        return bytes(buf)

    def entry(self, at: int) -> tuple[str, int, int, bytes, int]:
        """(path, offset, size, digest, place of the next entry) of the entry at that place of the bundle."""
        head = self._bytes(at, struct.calcsize(ENTRY))
        path_size, offset, size, digest = struct.unpack(ENTRY, head)
        at += len(head)
        if path_size > PATH_MAX or at + path_size > self._end or offset + size > self.length:
            raise BundleDamaged("an entry leads out of the bundle")
        try:
            return self._bytes(at, path_size).decode(), offset, size, digest, at + path_size
        except UnicodeError:
            raise BundleDamaged("a path is no text")

    def places(self) -> list[int]:
        """The place of each entry, in order."""
        found = []
        at = self._first
        for _ in range(self.files):
            found.append(at)
            at = self.entry(at)[4]
        return found

    def digest(self, offset: int, size: int) -> bytes:
        """SHA-256 of a stretch of the bundle."""
        if offset + size > self.length:
            raise BundleDamaged("it ends at byte %d" % self.length)
        total = sha256()
        buf = memoryview(bytearray(STEP))
        end = offset + size
        while offset < end:
            part = buf[: min(STEP, end - offset)]
            self._read(offset, part)  # type: ignore[operator]
            total.update(part)
            offset += len(part)
        return total.digest()

    def check_signature(self, modulus: int) -> None:
        """WrongSignature."""
        if not signed(self._bytes(0, SIGNATURE_SIZE), self.digest(SIGNATURE_SIZE, self._size), modulus):
            raise WrongSignature("the manifest is not signed with the key given")

    def check_files(self) -> None:
        """BundleDamaged unless each file is as the manifest says, and nothing lies between or behind."""
        at = self._end
        for place in self.places():
            path, offset, size, digest, _ = self.entry(place)
            if offset != at or self.digest(offset, size) != digest:
                raise BundleDamaged("%s is not what the manifest says" % path)
            at += size
        if at != self.length:
            raise BundleDamaged("bytes follow the last file")

    def content(self, place: int) -> bytes:
        """The file of the entry at that place; BundleDamaged when it is not what the manifest says."""
        path, offset, size, digest, _ = self.entry(place)
        found = self._bytes(offset, size)
        if sha256(found).digest() != digest:
            raise BundleDamaged("%s has decayed" % path)
        return found
