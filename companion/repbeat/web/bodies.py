"""What people send, where it is too long for memory, lies on the disk under a key that is kept nowhere."""

from __future__ import annotations

import io
import tempfile
from typing import IO, Any, cast

import flask
from waitress.buffers import OverflowableBuffer, TempfileBasedBuffer

from repbeat.people.spool import SealedSpool
from repbeat.store import StoreFull

_BUFFER = 1 << 18  # bytes


class Request(flask.Request):
    """One whose files are sealed while they are taken out of its body; StoreFull."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._spools: list[SealedSpool] = []

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        self._spools.append(SealedSpool())
        return _buffered(self._spools[-1])

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except OSError as error:
            for spool in self._spools:
                spool.close()
            raise StoreFull(
                f"no room for the file in {tempfile.gettempdir()} ({error.strerror}): free some, or name "
                "another folder by TMPDIR, and hand it in again"
            ) from error


class Body(OverflowableBuffer):  # type: ignore[misc]
    """Where the server keeps a request's body until it is whole."""

    buf: Any

    def _set_large_buffer(self) -> None:
        before = self.buf
        self.buf = _Sealed(before)
        if before is not None:
            before.close()
        self.overflowed = True


class _Sealed(TempfileBasedBuffer):  # type: ignore[misc]
    def newfile(self) -> IO[bytes]:
        return _buffered(SealedSpool())


def _buffered(spool: SealedSpool) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedRandom(spool, _BUFFER))
