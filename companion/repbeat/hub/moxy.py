"""Moxy-type muscle oxygen sensors: their notification as values.

Nine bytes, little endian: a counter of measurements, SmO2 now and before in 0.1 %, total haemoglobin in
0.01 g/dl (16 bits each), a byte of flags. The maker's own service: as in Auuki, src/ble/moxy/moxy.js. Numbers
that say why there is no value: ANT+ Device Profile Muscle Oxygen 1.1, whose fields these are.
"""

from __future__ import annotations

import struct

import msgspec

from repbeat.store.oxygen import AMBIENT_LIGHT, NO_VALUE, OK

SERVICE = "6404d801-4cb9-11e8-b566-0800200c9a66"
DATA = "6404d804-4cb9-11e8-b566-0800200c9a66"

_LAYOUT = struct.Struct("<HHHH")
_MOST_PERMILLE, _MOST_CG_DL = 1000, 4000
_AMBIENT_LIGHT_PERMILLE = 0x3FE


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement: SmO2 in 0.1 % while `state` is OK, haemoglobin in 0.01 g/dl where there is one."""

    count: int
    state: int
    smo2_permille: int | None
    thb_cg_dl: int | None


def read(value: bytes) -> Reading:
    """A notification; ValueError if it is cut short. What is out of range is no number."""
    if len(value) < _LAYOUT.size:
        raise ValueError(f"muscle oxygen data of {len(value)} bytes")
    count, smo2_permille, _before, thb_cg_dl = _LAYOUT.unpack_from(value)
    state = OK
    if smo2_permille > _MOST_PERMILLE:
        state = AMBIENT_LIGHT if smo2_permille == _AMBIENT_LIGHT_PERMILLE else NO_VALUE
    return Reading(
        count=count,
        state=state,
        smo2_permille=smo2_permille if state == OK else None,
        thb_cg_dl=thb_cg_dl if state == OK and thb_cg_dl <= _MOST_CG_DL else None,
    )
