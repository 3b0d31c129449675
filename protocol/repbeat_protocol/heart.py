"""HEART and RR payloads: one value a second in about two bits, RR intervals in about one byte.

HEART codes are a bit stream, most significant bit first, one code a sample:

    0               same as the sample before
    10 s            1 bpm up (s=0) or down (s=1)
    110 m s         2 or 3 bpm (m=0 or 1), sign s
    1110 mmm s      4 to 11 bpm, sign s
    1111 ttt bbbbbbbb   state t and heart rate b anew (the first sample always)

RR intervals are in 1/1024 s as in the Heart Rate service: the first as two bytes, each further one
as the zigzag difference to the one before, a byte if below 128, else two bytes, high bit set first.
"""

import struct

from repbeat_protocol import records

NO_CONTACT = 0
NO_VALUE = 1  # worn, but no heart rate that could be shown
POOR = 2  # a value, not to be used automatically
FAIR = 3
GOOD = 4

HEART_HEAD = 6  # first_ago_ms, samples, source
HEART_MAX_SAMPLES = 255
RR_HEAD = 3
RR_MAX = 8191  # 8 s: longer pauses are no intervals


class HeartWriter:
    """Fills one HEART payload, a sample a second, in a buffer of its own: no allocation per sample."""

    def __init__(self, size: int = records.MAX_PAYLOAD) -> None:
        self._buf = bytearray(size)
        self._limit_bits = (size - 2) * 8  # a sample needs at most 15 bits
        self.samples = 0
        self._bits = HEART_HEAD * 8
        self._bpm = 0
        self._state = -1

    def full(self) -> bool:
        """True when a further sample might not fit: take the payload first."""
        return self.samples == HEART_MAX_SAMPLES or self._bits >= self._limit_bits

    def add(self, bpm: int, state: int) -> None:
        """One second's value: bpm 0-255 (0 where the state has none), state 0-4."""
        if state < POOR:
            bpm = 0
        step = bpm - self._bpm
        size = step if step >= 0 else -step
        sign = 1 if step < 0 else 0
        if state != self._state or size > 11:
            self._put(0b1111, 4)
            self._put(state, 3)
            self._put(bpm, 8)
        elif size == 0:
            self._put(0, 1)
        elif size == 1:
            self._put(0b100 | sign, 3)
        elif size <= 3:
            self._put(0b11000 | (size - 2) << 1 | sign, 5)
        else:
            self._put(0b11100000 | (size - 4) << 1 | sign, 8)
        self._bpm = bpm
        self._state = state
        self.samples += 1

    def take(self, first_ago_ms: int, source: int) -> memoryview:
        """The finished payload (valid until the next `add`); the writer starts anew."""
        struct.pack_into("<IBB", self._buf, 0, first_ago_ms, self.samples, source)
        end = (self._bits + 7) >> 3
        self.samples = 0
        self._bits = HEART_HEAD * 8
        self._state = -1
        self._bpm = 0
        return memoryview(self._buf)[:end]

    def _put(self, value: int, bits: int) -> None:
        buf = self._buf
        at = self._bits
        while bits:
            bits -= 1
            if at & 7 == 0:
                buf[at >> 3] = 0
            if value >> bits & 1:
                buf[at >> 3] |= 0x80 >> (at & 7)
            at += 1
        self._bits = at


def read_heart(payload: bytes) -> tuple[int, int, list[tuple[int, int]]]:
    """(first_ago_ms, source, [(bpm, state), …]) of a HEART v1 payload; bpm 0 where there is none."""
    if len(payload) < HEART_HEAD:
        raise records.BadPayload("HEART of %d bytes is cut short" % len(payload))
    first_ago_ms, samples, source = struct.unpack_from("<IBB", payload, 0)
    bits = len(payload) * 8
    at = HEART_HEAD * 8
    bpm = 0
    state = -1
    out: list[tuple[int, int]] = []
    for _ in range(samples):
        ones = 0
        while ones < 4:
            if at >= bits:
                raise records.BadPayload("HEART ends inside sample %d of %d" % (len(out), samples))
            bit = payload[at >> 3] >> (7 - (at & 7)) & 1
            at += 1
            if not bit:
                break
            ones += 1
        extra = (0, 1, 2, 4, 11)[ones]
        if at + extra > bits:
            raise records.BadPayload("HEART ends inside sample %d of %d" % (len(out), samples))
        value = 0
        for _ in range(extra):
            value = value << 1 | (payload[at >> 3] >> (7 - (at & 7)) & 1)
            at += 1
        if ones == 4:
            state = value >> 8
            bpm = value & 0xFF
        elif ones:
            size = (1, 2, 4)[ones - 1] + (value >> 1)
            bpm += -size if value & 1 else size
        if state < 0 or not 0 <= bpm <= 255:
            raise records.BadPayload("HEART sample %d has no possible value" % len(out))
        out.append((bpm, state))
    return first_ago_ms, source, out


class RrWriter:
    """Fills one RR payload, an interval a call, in a buffer of its own."""

    def __init__(self, size: int = records.MAX_PAYLOAD) -> None:
        self._buf = bytearray(size)
        self._end = RR_HEAD
        self._last = 0
        self.count = 0

    def full(self) -> bool:
        """True when a further interval might not fit."""
        return self._end + 2 > len(self._buf)

    def add(self, rr_1024: int) -> None:
        """One interval, 1-8191 in units of 1/1024 s (up to 8 s); others are clamped."""
        rr_1024 = min(max(rr_1024, 1), RR_MAX)
        if self.count == 0:
            struct.pack_into("<H", self._buf, self._end, rr_1024)
            self._end += 2
        else:
            step = rr_1024 - self._last
            code = (step << 1) if step >= 0 else (-step << 1) - 1
            if code > 127:
                self._buf[self._end] = 0x80 | code >> 8
                self._end += 1
            self._buf[self._end] = code & 0xFF
            self._end += 1
        self._last = rr_1024
        self.count += 1

    def take(self, last_ago_ms: int, source: int) -> memoryview:
        """The finished payload (valid until the next `add`); the writer starts anew."""
        struct.pack_into("<HB", self._buf, 0, min(last_ago_ms, 0xFFFF), source)
        end = self._end
        self._end = RR_HEAD
        self.count = 0
        return memoryview(self._buf)[:end]


def read_rr(payload: bytes) -> tuple[int, int, list[int]]:
    """(last_ago_ms, source, [rr in 1/1024 s, …]) of an RR v1 payload."""
    if len(payload) < RR_HEAD:
        raise records.BadPayload("RR of %d bytes is cut short" % len(payload))
    last_ago_ms, source = struct.unpack_from("<HB", payload, 0)
    end = len(payload)
    at = RR_HEAD
    if at == end:
        return last_ago_ms, source, []
    if at + 2 > end:
        raise records.BadPayload("RR ends inside its first interval")
    (rr,) = struct.unpack_from("<H", payload, at)
    out = [rr]
    at += 2
    while at < end:
        code = payload[at]
        at += 1
        if code & 0x80:
            if at == end:
                raise records.BadPayload("RR ends inside interval %d" % len(out))
            code = (code & 0x7F) << 8 | payload[at]
            at += 1
        rr += -(code + 1 >> 1) if code & 1 else code >> 1
        out.append(rr)
    for rr in out:
        if not 1 <= rr <= RR_MAX:
            raise records.BadPayload("RR holds an interval of %d/1024 s" % rr)
    return last_ago_ms, source, out
