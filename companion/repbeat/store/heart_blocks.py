"""Heart blocks: where in time the HEART and RR records lie; the samples stay packed in the records."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from repbeat.store.database import Database


class HeartBlock(msgspec.Struct, frozen=True, kw_only=True):
    """One HEART or RR record: its first sample was at `uptime_ms` of `boot`."""

    device_id: str
    log_id: int
    boot: int
    uptime_ms: int
    seq: int
    type: int
    source: int
    samples: int
    duration_ms: int
    start_ms: int | None = None
    utc_offset_min: int | None = None
    uncertainty_ms: int | None = None


class PackedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block with the raw record that holds its samples."""

    boot: int
    uptime_ms: int
    seq: int
    source: int
    start_ms: int | None
    raw: bytes


def insert(db: Database, blocks: Iterable[HeartBlock]) -> None:
    """Keep blocks; the same one again changes nothing."""
    db.run_many(
        """INSERT INTO heart_blocks (device_id, log_id, boot, uptime_ms, seq, type, source, samples,
             duration_ms, start_ms, utc_offset_min, uncertainty_ms)
           VALUES (:device_id, :log_id, :boot, :uptime_ms, :seq, :type, :source, :samples,
             :duration_ms, :start_ms, :utc_offset_min, :uncertainty_ms) ON CONFLICT DO NOTHING""",
        (msgspec.structs.asdict(block) for block in blocks),
    )


def of_boot(
    db: Database, device_id: str, log_id: int, boot: int, after_ms: int, before_ms: int
) -> list[HeartBlock]:
    """Those of one boot that began between two uptimes, both excluded."""
    return db.all(
        HeartBlock,
        """SELECT * FROM heart_blocks WHERE device_id = :device_id AND log_id = :log_id AND boot = :boot
             AND uptime_ms > :after_ms AND uptime_ms < :before_ms""",
        device_id=device_id,
        log_id=log_id,
        boot=boot,
        after_ms=after_ms,
        before_ms=before_ms,
    )


def set_dates(db: Database, blocks: Iterable[HeartBlock]) -> None:
    """Keep what is now known of their moments."""
    db.run_many(
        """UPDATE heart_blocks SET start_ms = :start_ms, utc_offset_min = :utc_offset_min,
             uncertainty_ms = :uncertainty_ms
           WHERE device_id = :device_id AND log_id = :log_id AND boot = :boot AND uptime_ms = :uptime_ms
             AND seq = :seq""",
        (msgspec.structs.asdict(block) for block in blocks),
    )


def packed(
    db: Database, device_id: str, log_id: int, boot: int, type_: int, from_ms: int, until_ms: int
) -> list[PackedBlock]:
    """Blocks of one record type that overlap uptimes from_ms … until_ms of a boot, with their raw records."""
    return db.all(
        PackedBlock,
        """SELECT b.boot, b.uptime_ms, b.seq, b.source, b.start_ms, r.raw FROM heart_blocks AS b
           JOIN records AS r ON r.device_id = b.device_id AND r.log_id = b.log_id AND r.seq = b.seq
           WHERE b.device_id = :device_id AND b.log_id = :log_id AND b.boot = :boot AND b.type = :type
             AND b.uptime_ms < :until_ms AND b.uptime_ms + b.duration_ms > :from_ms
           ORDER BY b.uptime_ms, b.seq""",
        device_id=device_id,
        log_id=log_id,
        boot=boot,
        type=type_,
        from_ms=from_ms,
        until_ms=until_ms,
    )
