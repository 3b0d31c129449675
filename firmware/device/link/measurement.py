"""Heart Rate Measurement (0x2A37), packed and read: rate, contact, energy, RR intervals."""

import struct

RR_MAX = 9  # as many as MTU 23 carries beside flags and an 8-bit rate: 20 = 2 + 9 * 2

_WIDE = 0x01
_CONTACT_DETECTED = 0x02
_CONTACT_KNOWN = 0x04
_ENERGY = 0x08
_RR = 0x10

NO_CONTACT = 0
CONTACT = 1
CONTACT_UNKNOWN = 2


def pack_measurement(buf: bytearray, bpm: int, contact: int, rr_1024: list[int], energy_kj: int = -1) -> int:
    """Heart Rate Measurement in `buf` (20 bytes); its size. RR in 1/1024 s, what fits; energy -1: none."""
    flags = 0
    if contact != CONTACT_UNKNOWN:
        flags = _CONTACT_KNOWN | (_CONTACT_DETECTED if contact == CONTACT else 0)
    at = 1
    if bpm > 255:
        flags |= _WIDE
        struct.pack_into("<H", buf, at, bpm)
        at += 2
    else:
        buf[at] = bpm
        at += 1
    if energy_kj >= 0:
        flags |= _ENERGY
        struct.pack_into("<H", buf, at, min(energy_kj, 0xFFFF))
        at += 2
    for rr in rr_1024:
        if at + 2 > len(buf):
            break
        flags |= _RR
        struct.pack_into("<H", buf, at, min(rr, 0xFFFF))
        at += 2
    buf[0] = flags
    return at


class Measurement:
    """A measurement read from a strap: bpm, contact, `rr[:rr_count]` in 1/1024 s."""

    def __init__(self) -> None:
        self.bpm = 0
        self.contact = CONTACT_UNKNOWN
        self.rr = [0] * RR_MAX
        self.rr_count = 0

    def parse(self, data: memoryview) -> bool:
        """Take a notification's bytes; False when they are no Heart Rate Measurement."""
        if len(data) < 2:
            return False
        flags = data[0]
        at = 3 if flags & _WIDE else 2
        if len(data) < at + (2 if flags & _ENERGY else 0):
            return False
        self.bpm = data[1] | data[2] << 8 if flags & _WIDE else data[1]
        if flags & _CONTACT_KNOWN:
            self.contact = CONTACT if flags & _CONTACT_DETECTED else NO_CONTACT
        else:
            self.contact = CONTACT_UNKNOWN
        if flags & _ENERGY:
            at += 2
        self.rr_count = 0
        if flags & _RR:
            while at + 2 <= len(data) and self.rr_count < RR_MAX:
                self.rr[self.rr_count] = data[at] | data[at + 1] << 8
                self.rr_count += 1
                at += 2
        return True
