"""HEART and RR payloads read quickly: the same results as repbeat_protocol.heart, which any interpreter runs.

An hour has 3,600 samples and about 6,000 intervals, and each is looked at before it is acknowledged.
"""

from __future__ import annotations

import re
from array import array
from itertools import accumulate

from repbeat.store import heart_check
from repbeat_protocol import heart
from repbeat_protocol import records as wire

HEART_PERIOD_MS = 1000  # HEART is one sample a second

# One code a sample, as repbeat_protocol.heart describes them; the last one sets state and heart rate anew.
_CODES = re.compile("0|10.|110..|1110....|1111.{11}")
_ANEW = 15  # bits of that one
_STEPS = {"0": 0}
for _prefix, _bits, _first in (("10", 0, 1), ("110", 1, 2), ("1110", 3, 4)):
    for _step in range(1 << _bits):
        _size = format(_step, f"0{_bits}b") if _bits else ""
        _STEPS[_prefix + _size + "0"] = _first + _step
        _STEPS[_prefix + _size + "1"] = -_first - _step

# By the code of one byte, as signed bytes.
_RR_STEPS = bytes((-(code + 1 >> 1) if code & 1 else code >> 1) & 0xFF for code in range(256))


def read_heart(payload: bytes) -> tuple[int, int, list[tuple[int, int]]]:
    """(first_ago_ms, source, [(bpm, state), …]) of a HEART v1 payload; BadPayload if cut or impossible."""
    if len(payload) < heart.HEART_HEAD:
        return heart.read_heart(payload)  # says what is wrong
    first_ago_ms = int.from_bytes(payload[:4], "little")
    samples, source = payload[4], payload[5]
    # A leading 1 keeps the zeros before the first code.
    bits = bin(int.from_bytes(b"\x01" + payload[heart.HEART_HEAD :], "big"))[3:]
    codes = _CODES.findall(bits)[:samples]
    bpm, state = 0, -1
    out: list[tuple[int, int]] = []
    for code in codes:
        if len(code) == _ANEW:
            state, bpm = int(code[4:7], 2), int(code[7:], 2)
        else:
            bpm += _STEPS[code]
        out.append((bpm, state))
    if len(out) < samples or (out and (out[0][1] < 0 or not 0 <= min(out)[0] <= max(out)[0] <= 255)):
        return heart.read_heart(payload)
    return first_ago_ms, source, out


def read_rr(payload: bytes) -> tuple[int, int, list[int]]:
    """(last_ago_ms, source, [rr in 1/1024 s, …]) of an RR v1 payload; BadPayload if cut or impossible."""
    first = heart.RR_HEAD + 2
    codes = payload[first:]
    if len(payload) < first or not codes.isascii():  # a longer step, or something wrong
        return heart.read_rr(payload)
    start = int.from_bytes(payload[first - 2 : first], "little")
    out = list(accumulate(array("b", codes.translate(_RR_STEPS)), initial=start))
    if not 1 <= min(out) <= max(out) <= heart.RR_MAX:
        return heart.read_rr(payload)
    return int.from_bytes(payload[:2], "little"), payload[2], out


def span(kind: int, uptime_ms: int, payload: bytes) -> tuple[int, int]:
    """(first, until) in uptime ms that a HEART or RR record written at `uptime_ms` covers; BadPayload."""
    if kind == wire.HEART:
        if not heart_check.sound(payload):
            heart.read_heart(payload)  # says what is wrong
        start_ms = uptime_ms - int.from_bytes(payload[:4], "little")
        return start_ms, start_ms + payload[4] * HEART_PERIOD_MS
    last_ago_ms, _, intervals = read_rr(payload)
    until_ms = uptime_ms - last_ago_ms
    return until_ms - sum(intervals) * 1000 // 1024, until_ms
