"""Who a companion is to others: an Ed25519 key of its own, and messages signed with it.

Signed are method, path, time and body, so that a message can be neither changed nor used elsewhere. A message
taken up again within its minute changes nothing: events have numbers that their companion gives once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from repbeat.community.shared.errors import BadSignature
from repbeat.people import keys
from repbeat.store import Database

# As WSGI spells names of headers.
KEY, SIGNATURE, TIME = "X-Repbeat-Key", "X-Repbeat-Signature", "X-Repbeat-Time"
STALE_MS = 60_000  # companions' clocks differ, and messages wait: a minute forgives both


class Identity:
    """One companion's key."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = _text(self._key.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> str:
        """A signature in base64url."""
        return _text(self._key.sign(content))

    def headers(self, method: str, path: str, body: bytes, at_ms: int) -> dict[str, str]:
        """What goes with a message sent at `at_ms` of the receiver's clock."""
        signature = self.sign(_message(method, path, body, at_ms))
        return {KEY: self.public, TIME: str(at_ms), SIGNATURE: signature}


def of(db: Database) -> Identity:
    """This companion's, the same in all its processes."""
    return Identity(keys.of(db).subkey("companion identity"))


def verified(public: str, signature: str, content: bytes) -> bool:
    """Whether the key of this name signed `content`."""
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(public)).verify(_bytes(signature), content)
    except (ValueError, InvalidSignature):
        return False
    return True


def check(headers: Mapping[str, str], method: str, path: str, body: bytes, now_ms: int) -> str:
    """The public key of whoever signed a message; BadSignature if nobody did, or too long ago."""
    public, at = headers.get(KEY, ""), headers.get(TIME, "")
    at_ms = int(at) if at.isdecimal() and len(at) < 17 else 0
    if not verified(public, headers.get(SIGNATURE, ""), _message(method, path, body, at_ms)):
        raise BadSignature("this message is not signed by the companion it names")
    if abs(now_ms - at_ms) > STALE_MS:
        raise BadSignature("this message is too old or from the future: set the clocks right")
    return public


def _message(method: str, path: str, body: bytes, at_ms: int) -> bytes:
    return f"{method}\n{path}\n{at_ms}\n{hashlib.sha256(body).hexdigest()}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
