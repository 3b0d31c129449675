"""Settings: a small table of names and values in two copies, so that a cut leaves the old or the new one.

Each copy has a sector of its own: magic "RS", format u8, 0 u8, generation u32, length u16, 0 u16, crc u32,
then the table as JSON. The CRC covers all but itself; the whole copy with the higher generation counts, and
the other sector is written next. Keys and tokens are kept as hex text; their values are never logged.
"""

import json
import struct
from binascii import crc32

from device.store.flash import SECTOR, Flash, StoreError

MAGIC = b"RS"
FORMAT = 1
HEADER = "<2sBBIHHI"
HEADER_SIZE = 16
COPIES = 2  # the first sectors of the partition

# Default and inclusive bounds of what this firmware knows: of a number its value, of a text its bytes.
KNOWN = {
    "name": ("", 0, 20),
    "athlete": (0, 0, 0xFFFFFFFF),
    "resting_bpm": (0, 0, 110),
    "max_bpm": (0, 0, 230),
    "heart_always": (0, 0, 1),
    "strap": ("", 0, 32),
    "threshold_bpm": (0, 0, 230),  # tested lactate threshold, 0 none
    "curve": (0, 0, 2),  # of the Banister impulse, records.CURVE_…
    "strain_cap_x10": (0, 0, 210),  # of a day, where no plan says one
    "utc_offset_min": (0, -840, 840),
    "quiet_from_min": (0, 0, 1439),  # minutes of the local day; the same as the end: no quiet hours
    "quiet_until_min": (0, 0, 1439),
    "nudge_min": (0, 0, 720),
    "breathing_s": (0, 0, 1800),
    "zone_low": (0, 0, 5),  # zones of heart rate to stay in; no highest: none
    "zone_high": (0, 0, 5),
    "haptic": (1, 0, 1),
    "light": (1, 0, 1),
    "unwell": (0, 0, 1),
    "cadence": (0, 0, 1),
    "step_mm": (700, 300, 2000),
    "stack_top_mm": (0, 0, 1300),  # distance to the pin's flag in the first plate
    "stack_step_um": (0, -100000, 100000),  # from plate to plate; 0: the load is not known
    "stack_first_g": (0, 0, 100000),
    "stack_step_g": (0, 0, 50000),
    "cell_zero": (0, -0x800000, 0x7FFFFF),  # counts of the load cell without a load
    "cell_per_kg": (0, -1000000, 1000000),  # counts a kilogram; 0: not known
    "stack_plate": (0, 0, 40),  # the other plate of the calibration, from 1
    "stack_range_mm": (0, 0, 3000),  # way of its slow repetition
    "nudge_after_min": (0, 0, 480),
    "nudge_from_min": (540, 0, 1439),
    "nudge_until_min": (1200, 1, 1440),
}


class BadSetting(ValueError):
    """The name or value is refused and nothing was changed; the message says what is allowed."""


class SettingsFull(StoreError):
    """The table would not fit its sector. Remove what is not used, such as a revoked companion's key."""


def check(name: str, value: int | str) -> None:
    """BadSetting unless `value` is an int or str and, for a name in KNOWN, of its kind and within bounds."""
    if not isinstance(value, (int, str)):
        raise BadSetting("%s must be a number or a text" % name)
    if name in KNOWN:
        default, low, high = KNOWN[name]
        text = isinstance(default, str)
        if isinstance(value, str) != text:
            raise BadSetting("%s must be %s" % (name, "a text" if text else "a number"))
        size = len(value.encode()) if text else value
        if not low <= size <= high:
            raise BadSetting("%s must be %d to %d%s" % (name, low, high, " bytes long" if text else ""))


class Settings:
    """The table in force, in the partition's first two sectors; a change is on flash when a call returns."""

    def __init__(self, partition) -> None:
        self._flash = Flash(partition, COPIES)
        self._values = {}
        self._generation = 0
        self._newest = 0  # the sector of the copy in force
        for sector in range(COPIES):
            self._load(sector)

    def _load(self, sector: int) -> None:
        buf = bytearray(HEADER_SIZE)
        self._flash.read(sector, 0, memoryview(buf))
        magic, form, _, generation, length, _, crc = struct.unpack(HEADER, buf)
        whole = magic == MAGIC and form == FORMAT and length <= SECTOR - HEADER_SIZE
        if not whole or generation <= self._generation:
            return
        text = bytearray(length)
        self._flash.read(sector, HEADER_SIZE, memoryview(text))
        if crc32(text, crc32(memoryview(buf)[: HEADER_SIZE - 4])) & 0xFFFFFFFF == crc:
            self._flash.refresh(sector, 0, memoryview(buf + text))
            self._values = json.loads(bytes(text))
            self._generation = generation
            self._newest = sector

    def get(self, name: str, default: int | str | None = None) -> int | str | None:
        """The value kept; else `default`; else the firmware's own for a name it knows."""
        if name in self._values:
            return self._values[name]
        if default is None and name in KNOWN:
            return KNOWN[name][0]
        return default

    def names(self) -> list[str]:
        """The names that have been set."""
        return list(self._values)

    def set(self, name: str, value: int | str | None) -> None:
        """Keep one value; None forgets it. BadSetting, SettingsFull, FlashFault: then the old one stays."""
        self.update({name: value})

    def update(self, changes: dict[str, int | str | None]) -> None:
        """Keep several values together or, on an error, none of them."""
        values = dict(self._values)
        for name, value in changes.items():
            if value is None:
                values.pop(name, None)
            else:
                check(name, value)
                values[name] = value
        if values != self._values:
            self._write(values)
            self._values = values

    def erase(self, left: dict[str, int | str]) -> None:
        """Nothing but `left` is set any more, and the copy before is gone too."""
        self._write(left)
        self._values = left
        self._flash.erase((self._newest + 1) % COPIES)

    def _write(self, values: dict[str, int | str]) -> None:
        text = json.dumps(values).encode()
        if len(text) > SECTOR - HEADER_SIZE:
            raise SettingsFull(
                "the settings have %d bytes, a copy holds %d" % (len(text), SECTOR - HEADER_SIZE)
            )
        copy = bytearray(HEADER_SIZE + len(text))
        struct.pack_into(HEADER, copy, 0, MAGIC, FORMAT, 0, self._generation + 1, len(text), 0, 0)
        copy[HEADER_SIZE:] = text
        crc = crc32(text, crc32(memoryview(copy)[: HEADER_SIZE - 4])) & 0xFFFFFFFF
        struct.pack_into("<I", copy, HEADER_SIZE - 4, crc)
        sector = (self._newest + 1) % COPIES
        self._flash.erase(sector)
        self._flash.program(sector, 0, memoryview(copy))
        self._newest = sector
        self._generation += 1
