"""The standard Heart Rate Measurement (0x2A37), as any strap or band sends it."""

from __future__ import annotations

_WIDE = 0x01  # heart rate in two bytes
_CONTACT = 0x02
_CONTACT_KNOWN = 0x04
_ENERGY = 0x08
_RR = 0x10


def read(value: bytes) -> tuple[int, bool | None, tuple[int, ...]]:
    """(bpm, contact or None, RR intervals in 1/1024 s); ValueError for a value cut short.

    Bluetooth SIG, Heart Rate Service 1.0, section 3.1.1.
    """
    if not value:
        raise ValueError("an empty Heart Rate Measurement")
    flags = value[0]
    at = 3 if flags & _WIDE else 2
    end = at + (2 if flags & _ENERGY else 0)
    if len(value) < end or (not flags & _RR and len(value) != end) or (len(value) - end) % 2:
        raise ValueError(f"a Heart Rate Measurement of {len(value)} bytes with flags 0x{flags:02x}")
    bpm = int.from_bytes(value[1:at], "little")
    contact = bool(flags & _CONTACT) if flags & _CONTACT_KNOWN else None
    rr = tuple(int.from_bytes(value[n : n + 2], "little") for n in range(end, len(value), 2))
    return bpm, contact, rr
