"""A table's rows as one JSON array: written and read in pieces, whatever lies across their border."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.people import json_rows

VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ROWS = st.lists(st.dictionaries(st.text(), VALUES | st.lists(VALUES), max_size=4), max_size=8)


def rows_in(content: bytes) -> list:
    return list(json_rows.read(io.BytesIO(content)))


@given(pages=st.lists(ROWS, max_size=3))
def test_rows_come_back_from_pieces_of_any_size(pages: list) -> None:
    written = io.BytesIO()
    json_rows.write(written, pages)
    rows = [row for page in pages for row in page]
    with pytest.MonkeyPatch.context() as patch:
        for piece in (1, 2, 3, 7, 1 << 16):
            patch.setattr(json_rows, "_PIECE", piece)
            assert rows_in(written.getvalue()) == rows
            assert rows_in(json.dumps(rows, indent=2).encode()) == rows


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"x[{}]",
        b"[1]",
        b"[[]]",
        b'[{"a": 1}',
        b'[{"a": 1}, {"a":',
        b'[{"a": NaN}]',
        b'[{"a": 1}] more',
        b'[{"a": "\xff"}]',
        b"[nothing]",
    ],
)
def test_what_is_no_array_of_rows_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        rows_in(content)


class LeftOpen(io.BytesIO):
    def close(self) -> None:
        """How far it was read can still be asked."""


def test_a_row_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "_PIECE", 1000)
    monkeypatch.setattr(json_rows, "_LONGEST", 10_000)
    endless = LeftOpen(b'[{"a": "' + b"x" * 1_000_000)
    with pytest.raises(ValueError, match="Unterminated"):
        list(json_rows.read(endless))
    assert endless.tell() < 100_000
