"""Whether a HEART payload's samples can all be read, a byte at a time instead of a bit.

The codes are those of repbeat_protocol.heart. A code may begin in one byte and end in another: what is open
between two bytes is the state, and what a byte does in a state is worked out once.
"""

from __future__ import annotations

from repbeat_protocol import heart

_ANEW = "1111"  # three bits of state and eight of heart rate follow
_STATE_BITS = 3
# Relative codes: what a heart rate changes by.
_STEPS = {"0": 0}
for _prefix, _bits, _first in (("10", 0, 1), ("110", 1, 2), ("1110", 3, 4)):
    for _more in range(1 << _bits):
        _size = format(_more, f"0{_bits}b") if _bits else ""
        _STEPS[_prefix + _size + "0"] = _first + _more
        _STEPS[_prefix + _size + "1"] = -_first - _more


class _State:
    """The bits that are open before a byte, and what each byte then does."""

    def __init__(self, open_bits: str) -> None:
        self.open_bits = open_bits
        self.effects: list[_Effect | None] = [None] * 256


# (the state after it, samples ended, least and greatest bpm before the byte that keep every sample in
# 0-255, bpm set anew or None, change since)
_Effect = tuple["_State", int, int, int, int | None, int]
_STATES = {"": _State("")}


def sound(payload: bytes) -> bool:
    """True when every sample of a HEART v1 payload has a value of 0-255; False: ask the protocol why."""
    if len(payload) <= heart.HEART_HEAD or payload[heart.HEART_HEAD] < 0xF0:
        return False  # the first sample sets the heart rate anew
    state = _STATES[""]
    ended = bpm = 0
    for byte in payload[heart.HEART_HEAD :]:
        state, samples, least, greatest, anew, change = state.effects[byte] or _effect(state, byte)
        if not least <= bpm <= greatest:
            return False
        ended += samples
        bpm = change + (bpm if anew is None else anew)
    return ended >= payload[4]


def _effect(state: _State, byte: int) -> _Effect:
    open_bits = state.open_bits
    ended = change = low = high = 0
    anew: int | None = None
    impossible = False
    for bit in format(byte, "08b"):
        open_bits += bit
        if open_bits in _STEPS:
            change += _STEPS[open_bits]
            if anew is None:
                low, high = min(low, change), max(high, change)
            else:
                impossible = impossible or not 0 <= anew + change <= 255
        elif open_bits.startswith(_ANEW):
            value = open_bits[len(_ANEW) + _STATE_BITS :]
            if len(value) < 8:
                continue
            anew, change = int(value, 2), 0
        else:
            continue
        ended += 1
        open_bits = ""
    if open_bits.startswith(_ANEW):
        # The bits of a sample's state do not matter here: with them there were 2,000 states more.
        value_at = len(_ANEW) + _STATE_BITS
        open_bits = _ANEW + "0" * len(open_bits[len(_ANEW) : value_at]) + open_bits[value_at:]
    after = _STATES.setdefault(open_bits, _State(open_bits))
    # An impossible sample leaves no bpm before it that would do.
    least, greatest = (1, 0) if impossible else (-low, 255 - high)
    effect = state.effects[byte] = (after, ended, least, greatest, anew, change)
    return effect
