"""One record to the row it stands for: pure, every field named once."""

from __future__ import annotations

from repbeat.store.heart_blocks import HeartBlock
from repbeat.store.plans import Delivery
from repbeat.store.records import Record
from repbeat.store.sessions import Rep, Set, Strain
from repbeat_protocol import heart
from repbeat_protocol import records as wire

HEART_PERIOD_MS = 1000  # HEART is one sample a second


def payload(record: Record) -> bytes:
    """What lies between header and CRC."""
    return record.raw[wire.HEADER_SIZE : -wire.CRC_SIZE]


def fields(record: Record) -> dict[str, int]:
    """The payload's fixed fields; KeyError for an unknown type or version, BadPayload on a misfit."""
    return wire.unpack(record.type, record.version, payload(record))


def known(value: int) -> int | None:
    """None for an answer that was not given."""
    return None if value == wire.UNKNOWN_U8 else value


def set_row(record: Record) -> Set:
    """A SET record's row."""
    f = fields(record)
    return Set(
        device_id=record.device_id,
        log_id=record.log_id,
        session_seq=f["session_seq"],
        seq=record.seq,
        boot=record.boot,
        end_uptime_ms=record.uptime_ms - f["end_ago_ms"],
        set_index=f["set_index"],
        plan_revision=f["plan_revision"],
        plan_item=known(f["plan_item"]),
        exercise=f["exercise"],
        reps=f["reps"],
        reps_low=f["reps_low"],
        reps_high=f["reps_high"],
        rejected=f["rejected"],
        load_g=f["load_dag"] * 10,
        duration_ms=f["duration_ms"],
        rest_before_s=f["rest_before_s"],
        velocity_loss_permille=f["velocity_loss_permille"],
        form_partial=f["form_partial"],
        form_fast=f["form_fast"],
        form_turn=f["form_turn"],
        form_uneven=f["form_uneven"],
        form_abrupt=f["form_abrupt"],
        form_asymmetric=f["form_asymmetric"],
        end_reason=f["end_reason"],
    )


def rep_row(record: Record) -> Rep:
    """A REP record's row."""
    f = fields(record)
    return Rep(
        device_id=record.device_id,
        log_id=record.log_id,
        session_seq=f["session_seq"],
        seq=record.seq,
        boot=record.boot,
        end_uptime_ms=record.uptime_ms - f["end_ago_ms"],
        set_index=f["set_index"],
        rep_index=f["rep_index"],
        exercise=f["exercise"],
        concentric_ms=f["concentric_ms"],
        pause_ms=f["pause_ms"],
        eccentric_ms=f["eccentric_ms"],
        range_mg=f["range_mg"],
        range_permille=f["range_permille"],
        mean_velocity_mm_s=f["mean_velocity_mm_s"],
        peak_velocity_mm_s=f["peak_velocity_mm_s"],
        form_bits=f["form_bits"],
        confidence=f["confidence"],
        reject_reason=f["reject_reason"],
    )


def strain_row(record: Record) -> Strain:
    """A STRAIN record's row."""
    return Strain(device_id=record.device_id, log_id=record.log_id, seq=record.seq, **fields(record))


def heart_block(record: Record) -> HeartBlock:
    """Where a HEART or RR record lies in time; its samples are read, so that a damaged one is found now."""
    if record.type == wire.HEART:
        fields(record)
        first_ago_ms, source, samples = heart.read_heart(payload(record))
        count, duration_ms = len(samples), len(samples) * HEART_PERIOD_MS
        start_ms = record.uptime_ms - first_ago_ms
    else:
        fields(record)
        last_ago_ms, source, intervals = heart.read_rr(payload(record))
        count, duration_ms = len(intervals), sum(intervals) * 1000 // 1024
        start_ms = record.uptime_ms - last_ago_ms - duration_ms
    return HeartBlock(
        device_id=record.device_id,
        log_id=record.log_id,
        boot=record.boot,
        uptime_ms=start_ms,
        seq=record.seq,
        type=record.type,
        source=source,
        samples=count,
        duration_ms=duration_ms,
    )


def delivery(record: Record) -> Delivery:
    """A PLAN_APPLIED record's row."""
    f = fields(record)
    return Delivery(
        device_id=record.device_id,
        log_id=record.log_id,
        seq=record.seq,
        revision=f["revision"],
        previous_revision=f["previous_revision"],
        outcome=f["outcome"],
        reason=f["reason"],
        digest8=f["digest8"].to_bytes(8, "little").hex(),
    )
