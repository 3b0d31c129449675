"""Backups that the computer which writes them cannot open: encrypted for a key that is kept elsewhere.

In the format of age (age-encryption.org/v1), so that `age --decrypt` opens them too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pyrage

from repbeat.store.errors import StoreError

_MAGIC = b"age-encryption.org/v1"


class WrongKey(StoreError):
    """A key that is none, or not the one that a backup was encrypted for."""


def new_key(path: Path) -> str:
    """Write a new secret key, for its owner to read; the public one. FileExistsError if one is there."""
    secret = pyrage.x25519.Identity.generate()
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"# public key: {secret.to_public()}\n{secret}\n")
    return str(secret.to_public())


def is_locked(path: Path) -> bool:
    """Whether a file is an encrypted one, by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def recipients(public_keys: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """Those who are to open a file, by their public keys; WrongKey if one is none."""
    try:
        return [pyrage.x25519.Recipient.from_str(one.strip()) for one in public_keys]
    except pyrage.RecipientError as error:
        raise WrongKey("a public key begins with age1: `repbeat backup-key FILE` makes one") from error


def lock(plain: Path, to: Path, who: list[pyrage.x25519.Recipient]) -> None:
    """Encrypt a file so that the key of each of these opens it."""
    pyrage.encrypt_file(str(plain), str(to), who)


def unlock(path: Path, to: Path, secret_key: Path) -> None:
    """Decrypt a file with the key in another; WrongKey if that does not open it, or it is damaged."""
    lines = [line.strip() for line in secret_key.read_text(encoding="utf-8", errors="replace").splitlines()]
    try:
        secrets = [pyrage.x25519.Identity.from_str(line) for line in lines if line and line[0] != "#"]
        pyrage.decrypt_file(str(path), str(to), secrets)
    except (pyrage.IdentityError, pyrage.DecryptError, OSError) as error:
        raise WrongKey(
            f"{path} does not open with {secret_key}: name the file of the key that it was made for"
        ) from error
