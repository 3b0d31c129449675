"""A file on disk that this process alone can read: its bytes lie under a key that is kept nowhere.

For what may be too long for memory: nothing of it is left on the disk in the clear, neither in a temporary
folder nor in the blocks that a deleted file leaves behind.
"""

from __future__ import annotations

import io
import os
import tempfile
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_BLOCK = 16  # bytes of AES


class SealedSpool(io.RawIOBase):
    """A file without a name, written in order and read from anywhere; gone when it is closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 -- closed with this one
        self._key = os.urandom(32)

    def write(self, data: ReadableBuffer) -> int:
        sealed = self._keystream(self._file.tell()).update(bytes(data))
        written = 0
        while written < len(sealed):
            written += self._file.write(sealed[written:])
        return written

    def readinto(self, buffer: WriteableBuffer) -> int:
        at = self._file.tell()
        into = memoryview(buffer).cast("B")
        sealed = self._file.read(len(into))
        into[: len(sealed)] = self._keystream(at).update(sealed)
        return len(sealed)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def _keystream(self, at: int) -> CipherContext:
        """What seals and opens the bytes from `at` on."""
        stream = Cipher(AES(self._key), CTR((at // _BLOCK).to_bytes(_BLOCK, "big"))).encryptor()
        stream.update(bytes(at % _BLOCK))
        return stream
