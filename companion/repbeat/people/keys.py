"""The vault: heart data sealed with a key per athlete, and forgotten with it.

Sealed bytes are 0x80, the key's id (8 bytes), a nonce (12), and AES-256-GCM over the plain bytes with the
place where they lie as associated data, so that a sealed block cannot be moved under another athlete's name.
"""

from __future__ import annotations

import base64
import os
import secrets
import threading
import time
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from repbeat.people import master
from repbeat.people.errors import ArchiveError, KeyUnavailable
from repbeat.store.database import Database
from repbeat.store.errors import StoreCorrupt

SEALED = b"\x80"
KEY_ID, NONCE = 8, 12
HEAD = len(SEALED) + KEY_ID + NONCE
NOBODY = ""  # whose key seals what is unclaimed
TRUST_S = 10.0  # a key forgotten by another process is not used for longer

_KNOWN = b"repbeat vault"


class _SavedKey(msgspec.Struct, frozen=True):
    key_id: str
    wrapped: str  # base64


class KeyRing:
    """The keys of one database; from any thread. Nothing is asked for before it is needed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._wrapping: AESGCM | None = None
        self._master = b""
        self._keys: dict[str, tuple[AESGCM, float]] = {}  # with the moment until which it is trusted

    def seal(self, athlete_id: str | None, plain: bytes, place: str) -> bytes:
        """`plain` for this athlete's key alone; the key is made at its first use."""
        key_id, key = self._key_for(athlete_id or NOBODY)
        nonce = os.urandom(NONCE)
        return SEALED + bytes.fromhex(key_id) + nonce + key.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """What was sealed; None once its key is forgotten. StoreCorrupt if it was changed or moved."""
        if sealed[:1] != SEALED:
            raise StoreCorrupt("a heart block is not sealed: restore the last backup")
        key = self._key(sealed[1 : 1 + KEY_ID].hex())
        if key is None:
            return None
        try:
            return key.decrypt(sealed[1 + KEY_ID : HEAD], sealed[HEAD:], place.encode())
        except InvalidTag as error:
            raise StoreCorrupt(
                "a heart block was changed in the database: restore the last backup; the devices send "
                "again what they still hold"
            ) from error

    def is_of(self, sealed: bytes, athlete_id: str | None) -> bool:
        """Whether it is sealed with a key of this athlete."""
        return bool(
            self._db.value(
                "SELECT COUNT(*) FROM heart_keys WHERE athlete_id = :athlete_id AND key_id = :key_id",
                athlete_id=athlete_id or NOBODY,
                key_id=sealed[1 : 1 + KEY_ID].hex(),
            )
        )

    def forget(self, athlete_id: str) -> int:
        """Forget an athlete's keys: what they sealed, here or in a copy, cannot be opened any more."""
        rows = self._db.rows(
            "SELECT key_id FROM heart_keys WHERE athlete_id = :athlete_id", athlete_id=athlete_id
        )
        self._db.run("DELETE FROM heart_keys WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
        with self._lock:
            for row in rows:
                self._keys.pop(row["key_id"], None)
        return len(rows)

    def wrap(self, secret: bytes, place: str) -> bytes:
        """A secret of RepBeat's own (a webhook's) under the master key."""
        nonce = os.urandom(NONCE)
        return nonce + self._wrapper().encrypt(nonce, secret, place.encode())

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """The secret again; KeyUnavailable when another master key wrapped it."""
        try:
            return self._wrapper().decrypt(wrapped[:NONCE], wrapped[NONCE:], place.encode())
        except InvalidTag as error:
            raise KeyUnavailable(_OTHER_MASTER) from error

    def subkey(self, purpose: str) -> bytes:
        """32 bytes for another purpose of this installation, the same in each of its processes."""
        self._wrapper()
        return master.subkey(self._master, purpose)

    def _key_for(self, athlete_id: str) -> tuple[str, AESGCM]:
        # Asked each time: a key may have been forgotten by another process, or its making rolled back.
        newest = self._db.value(
            "SELECT key_id FROM heart_keys WHERE athlete_id = :athlete_id ORDER BY created_ms DESC LIMIT 1",
            athlete_id=athlete_id,
        )
        key = self._key(newest) if newest else None
        if newest and key:
            return newest, key
        plain, key_id = AESGCM.generate_key(256), secrets.token_hex(KEY_ID)
        row = {
            "athlete_id": athlete_id,
            "key_id": key_id,
            "wrapped": self.wrap(plain, f"key/{athlete_id}/{key_id}"),
            "created_ms": time.time_ns() // 1_000_000,
        }
        self._db.insert("heart_keys", [row])
        return key_id, self._trusted(key_id, plain)

    def _key(self, key_id: str) -> AESGCM | None:
        with self._lock:
            key, until = self._keys.get(key_id, (None, 0.0))
        if key is not None and until > time.monotonic():
            return key
        rows = self._db.rows(
            "SELECT athlete_id, wrapped FROM heart_keys WHERE key_id = :key_id", key_id=key_id
        )
        if not rows:
            return None
        (row,) = rows
        return self._trusted(key_id, self.unwrap(row["wrapped"], f"key/{row['athlete_id']}/{key_id}"))

    def _trusted(self, key_id: str, plain: bytes) -> AESGCM:
        key = AESGCM(plain)
        with self._lock:
            self._keys[key_id] = key, time.monotonic() + TRUST_S
        return key

    def _wrapper(self) -> AESGCM:
        if self._wrapping is None:
            path = getattr(self._db.engine, "path", None)
            self._master = master.found(path, self._setting("salt", os.urandom(16)))
            self._wrapping = AESGCM(self._master)
            nonce = os.urandom(NONCE)
            check = self._setting("check", nonce + self._wrapping.encrypt(nonce, _KNOWN, b"check"))
            try:
                self._wrapping.decrypt(check[:NONCE], check[NONCE:], b"check")
            except InvalidTag as error:
                self._wrapping = None
                raise KeyUnavailable(_OTHER_MASTER) from error
        return self._wrapping

    def _setting(self, name: str, first: bytes) -> bytes:
        """What the database has under this name; `first` where it has nothing yet."""
        sql = "SELECT value FROM vault_settings WHERE name = :name"
        known = self._db.value(sql, name=name)
        if known is None:
            self._db.insert("vault_settings", [{"name": name, "value": first}])
            known = self._db.value(sql, name=name)
        return bytes(known)


def of(db: Database) -> KeyRing:
    """The keys of a database, by the one vault that it has."""
    vault = getattr(db, "vault", None)
    return vault if isinstance(vault, KeyRing) else KeyRing(db)


_OTHER_MASTER = (
    "the master key is not the one of this database: put the right key file or passphrase in place "
    "(REPBEAT_KEY, REPBEAT_KEY_FILE, REPBEAT_PASSPHRASE_FILE)"
)


def save(db: Database, path: Path) -> None:
    """Write the wrapped keys to a file that goes with backups, in place of what it held.

    Backups hold no keys themselves: whoever is forgotten here is forgotten in every backup of the folder.
    """
    kept: dict[str, list[_SavedKey]] = {}
    for row in db.rows("SELECT athlete_id, key_id, wrapped FROM heart_keys ORDER BY athlete_id, created_ms"):
        key = _SavedKey(row["key_id"], base64.b64encode(row["wrapped"]).decode())
        kept.setdefault(row["athlete_id"], []).append(key)
    _write(path, kept)


def load(db: Database, path: Path, now_ms: int) -> None:
    """Take the keys of a backup's file into a restored database; ArchiveError if it is none."""
    for athlete_id, keys in _read(path).items():
        db.insert(
            "heart_keys",
            [
                {
                    "athlete_id": athlete_id,
                    "key_id": key.key_id,
                    "wrapped": base64.b64decode(key.wrapped),
                    "created_ms": now_ms,
                }
                for key in keys
            ],
        )


def forget_saved(path: Path, athlete_id: str) -> None:
    """Take an athlete's keys out of a file that `save` wrote; a file that is not there has none."""
    if path.exists():
        kept = _read(path)
        kept.pop(athlete_id, None)
        _write(path, kept)


def _read(path: Path) -> dict[str, list[_SavedKey]]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, list[_SavedKey]])
    except (OSError, msgspec.DecodeError) as error:
        raise ArchiveError(f"{path} holds no keys of a backup: {error}") from error


def _write(path: Path, kept: dict[str, list[_SavedKey]]) -> None:
    # Overwritten in place first: the old bytes must not stay behind in freed blocks of the disk.
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(kept))
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        with path.open("r+b") as old:
            old.write(b"\0" * path.stat().st_size)
            old.flush()
            os.fsync(old.fileno())
    fresh.replace(path)
