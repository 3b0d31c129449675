"""What a doubtful repetition looked like is kept as it came, and can be drawn."""

from __future__ import annotations

from pathlib import Path

from ingest import made

from repbeat.ingest import ingest
from repbeat.store import Database, records
from repbeat_protocol import raw_window
from repbeat_protocol import records as wire

ROWS = [(40 * i, -i, 1000 + i) for i in range(60)]


def part(seq: int, at: int, rep_seq: int) -> tuple:
    """One of two records of 30 rows at 25 Hz, the first row 5 s before the first of them."""
    writer = raw_window.RawWriter(3)
    for row in ROWS[30 * at : 30 * at + 30]:
        writer.add(row, 0)
    uptime_ms = 90_000 + at
    payload = bytes(writer.take(rep_seq, at, 2, 5000 - 1200 * at + at, 40))
    return seq, wire.encode(seq, wire.RAW_WINDOW, 2, 1, uptime_ms, payload)


def test_the_curve_of_a_repetition_is_read_back(tmp_path: Path) -> None:
    with Database(tmp_path / "store.db") as db:
        sent = [part(0, 0, 9), part(1, 1, 9), part(2, 0, 10)]
        assert not ingest(db, made.DEVICE, made.LOG, sent, made.NOW_MS).flags
        kept = records.between(db, made.DEVICE, made.LOG, 0, 3, wire.RAW_WINDOW)
        parts = [(one.uptime_ms, one.payload) for one in kept]
        assert raw_window.curve(parts, 9) == [(85_000 + 40 * i, row) for i, row in enumerate(ROWS)]
