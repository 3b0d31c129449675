"""What is not here: the cursor and the account of absent records agree with a plain model."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from repbeat.store import Database, devices, records
from repbeat_protocol import records as wire

HEAD = 30
ranges = st.tuples(st.integers(0, HEAD - 1), st.integers(1, 8)).map(lambda r: (r[0], min(r[0] + r[1], HEAD)))


@settings(max_examples=40)
@given(held=st.sets(st.integers(0, HEAD - 1)), gaps=st.lists(ranges, max_size=5))
def test_every_number_is_held_named_or_missing(held: set, gaps: list) -> None:
    named = {seq for first, until in gaps for seq in range(first, until)}
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "a.sqlite3") as db:
        devices.begin_log(db, "d", 1, 0)
        records.insert(
            db,
            [records.decoded("d", 1, n, wire.encode(n, wire.FAULT, 1, 1, 0, b"what")) for n in sorted(held)],
        )
        for first, until in gaps:
            records.add_gap(db, "d", 1, first, until, "gone", 0)
        cursor = records.advance(db, "d", 1)
        found = {
            seq: gap.why
            for gap in records.absent(db, "d", 1, HEAD)
            for seq in range(gap.first_seq, gap.next_seq)
        }
    present = held | named
    assert cursor == next(seq for seq in range(HEAD + 1) if seq not in present)
    wanted = {seq: "gone" if seq in named else "" for seq in range(HEAD) if seq not in held}
    assert found == wanted
