"""Cardio machines that speak the Fitness Machine Service (0x1826): their data characteristics as values.

Fields and bits: Bluetooth SIG, Fitness Machine Service 1.0, sections 4.4 (treadmill), 4.9 (indoor bike) and
4.8 (rower). A flag of 16 bits says which fields follow, in the order of the bits. Bit 0 is the other way
round: where it is set, more data follows in another notification, and the first fields are left to that one.
"""

from __future__ import annotations

SERVICE = "00001826-0000-1000-8000-00805f9b34fb"
TREADMILL, ROWER, BIKE = 0x2ACD, 0x2AD1, 0x2AD2
KINDS = {TREADMILL: "treadmill", ROWER: "rower", BIKE: "bike"}
_MORE_DATA = 0x01

# (name, bytes, signed, unit of the lowest bit); of each bit, from 0 on.
_Field = tuple[str, int, bool, float]
_ENERGY: tuple[_Field, ...] = (
    ("energy_kcal", 2, False, 1),
    ("energy_kcal_h", 2, False, 1),
    ("energy_kcal_min", 1, False, 1),
)
_HEART: tuple[_Field, ...] = (("heart_bpm", 1, False, 1),)
_MET: tuple[_Field, ...] = (("metabolic_equivalent", 1, False, 0.1),)
_ELAPSED: tuple[_Field, ...] = (("elapsed_s", 2, False, 1),)
_REMAINING: tuple[_Field, ...] = (("remaining_s", 2, False, 1),)
_SPEED: tuple[_Field, ...] = (("speed_kmh", 2, False, 0.01),)
_MEAN_SPEED: tuple[_Field, ...] = (("mean_speed_kmh", 2, False, 0.01),)
_DISTANCE: tuple[_Field, ...] = (("distance_m", 3, False, 1),)
_RESISTANCE: tuple[_Field, ...] = (("resistance", 2, True, 1),)
_POWER: tuple[_Field, ...] = (("power_w", 2, True, 1),)
_MEAN_POWER: tuple[_Field, ...] = (("mean_power_w", 2, True, 1),)

_LAYOUTS: dict[int, tuple[tuple[_Field, ...], ...]] = {
    TREADMILL: (
        _SPEED,
        _MEAN_SPEED,
        _DISTANCE,
        (("incline_percent", 2, True, 0.1), ("ramp_deg", 2, True, 0.1)),
        (("climb_m", 2, False, 0.1), ("descent_m", 2, False, 0.1)),
        (("pace_km_min", 1, False, 0.1),),
        (("mean_pace_km_min", 1, False, 0.1),),
        _ENERGY,
        _HEART,
        _MET,
        _ELAPSED,
        _REMAINING,
        (("belt_force_n", 2, True, 1), ("power_w", 2, True, 1)),
    ),
    BIKE: (
        _SPEED,
        _MEAN_SPEED,
        (("cadence_rpm", 2, False, 0.5),),
        (("mean_cadence_rpm", 2, False, 0.5),),
        _DISTANCE,
        _RESISTANCE,
        _POWER,
        _MEAN_POWER,
        _ENERGY,
        _HEART,
        _MET,
        _ELAPSED,
        _REMAINING,
    ),
    ROWER: (
        (("cadence_rpm", 1, False, 0.5), ("strokes", 2, False, 1)),
        (("mean_cadence_rpm", 1, False, 0.5),),
        _DISTANCE,
        (("pace_s_500m", 2, False, 1),),
        (("mean_pace_s_500m", 2, False, 1),),
        _POWER,
        _MEAN_POWER,
        _RESISTANCE,
        _ENERGY,
        _HEART,
        _MET,
        _ELAPSED,
        _REMAINING,
    ),
}
# Where a machine may send "not available": all ones, or the highest number of a signed field.
_ABSENT = {"energy_kcal", "energy_kcal_h", "energy_kcal_min", "incline_percent", "ramp_deg"}

Values = dict[str, float]


def read(characteristic: int, value: bytes) -> tuple[Values, bool]:
    """(values by name with their unit, whether more of the same moment follows).

    `cadence_rpm` of a rower is strokes a minute. Fields that the machine calls not available are left out.
    ValueError for a value cut short. KeyError for another characteristic than the three of KINDS.
    """
    layout = _LAYOUTS[characteristic]
    if len(value) < 2:
        raise ValueError(f"{KINDS[characteristic]} data of {len(value)} bytes")
    flags = int.from_bytes(value[:2], "little") ^ _MORE_DATA
    out: Values = {}
    at = 2
    for bit, fields in enumerate(layout):
        if not flags >> bit & 1:
            continue
        for name, size, signed, unit in fields:
            if at + size > len(value):
                raise ValueError(f"{KINDS[characteristic]} data ends within {name}: {value.hex()}")
            raw = int.from_bytes(value[at : at + size], "little", signed=signed)
            at += size
            if name in _ABSENT and raw == (1 << 8 * size - signed) - 1:
                continue
            out[name] = round(raw * unit, 3)
    return out, not flags & _MORE_DATA


class Moments:
    """Notifications of one characteristic put together: a moment may come in several."""

    def __init__(self, characteristic: int) -> None:
        self._characteristic = characteristic
        self._held: Values = {}

    def take(self, value: bytes) -> Values | None:
        """A moment's values once it is whole; None while more follows. ValueError drops what was held."""
        try:
            values, more = read(self._characteristic, value)
        except ValueError:
            self._held = {}
            raise
        self._held |= values
        if more:
            return None
        whole, self._held = self._held, {}
        return whole
