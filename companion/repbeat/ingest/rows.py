"""One record to the row it stands for: pure, every field named once."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from repbeat.store import samples
from repbeat.store.calibrations import Step
from repbeat.store.measured import Breathing
from repbeat.store.plans import Delivery
from repbeat.store.records import Record
from repbeat.store.sessions import Set, Strain
from repbeat_protocol import records as wire


def _layout(kind: int, version: int) -> tuple[struct.Struct, tuple[str, ...], bool]:
    """A layout's struct, names, and whether more bytes may follow."""
    layout = wire.LAYOUTS[kind, version]
    names = tuple(name for name, code in layout if code != "*")
    return struct.Struct(wire.layout_format(kind, version)), names, len(names) < len(layout)


_SESSION = slice(wire.HEADER_SIZE, wire.HEADER_SIZE + 4)  # the first field of a REP
_LAYOUTS = {key: _layout(*key) for key in wire.LAYOUTS}
# Bytes of a whole record, looked at for each one that comes in.
_SIZES = {
    bytes(key): (form.size + wire.OVERHEAD, open_ended) for key, (form, _, open_ended) in _LAYOUTS.items()
}


def known_type(kind: bytes) -> bool:
    """Whether this RepBeat knows a type and version: a record's first two bytes."""
    return kind in _SIZES


def check(record: Record) -> None:
    """KeyError for an unknown type or version, BadPayload for a payload that its layout does not fit."""
    raw = record.raw
    least, open_ended = _SIZES[raw[:2]]
    if len(raw) != least and (len(raw) < least or not open_ended):
        wire.unpack(record.type, record.version, record.payload)  # says what is wrong


def fields(record: Record) -> dict[str, int]:
    """The payload's fixed fields; KeyError for an unknown type or version, BadPayload on a misfit."""
    check(record)
    form, names, _ = _LAYOUTS[record.type, record.version]
    return dict(zip(names, form.unpack_from(record.raw, wire.HEADER_SIZE), strict=True))


def session_of(record: Record) -> int:
    """The session that a REP or ANGLE belongs to: its first field."""
    check(record)
    return int.from_bytes(record.raw[_SESSION], "little")


def same_session(reps: Sequence[Record]) -> bool:
    """Whether these REP records of one version are all whole and of one session."""
    least, _ = _SIZES.get(reps[0].raw[:2], (0, False))
    sizes = {len(record.raw) for record in reps}
    return sizes == {least} and len({record.raw[_SESSION] for record in reps}) == 1


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


def strain_row(record: Record) -> Strain:
    """A STRAIN record's row; of later versions what the first had."""
    f = {name: value for name, value in fields(record).items() if name in Strain.__struct_fields__}
    return Strain(device_id=record.device_id, log_id=record.log_id, seq=record.seq, **f)


def breathing_row(record: Record) -> Breathing:
    """A BREATHING record's row."""
    f = fields(record)
    return Breathing(
        device_id=record.device_id,
        log_id=record.log_id,
        seq=record.seq,
        in_session=None if f["session_seq"] == wire.NO_SESSION else f["session_seq"],
        boot=record.boot,
        end_uptime_ms=record.uptime_ms,
        paced_s=f["paced_s"],
        breaths_x10=f["breaths_x10"],
    )


def calibration_row(record: Record) -> Step:
    """A CALIBRATION record's row."""
    f = fields(record)
    return Step(
        device_id=record.device_id,
        log_id=record.log_id,
        seq=record.seq,
        boot=record.boot,
        uptime_ms=record.uptime_ms,
        stage=f["stage"],
        outcome=f["outcome"],
        plate=f["plate"],
        top_mm=f["top_mm"],
        step_um=f["step_um"],
        first_g=f["first_dag"] * 10,
        step_g=f["step_dag"] * 10,
        range_mm=f["range_mm"],
    )


def check_samples(record: Record) -> None:
    """Say by BadPayload what is wrong with a HEART or RR record whose samples could not be read."""
    check(record)
    samples.span(record.type, record.uptime_ms, record.payload)


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
