"""What lies in a sealed spool reads back from anywhere, and nothing of it is on the disk in the clear."""

import io
import os
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.people.spool import PIECE, SealedSpool, read_along


@given(pieces=st.lists(st.binary(max_size=70), max_size=8), at=st.integers(0, 600), size=st.integers(0, 100))
def test_any_part_reads_back(pieces: list[bytes], at: int, size: int) -> None:
    whole = b"".join(pieces)
    with SealedSpool() as spool:
        for piece in pieces:
            assert spool.write(piece) == len(piece)
        assert spool.tell() == len(whole)
        spool.seek(at)
        assert spool.read(size) == whole[at : at + size]
        spool.seek(0)
        assert spool.read() == whole


def test_the_disk_holds_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = []

    def kept(**options: object) -> object:
        handle, path = tempfile.mkstemp(dir=tmp_path)
        named.append(Path(path))
        return os.fdopen(handle, "w+b", **options)

    monkeypatch.setattr(tempfile, "TemporaryFile", kept)
    with io.BufferedRandom(SealedSpool(), 1 << 12) as spool:
        with zipfile.ZipFile(spool, "w") as archive, archive.open("names.txt", "w") as file:
            for _ in range(5000):
                file.write(b"Ann was here. ")
        spool.seek(0)
        whole = spool.read()
    (disk,) = named
    on_disk = disk.read_bytes()
    assert len(on_disk) == len(whole)
    assert b"Ann was here." in whole
    assert b"names.txt" in whole
    assert b"Ann was here." not in on_disk
    assert b"names.txt" not in on_disk
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.read("names.txt") == b"Ann was here. " * 5000


def test_what_is_still_written_is_read_along() -> None:
    read = threading.Event()

    def write(to: IO[bytes]) -> None:
        with zipfile.ZipFile(to, "w") as archive:
            archive.writestr("first.bin", bytes(PIECE))
            assert read.wait(30), "nothing was handed on before all was written"
            archive.writestr("second.txt", "Ann was here.")

    pieces = read_along(write)
    whole = next(pieces)
    read.set()
    whole += b"".join(pieces)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.read("second.txt") == b"Ann was here."


@pytest.mark.parametrize("written", [0, PIECE, 3 * PIECE + 5])
def test_what_went_wrong_is_raised_where_it_ends(written: int) -> None:
    def write(to: IO[bytes]) -> None:
        to.write(bytes(written))
        raise OSError("no room")

    def read() -> None:
        for piece in read_along(write):
            got.append(piece)

    got: list[bytes] = []
    with pytest.raises(OSError, match="no room"):
        read()
    assert sum(map(len, got)) == written


def test_nothing_is_written_for_who_has_left() -> None:
    ended: list[BaseException] = []

    def write(to: IO[bytes]) -> None:
        try:
            while True:
                to.write(bytes(PIECE))
        except BrokenPipeError as error:
            ended.append(error)
            raise

    pieces = read_along(write)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert len(ended) == 1
