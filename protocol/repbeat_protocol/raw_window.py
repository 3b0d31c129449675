"""RAW_WINDOW payloads, version 2: a few seconds of acceleration in about one byte a value.

Rows of `channels` values each, one row every `interval_ms`. A value is written as the zigzag difference to
the same channel's value in the row before (the first row: to 0), a byte if below 128, else two bytes, high
bit set first. Each part begins anew, so that one that is lost takes no other with it.
"""

import struct

from repbeat_protocol import records

HEAD = 13  # rep_seq, part, parts, first_ago_ms, interval_ms, channels, rows
LIMIT = 8191  # a difference of two such values is a code of 15 bits
ROW_BYTES_PER_CHANNEL = 2  # at most


def rows_in_part(channels: int) -> int:
    """How many rows fit one part whatever their values."""
    return min(255, (records.MAX_PAYLOAD - HEAD) // (ROW_BYTES_PER_CHANNEL * channels))


class RawWriter:
    """Fills one part of a window, a row a call, in a buffer of its own; at most rows_in_part rows."""

    def __init__(self, channels: int) -> None:
        self._buf = bytearray(records.MAX_PAYLOAD)
        self._last = [0] * channels
        self._channels = channels
        self._end = HEAD
        self.rows = 0

    def add(self, values: list[int] | tuple[int, ...], at: int) -> None:
        """One row: `values[at]` and following (of an array too), in mg; beyond ±LIMIT they are clamped."""
        for channel in range(self._channels):
            value = min(max(values[at + channel], -LIMIT), LIMIT)
            step = value - self._last[channel]
            self._last[channel] = value
            code = (step << 1) if step >= 0 else (-step << 1) - 1
            if code > 127:
                self._buf[self._end] = 0x80 | code >> 8
                self._end += 1
            self._buf[self._end] = code & 0xFF
            self._end += 1
        self.rows += 1

    def take(self, rep_seq: int, part: int, parts: int, first_ago_ms: int, interval_ms: int) -> memoryview:
        """The finished payload (valid until the next `add`); the writer starts anew."""
        struct.pack_into(
            "<IBBIBBB",
            self._buf,
            0,
            rep_seq,
            part,
            parts,
            first_ago_ms,
            interval_ms,
            self._channels,
            self.rows,
        )
        end = self._end
        self._end = HEAD
        self.rows = 0
        for channel in range(self._channels):
            self._last[channel] = 0
        return memoryview(self._buf)[:end]


def read(payload: bytes) -> tuple[dict[str, int], list[tuple[int, ...]]]:
    """(fields, [(value of each channel, mg), …]) of one RAW_WINDOW v2 payload; BadPayload."""
    fields = records.unpack(records.RAW_WINDOW, 2, payload)
    channels = fields["channels"]
    if not channels or not fields["interval_ms"] or fields["part"] >= fields["parts"]:
        raise records.BadPayload("RAW_WINDOW without channels, interval or place")
    last = [0] * channels
    rows: list[tuple[int, ...]] = []
    at = HEAD
    for _ in range(fields["rows"]):
        for channel in range(channels):
            size = 2 if at < len(payload) and payload[at] & 0x80 else 1
            if at + size > len(payload):
                raise records.BadPayload("RAW_WINDOW ends inside row %d of %d" % (len(rows), fields["rows"]))
            code = payload[at]
            if size == 2:
                code = (code & 0x7F) << 8 | payload[at + 1]
            at += size
            last[channel] += -(code + 1 >> 1) if code & 1 else code >> 1
            if not -LIMIT <= last[channel] <= LIMIT:
                raise records.BadPayload("RAW_WINDOW holds a value of %d" % last[channel])
        rows.append(tuple(last))
    if at != len(payload):
        raise records.BadPayload("RAW_WINDOW has %d bytes after its last row" % (len(payload) - at))
    return fields, rows


def curve(parts: list[tuple[int, bytes]], rep_seq: int) -> list[tuple[int, tuple[int, ...]]]:
    """[(uptime_ms, values in mg), …] in order of time, of the windows around one REP record.

    `parts`: (the record's uptime_ms, its payload) of RAW_WINDOW v2 records of one boot, in any order; those
    of other repetitions are passed over, and where a part is missing its rows are. BadPayload.
    """
    points = []
    for uptime_ms, payload in parts:
        fields, rows = read(payload)
        if fields["rep_seq"] == rep_seq:
            first_ms = uptime_ms - fields["first_ago_ms"]
            for i in range(len(rows)):
                points.append((first_ms + i * fields["interval_ms"], rows[i]))
    points.sort()
    return points
