"""What lies in a sealed spool reads back from anywhere, and nothing of it is on the disk in the clear."""

import io
import os
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.people.spool import SealedSpool


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
