"""Current Time service (0x1805), both ways: a trusted companion sets the clock, anyone reads it.

The service's time is local. A written one is taken with the offset that a companion told; while none has,
as UTC with the greatest uncertainty: nothing is lost, and a companion's own time replaces it.
"""

import struct

from device.link.service import NOTIFY, READ, WRITE, LatestValue
from device.system import clock as clocks
from repbeat_protocol import gatt

# year, month, day, hours, minutes, seconds, day of week (1 Monday), 1/256 s, reason of the change
FORM = "<HBBBBBBBB"
SIZE = 10
EXACT_MS = 2000  # half-width given to a phone's time: whole seconds and the radio's delay
_MANUAL = 0x01

_DAY_S = 86400
_EPOCH_DAYS = 719468  # days from 0000-03-01 to 1970-01-01


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a Gregorian date (H. Hinnant, days_from_civil)."""
    if month <= 2:
        year -= 1
        month += 12
    era = year // 400
    in_era = year - era * 400
    in_year = (153 * (month - 3) + 2) // 5 + day - 1
    return era * 146097 + in_era * 365 + in_era // 4 - in_era // 100 + in_year - _EPOCH_DAYS


def date_of(days: int) -> tuple[int, int, int]:
    """(year, month, day) of days since 1970-01-01 (H. Hinnant, civil_from_days)."""
    days += _EPOCH_DAYS
    era = days // 146097
    day_of_era = days - era * 146097
    in_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    in_year = day_of_era - (365 * in_era + in_era // 4 - in_era // 100)
    index = (5 * in_year + 2) // 153
    month = index + 3 if index < 10 else index - 9
    return in_era + era * 400 + (1 if month <= 2 else 0), month, in_year - (153 * index + 2) // 5 + 1


def pack(buf: bytearray, local_s: int) -> None:
    """Current Time of local seconds since 1970; all zeros (unknown) for 0."""
    if not local_s:
        for i in range(SIZE):
            buf[i] = 0
        return
    days = local_s // _DAY_S
    rest = local_s % _DAY_S
    year, month, day = date_of(days)
    weekday = (days + 3) % 7 + 1
    struct.pack_into(
        FORM, buf, 0, year, month, day, rest // 3600, rest // 60 % 60, rest % 60, weekday, 0, _MANUAL
    )


def parse(data: memoryview) -> int:
    """Local milliseconds since 1970; ClockRefused when the bytes are no date."""
    if len(data) < SIZE - 1:
        raise clocks.ClockRefused("a Current Time of %d bytes: send ten" % len(data))
    year, month, day, hours, minutes, seconds = struct.unpack_from("<HBBBBB", data, 0)
    if not (1 <= month <= 12 and 1 <= day <= 31 and hours < 24 and minutes < 60 and seconds < 61):
        raise clocks.ClockRefused("%d-%d-%d is no date" % (year, month, day))
    whole_s = days_of(year, month, day) * _DAY_S + hours * 3600 + minutes * 60 + seconds
    return whole_s * 1000 + data[8] * 1000 // 256


class CurrentTime(LatestValue):
    """The service; `set_time(unix_ms, uncertainty_ms, utc_offset_min, source)` raises ClockRefused."""

    UUID = gatt.CURRENT_TIME_SERVICE
    CHARACTERISTICS = ((gatt.CURRENT_TIME, READ | WRITE | NOTIFY, SIZE),)
    FRESH = True

    def __init__(self, clock, set_time) -> None:
        super().__init__()
        self._clock = clock
        self._set_time = set_time
        self._buf = bytearray(SIZE)

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        self._server = server
        self.attribute = attributes[0]
        self.refresh(self.attribute)

    def refresh(self, attribute: int) -> None:
        self.value()
        self._server.write(attribute, self._buf)

    def value(self) -> memoryview:
        unix_s = self._clock.unix_s()
        pack(self._buf, unix_s + self._clock.utc_offset_min * 60 if unix_s else 0)
        return memoryview(self._buf)

    def written(self, connection, attribute: int, data: memoryview) -> None:
        """A refused time leaves the clock as it was; `set_time` has told the log. A stranger sets nothing."""
        if not connection.trusted:
            self.refresh(attribute)
            return
        clock = self._clock
        told = clock.source == clocks.FROM_COMPANION
        offset_min = clock.utc_offset_min if told else 0
        try:
            unix_ms = parse(data) - offset_min * 60000
            uncertainty_ms = EXACT_MS if told else clocks.UNCERTAIN_MS
            self._set_time(unix_ms, uncertainty_ms, offset_min, clocks.FROM_CURRENT_TIME)
        except clocks.ClockRefused:
            self.refresh(attribute)
