"""TRUST: claims, the proof on every connection, and the seals on what is written (protocol/trust.md)."""

import os
from collections import deque

from device.store.flash import StoreError
from repbeat_protocol import auth, frames

ANSWERS = auth.SLOTS + 2  # a LIST is answered by one message a slot


class Guest:
    """One central: what it was asked, and what it has proved."""

    def __init__(self) -> None:
        self.answers = deque((), ANSWERS)  # noqa: RUF037 - MicroPython takes both, in this order
        self.forget()

    def forget(self) -> None:
        """Nothing is proved."""
        self.slot = -1
        self.asked = None  # the session whose proof is awaited
        self.session = None  # the session that was proved


class Trust:
    """A source of the sender. `drop(connection)` ends the link of a companion whose key was revoked.

    `window`: in which it may be claimed; `pairing`: how a link is made safe for that.
    `erase(log_id)` has what this log's athlete left erased at the next boot; False: there is no such log.
    `calibrate(action, plate, first_g, step_g)`: 0, or the code of a refusal.
    """

    def __init__(self, keys, device_id: int, window, centrals: int, erase, calibrate) -> None:
        self.attribute = 0
        self.wake = None
        self.drop = None
        self.pairing = None
        self._keys = keys
        self._erase = erase
        self._calibrate = calibrate
        self._device_id = device_id
        self._window = window
        self._guests = [Guest() for _ in range(centrals)]
        self._connections = [None] * centrals

    # Connections

    def opened(self, connection) -> None:
        """A central came: a stranger, until it proves otherwise."""
        self.closed(connection)
        self._connections[connection.index] = connection

    def closed(self, connection) -> None:
        """A central is gone, and what it has proved with it."""
        connection.trusted = False
        guest = self._guests[connection.index]
        guest.forget()
        while guest.answers:
            guest.answers.popleft()

    def open(self, connection, channel: int, sealed: memoryview) -> memoryview | None:
        """The frame that a trusted companion sealed; None: it is not one, or not this one's, or not new."""
        session = self._guests[connection.index].session
        if session is None:
            return None
        try:
            return session.open(channel, sealed)
        except auth.BadSeal:
            return None

    # Messages

    def message(self, connection, message: memoryview) -> None:
        """Answer one message written to TRUST."""
        guest = self._guests[connection.index]
        kind = message[0] if len(message) else 0
        try:
            if kind == auth.HELLO:
                answer = self._hello(connection, guest, auth.unpack(message))
            elif kind == auth.PROOF:
                answer = self._proof(connection, guest, auth.unpack(message))
            elif kind == auth.ASK:
                answer = auth.pack(auth.WINDOW, self._window.is_open, self.pairing.shows)
            elif kind == auth.CLAIM:
                answer = self._claim(connection, *auth.unpack_claim(message))
            else:
                answer = self._sealed(connection, guest, message)
        except auth.AuthError:
            answer = _refused(auth.BAD_MESSAGE)
        except StoreError:
            answer = _refused(auth.STORAGE)
        if answer:
            guest.answers.append(answer)
        self.wake()

    def _hello(self, connection, guest: Guest, values) -> bytes:
        _, protocol, slot, nonce = values
        connection.trusted = False
        guest.forget()
        if protocol != frames.PROTOCOL_VERSION:
            return _refused(auth.WRONG_PROTOCOL)
        key = self._keys.key(slot)
        if key is None:
            return _refused(auth.UNKNOWN_KEY)
        own = os.urandom(auth.NONCE_SIZE)
        guest.slot = slot
        guest.asked = auth.Session(key, slot, self._device_id, nonce, own)
        return auth.pack(auth.CHALLENGE, own)

    def _proof(self, connection, guest: Guest, values) -> bytes:
        session, guest.asked = guest.asked, None  # one try for each challenge
        if session is None or not session.proves(auth.COMPANION, values[1]):
            return _refused(auth.UNKNOWN_KEY)
        guest.session = session
        connection.trusted = True
        return auth.pack(auth.TRUSTED, session.proof(auth.DEVICE))

    def _claim(self, connection, key: bytes, name: str) -> bytes:
        slot = self._keys.find(key)  # the answer to an earlier claim may have been lost
        if slot < 0:
            if not self._window.is_open:
                return _refused(auth.WINDOW_CLOSED)
            if not self.pairing.proved(connection):
                return _refused(auth.NOT_PAIRED)
            slot = self._keys.add(key, name)
            if slot < 0:
                return _refused(auth.KEYS_FULL)
            self._window.close()
        return auth.pack(auth.CLAIMED, slot)

    def _sealed(self, connection, guest: Guest, message: memoryview) -> bytes | None:
        inner = self.open(connection, auth.ON_TRUST, message)
        if inner is None:
            return _refused(auth.NOT_TRUSTED)
        values = auth.unpack(inner)
        if values[0] == auth.LIST:
            for slot in range(auth.SLOTS):
                guest.answers.append(auth.pack_key(slot, self._keys.name(slot)))
            return None
        if values[0] == auth.ERASE:
            return auth.pack(auth.ERASED) if self._erase(values[1]) else _refused(auth.OTHER_LOG)
        if values[0] == auth.CALIBRATE:
            code = self._calibrate(*values[1:])
            return _refused(code) if code else auth.pack(auth.CALIBRATING)
        if values[0] != auth.REVOKE or values[1] >= auth.SLOTS:
            return _refused(auth.BAD_MESSAGE)
        self._revoke(values[1], guest)
        return auth.pack(auth.REVOKED, values[1])

    def _revoke(self, slot: int, by: Guest) -> None:
        """Forget the key; whoever else is connected by it is dropped at once."""
        self._keys.revoke(slot)
        for guest, connection in zip(self._guests, self._connections):
            if guest.slot == slot:
                guest.forget()
                connection.trusted = False
                if guest is not by:  # who gave up its own key still gets the answer
                    self.drop(connection)

    # Answers

    def next(self, connection) -> bytes | None:
        """The answer due for this central."""
        answers = self._guests[connection.index].answers
        return answers[0] if answers else None

    def sent(self, connection) -> None:
        """The answer is with the radio."""
        self._guests[connection.index].answers.popleft()


def _refused(code: int) -> bytes:
    return auth.pack(auth.REFUSED, code)
