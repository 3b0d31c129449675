"""A file on disk that this process alone can read: its bytes lie under a key that is kept nowhere.

For what may be too long for memory: nothing of it is left on the disk in the clear, neither in a temporary
folder nor in the blocks that a deleted file leaves behind.
"""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, cast

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_BLOCK = 16  # bytes of AES
PIECE = 1 << 16  # bytes handed on at a time


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

    def piece(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from `at` on, whatever is being written meanwhile."""
        return self._keystream(at).update(os.pread(self._file.fileno(), size, at))

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


def read_along(write: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
    """What `write` writes, from its first bytes on; it goes on in a thread, however slowly it is read.

    Raises what `write` raised: here if it came to nothing, else where what was written ends.
    """
    writing = _Writing(write)
    writing.more(0)
    return writing.pieces()


class _Writing(io.RawIOBase):
    """The file that `write` has. It cannot go back: what it wrote may have been read."""

    def __init__(self, write: Callable[[IO[bytes]], None]) -> None:
        self._spool = SealedSpool()
        self._waiting = bytearray()
        self._size = 0
        self._ended = self._left = False
        self._error: Exception | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(write,), name="read along", daemon=True)
        self._thread.start()

    def write(self, data: ReadableBuffer) -> int:
        if self._left:
            raise BrokenPipeError("nobody reads it any more")
        before = len(self._waiting)
        self._waiting += data
        written = len(self._waiting) - before
        if len(self._waiting) >= PIECE:
            self._hand_on()
        return written

    def writable(self) -> bool:
        return True

    def more(self, at: int) -> int:
        """How many bytes there are after `at`; 0: that was all. Raises what `write` raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._size > at or self._ended)
        if self._size == at and self._error is not None:
            raise self._error
        return self._size - at

    def pieces(self) -> Iterator[bytes]:
        """Everything, in order."""
        at = 0
        try:
            while more := self.more(at):
                yield self._spool.piece(at, min(more, PIECE))
                at += min(more, PIECE)
        finally:
            self._left = True
            self._thread.join()
            self._spool.close()

    def _run(self, write: Callable[[IO[bytes]], None]) -> None:
        try:
            write(cast("IO[bytes]", self))
            self._hand_on()
        except Exception as error:  # raised again where it is read
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _hand_on(self) -> None:
        self._spool.write(self._waiting)
        with self._changed:
            self._size += len(self._waiting)
            self._changed.notify()
        self._waiting.clear()
