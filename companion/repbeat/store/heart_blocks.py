"""HEART and RR records by the time that they cover; their samples stay packed in the records."""

from __future__ import annotations

import msgspec

from repbeat.store import packing, records
from repbeat.store.database import Database
from repbeat_protocol import records as wire


class PackedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """One HEART or RR record: its first sample was at `uptime_ms` of `boot`, `raw` holds them all."""

    boot: int
    uptime_ms: int
    until_ms: int
    seq: int
    raw: bytes

    @property
    def payload(self) -> bytes:
        """What `samples.read_heart` or `read_rr` reads."""
        return self.raw[wire.HEADER_SIZE : -wire.CRC_SIZE]


def packed(
    db: Database, device_id: str, log_id: int, boot: int, type_: int, from_ms: int, until_ms: int
) -> list[PackedBlock]:
    """Those of one record type that overlap uptimes from_ms … until_ms of a boot, in order of time."""
    rows = db.rows(
        """SELECT first_seq, log, heart FROM blocks WHERE device_id = :device_id AND log_id = :log_id
             AND boot = :boot AND heart_until_ms > :from_ms AND heart_from_ms < :until_ms""",
        device_id=device_id,
        log_id=log_id,
        boot=boot,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    found = []
    for row in rows:
        heart = records.heart_stream(db, device_id, log_id, row["first_seq"], row["heart"])
        for seq, raw in packing.unpacked(row["first_seq"], row["log"], heart):
            if raw[0] != type_:
                continue
            span = records.kept(device_id, log_id, seq, raw).span
            if span is not None and span[0] < until_ms and span[1] > from_ms:
                found.append(PackedBlock(boot=boot, uptime_ms=span[0], until_ms=span[1], seq=seq, raw=raw))
    return sorted(found, key=lambda block: (block.uptime_ms, block.seq))
