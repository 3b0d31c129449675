"""The master key, which wraps each athlete's key: from a 0600 file, the system's keyring, or a passphrase.

It never lies in the database: a copy of the database alone shows no heart data.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from platformdirs import user_data_path

from repbeat.people.errors import KeyUnavailable

SIZE = 32
SERVICE = "repbeat"
FILE, KEYRING, PASSPHRASE = "file", "keyring", "passphrase"

# https://www.rfc-editor.org/rfc/rfc7914: 32 MiB and about 0.2 s on a Raspberry Pi 4, once a start.
_SCRYPT = {"length": SIZE, "n": 1 << 15, "r": 8, "p": 1}


def found(database: Path | None, salt: bytes, environment: Mapping[str, str] = os.environ) -> bytes:
    """The master key as REPBEAT_KEY says: `file` (default), `keyring` or `passphrase`.

    `database` is the SQLite file beside which the key file lies; None: in the person's data folder.
    KeyUnavailable says what is missing.
    """
    source = environment.get("REPBEAT_KEY", FILE)
    if source == FILE:
        named = environment.get("REPBEAT_KEY_FILE")
        if named:
            return of_file(Path(named))
        beside = database.with_name(f"{database.name}.key") if database else None
        return of_file(beside or user_data_path(SERVICE, appauthor=False) / "heart.key")
    if source == KEYRING:
        return of_keyring(str(database.resolve()) if database else "postgresql")
    if source == PASSPHRASE:
        return of_passphrase(_passphrase(environment), salt)
    raise KeyUnavailable(f"REPBEAT_KEY is {source!r}: it may be {FILE}, {KEYRING} or {PASSPHRASE}")


def of_file(path: Path) -> bytes:
    """The key in a file that only its owner may read; made when it is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise KeyUnavailable(f"the key file {path} cannot be made: {error.strerror}") from error
    key = secrets.token_bytes(SIZE)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyUnavailable(f"others may read the key file {path}: `chmod 600 {path}` first")
        key = base64.b64decode(path.read_bytes(), validate=False)
    except OSError as error:
        raise KeyUnavailable(f"the key file {path} cannot be read: {error.strerror}") from error
    except binascii.Error as error:
        raise KeyUnavailable(f"{path} is no key file: restore the one of this database") from error
    if len(key) != SIZE:
        raise KeyUnavailable(f"{path} is no key file: restore the one of this database")
    return key


def of_keyring(name: str) -> bytes:
    """The key in the operating system's keyring; made when it is not there."""
    import keyring  # asks the desktop's services: only when it is chosen
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(SERVICE, name)
        if kept is None:
            kept = base64.b64encode(secrets.token_bytes(SIZE)).decode()
            keyring.set_password(SERVICE, name, kept)
    except KeyringError as error:
        raise KeyUnavailable(
            f"the keyring does not answer ({error}): unlock it, or set REPBEAT_KEY=file"
        ) from error
    return base64.b64decode(kept)


def of_passphrase(passphrase: str, salt: bytes) -> bytes:
    """The key that follows from a passphrase."""
    return Scrypt(salt=salt, **_SCRYPT).derive(passphrase.encode())


def _passphrase(environment: Mapping[str, str]) -> str:
    given = environment.get("REPBEAT_PASSPHRASE")
    if given:
        return given
    path = environment.get("REPBEAT_PASSPHRASE_FILE")
    if not path:
        raise KeyUnavailable("set REPBEAT_PASSPHRASE_FILE (or REPBEAT_PASSPHRASE), or REPBEAT_KEY=file")
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise KeyUnavailable(f"the passphrase file {path} cannot be read: {error.strerror}") from error


def subkey(master: bytes, purpose: str) -> bytes:
    """A key for another purpose, from which the master key cannot be had."""
    return HKDF(algorithm=hashes.SHA256(), length=SIZE, salt=None, info=f"repbeat/{purpose}".encode()).derive(
        master
    )
