"""One record as it came off a device, checked."""

from __future__ import annotations

import struct
from contextlib import suppress

import msgspec

from repbeat.store import packing, samples
from repbeat_protocol import records as wire

_header = struct.Struct(wire.HEADER).unpack_from


class Record(msgspec.Struct, frozen=True):
    """One record; `raw` holds header, payload and CRC as they came.

    `span`: the uptimes that the samples of a HEART or RR record cover; None for one that cannot be read.
    """

    device_id: str
    log_id: int
    seq: int
    type: int
    version: int
    boot: int
    uptime_ms: int
    raw: bytes
    span: tuple[int, int] | None = None

    @property
    def payload(self) -> bytes:
        """What lies between header and CRC."""
        return self.raw[wire.HEADER_SIZE : -wire.CRC_SIZE]


def decoded(device_id: str, log_id: int, seq: int, raw: bytes) -> Record:
    """A record from its bytes; repbeat_protocol.records.RecordError if they are not record `seq` whole."""
    size = len(raw)
    if (
        size < wire.OVERHEAD
        or raw[2] != size - wire.OVERHEAD
        or raw[0] in (wire.ZEROED, wire.ERASED)
        or not packing.intact(seq, raw)
    ):
        wire.decode(raw, seq)  # says what is wrong
        raise wire.TornRecord(f"record {seq} is followed by other bytes: fetch it again")
    kind, version, _, boot, low, high = _header(raw)
    uptime_ms = high << 32 | low
    span = None
    if kind in packing.HEART_KINDS and version == 1:
        with suppress(wire.BadPayload):
            span = samples.span(kind, uptime_ms, raw[wire.HEADER_SIZE : -wire.CRC_SIZE])
    return Record(device_id, log_id, seq, kind, version, boot, uptime_ms, raw, span)
