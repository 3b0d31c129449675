"""Passwords: argon2id, at a cost that a Raspberry Pi bears, and never more than two at once."""

from __future__ import annotations

import threading

import argon2

from repbeat.people.errors import WeakPassword

# 19 MiB, two passes, one lane:
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)  # a flood of sign-ins costs at most 38 MiB

SHORTEST, LONGEST = 10, 256  # characters; the upper bound keeps hashing cheap

# What an unknown name is checked against, so that it takes as long as a known one.
_NOBODYS = _HASHER.hash("no account has this password")


def check(password: str, name: str) -> None:
    """WeakPassword if it may not be used by the account of this name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters: four words make a good one")
    if name and name.casefold() in password.casefold():
        raise WeakPassword("the password contains the name: choose one that does not")
    if len(set(password)) < 5:
        raise WeakPassword("the password has fewer than five different characters: choose another")


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; None (nobody has the name) takes as long and is False."""
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            return _HASHER.verify(password_hash or _NOBODYS, password) and password_hash is not None
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def is_dated(password_hash: str) -> bool:
    """Whether it was made at another cost than today's: hash the password anew at the next sign-in."""
    return _HASHER.check_needs_rehash(password_hash)
