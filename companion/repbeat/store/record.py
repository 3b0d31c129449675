"""One record as it came off a device, checked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from repbeat.store import packing, samples
from repbeat_protocol import records as wire

_NO_RECORD = (wire.ZEROED, wire.ERASED)


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record; `raw` holds header, payload and CRC as they came.

    `span`: the uptimes that the samples of a HEART or RR record cover; None for one that cannot be read.
    """

    device_id: str
    log_id: int
    seq: int
    raw: bytes
    span: tuple[int, int] | None = None

    @property
    def type(self) -> int:
        return self.raw[0]

    @property
    def version(self) -> int:
        return self.raw[1]

    @property
    def boot(self) -> int:
        return int.from_bytes(self.raw[3:5], "little")

    @property
    def uptime_ms(self) -> int:
        return int.from_bytes(self.raw[5 : wire.HEADER_SIZE], "little")

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
        or raw[0] in _NO_RECORD
        or not packing.intact(seq, raw)
    ):
        wire.decode(raw, seq)  # says what is wrong
        raise wire.TornRecord(f"record {seq} is followed by other bytes: fetch it again")
    return kept(device_id, log_id, seq, raw)


def decoded_all(device_id: str, log_id: int, batch: Iterable[tuple[int, bytes]]) -> list[Record]:
    """What `decoded` gives for each (seq, bytes); looked at one by one only to name what is wrong."""
    pairs = [(seq, bytes(raw)) for seq, raw in batch]
    if not packing.all_intact(pairs) or any(raw[0] in _NO_RECORD for _, raw in pairs):
        return [decoded(device_id, log_id, seq, raw) for seq, raw in pairs]
    return [
        kept(device_id, log_id, seq, raw)
        if raw[0] in packing.HEART_KINDS
        else Record(device_id, log_id, seq, raw)
        for seq, raw in pairs
    ]


def kept(device_id: str, log_id: int, seq: int, raw: bytes) -> Record:
    """A record from bytes that were checked when they came."""
    span = None
    if raw[0] in packing.HEART_KINDS and raw[1] == 1:
        with suppress(wire.BadPayload):
            uptime_ms = int.from_bytes(raw[5 : wire.HEADER_SIZE], "little")
            span = samples.span(raw[0], uptime_ms, raw[wire.HEADER_SIZE : -wire.CRC_SIZE])
    return Record(device_id, log_id, seq, raw, span)
