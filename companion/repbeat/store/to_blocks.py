"""The rows of the first release moved into packed blocks: the steps of migration 0002, as they were then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from repbeat.store import packing, samples
from repbeat.store.database import Database
from repbeat.store.errors import StoreCorrupt
from repbeat_protocol import records as wire

PAGE = 2000  # records read at a time
BLOCK = 256  # records a block


def move_records(db: Database) -> None:
    """Pack the records of every log; none is lost, and each is checked against its CRC first."""
    logs = db.rows("SELECT DISTINCT device_id, log_id FROM records ORDER BY device_id, log_id")
    for log in logs:
        run: list[dict[str, Any]] = []
        for record in _records(db, log):
            ends = run and (
                record["seq"] != run[-1]["seq"] + 1 or record["boot"] != run[0]["boot"] or len(run) == BLOCK
            )
            if ends:
                db.insert("blocks", [_block(log, run)])
                run = []
            run.append(record)
        if run:
            db.insert("blocks", [_block(log, run)])


def _records(db: Database, log: dict[str, Any]) -> Iterator[dict[str, Any]]:
    seq = 0
    while page := db.rows(
        """SELECT seq, type, version, boot, uptime_ms, raw FROM records WHERE device_id = :device_id
             AND log_id = :log_id AND seq >= :seq ORDER BY seq LIMIT :page""",
        **log,
        seq=seq,
        page=PAGE,
    ):
        yield from page
        seq = page[-1]["seq"] + 1


def _block(log: dict[str, Any], run: list[dict[str, Any]]) -> dict[str, Any]:
    spans = []
    for record in run:
        raw = record["raw"]
        if packing.whole(record["seq"], raw[: -wire.CRC_SIZE]) != raw:
            raise StoreCorrupt(
                f"record {record['seq']} of device {log['device_id']} is damaged in the database: "
                "restore the last backup; the devices send again what they still hold"
            )
        if record["type"] in packing.HEART_KINDS and record["version"] == 1:
            try:
                payload = raw[wire.HEADER_SIZE : -wire.CRC_SIZE]
                spans.append(samples.span(record["type"], record["uptime_ms"], payload))
            except wire.BadPayload:  # flagged when it came, and covers no time
                continue
    stream, heart = packing.packed([record["raw"] for record in run])
    return {
        **log,
        "first_seq": run[0]["seq"],
        "next_seq": run[-1]["seq"] + 1,
        "boot": run[0]["boot"],
        "heart_from_ms": min((start for start, _ in spans), default=None),
        "heart_until_ms": max((until for _, until in spans), default=None),
        "log": stream,
        "heart": heart,
    }


def find_ranges(db: Database) -> None:
    """Each session's first and last record, of all the rows that name it."""
    named = " UNION ALL ".join(
        f"""SELECT {seq} AS seq FROM {table} WHERE {table}.device_id = sessions.device_id
              AND {table}.log_id = sessions.log_id AND {table}.session_seq = sessions.session_seq"""  # noqa: S608
        for table, seq in (("sets", "seq"), ("reps", "seq"), ("strain", "seq"))
    )
    for column, pick in (("first_seq", "MIN"), ("last_seq", "MAX")):
        own = "COALESCE(start_seq, end_seq)" if pick == "MIN" else "COALESCE(end_seq, start_seq)"
        db.run(
            f"""UPDATE sessions SET {column} = (SELECT {pick}(seq) FROM (
                  {named} UNION ALL SELECT {own} AS seq) AS parts)"""  # noqa: S608
        )
