"""Makes application bundles (repbeat_protocol/bundle.py): compiles, writes the manifest, signs it."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from repbeat_protocol import bundle
from repbeat_tools.device import bundle as board_files
from repbeat_tools.device.errors import BundleKeyUnusable

Version = tuple[int, int, int]
KEY_BITS = 8 * bundle.SIGNATURE_SIZE
_NEEDED = f"an RSA key of {KEY_BITS} bits is needed: `repbeat bundle key` makes one"
VERSION_FILE = "/device/system/version.py"


def new_key() -> rsa.RSAPrivateKey:
    """A key to sign with."""
    return rsa.generate_private_key(bundle.EXPONENT, KEY_BITS)


def write_key(key: rsa.RSAPrivateKey, file: Path) -> None:
    """Keep a private key where only its owner reads it. FileExistsError: a key is never overwritten."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)


def read_key(file: Path) -> rsa.RSAPrivateKey:
    """A private key. BundleKeyUnusable."""
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise BundleKeyUnusable(f"{file}: no private key without a passphrase in PEM ({error})") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != KEY_BITS:
        raise BundleKeyUnusable(f"{file}: {_NEEDED}")
    return key


def read_modulus(file: Path) -> int:
    """The modulus of a public or private key. BundleKeyUnusable."""
    try:
        text = file.read_bytes()
        if b"PRIVATE" in text:
            return read_key(file).public_key().public_numbers().n
        key = serialization.load_pem_public_key(text)
    except (OSError, ValueError) as error:
        raise BundleKeyUnusable(f"{file}: no key in PEM ({error})") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != KEY_BITS:
        raise BundleKeyUnusable(f"{file}: {_NEEDED}")
    return key.public_numbers().n


def pack(files: Mapping[str, bytes], board: str, version: Version, key: rsa.RSAPrivateKey) -> bytes:
    """The bundle of these files, by their path below /app."""
    name = board.encode()
    mpy = next((content[1] for path, content in files.items() if path.endswith(".mpy")), 0)
    size = struct.calcsize(bundle.HEAD) + len(name)
    size += sum(struct.calcsize(bundle.ENTRY) + len(path.encode()) for path in files)
    manifest = struct.pack(bundle.HEAD, bundle.MAGIC, mpy, *version, len(files), size, len(name)) + name
    offset = bundle.SIGNATURE_SIZE + size
    for path, content in files.items():
        digest = hashlib.sha256(content).digest()
        manifest += (
            struct.pack(bundle.ENTRY, len(path.encode()), offset, len(content), digest) + path.encode()
        )
        offset += len(content)
    signature = key.sign(manifest, padding.PKCS1v15(), hashes.SHA256())
    return signature + manifest + b"".join(files.values())


def make(
    board: Path,
    key: rsa.RSAPrivateKey,
    version: Version | None = None,
    *,
    instead: Mapping[str, Path] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> bytes:
    """A bundle of the firmware for a board. BoardError, CompileFailed.

    version: what it calls itself, instead of what the source says. instead: see bundle.build.
    """
    with tempfile.TemporaryDirectory(prefix="repbeat-bundle-") as folder:
        own = board_files.sources()[VERSION_FILE]
        source = own.read_text()
        if version is not None:
            line = next(line for line in source.splitlines() if line.startswith("PARTS ="))
            source = source.replace(line, f"PARTS = {version}")
        renamed = Path(folder) / "version.py"
        renamed.write_text(source)
        built = board_files.build(
            board, instead={**(instead or {}), VERSION_FILE: renamed}, progress=progress
        )
    files = {path.removeprefix("/lib").strip("/"): content for path, content in built.items()}
    files = {path: content for path, content in files.items() if path.endswith(".mpy")}
    return pack(files, board.stem, version or source_version(), key)


def source_version() -> Version:
    """The version that the firmware's source names."""
    scope: dict[str, Version] = {}
    exec(board_files.sources()[VERSION_FILE].read_text(), scope)  # noqa: S102 - the project's own two lines
    return scope["PARTS"]


def read(content: bytes) -> bundle.Bundle:
    """A bundle in memory. BundleDamaged."""

    def fill(offset: int, into: memoryview) -> None:
        into[:] = content[offset : offset + len(into)]

    return bundle.Bundle(fill, len(content))
