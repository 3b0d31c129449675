"""The wearer's day and hour, as far as they are known, and the hours in which no cue comes.

The companion tells the offset to UTC with the time; it is kept in the setting `utc_offset_min`, for a
device whose time was last told by a phone that tells none.
"""

DAY_MIN = 1440


class LocalTime:
    """`clock`: system.Clock; `settings`: names `utc_offset_min`, `quiet_from_min`, `quiet_until_min`."""

    def __init__(self, clock, settings) -> None:
        self._clock = clock
        self._settings = settings

    def _minutes(self) -> int:
        """Local minutes since 1970; 0 while the time is not known."""
        unix_s = self._clock.unix_s()
        return unix_s // 60 + self._settings.get("utc_offset_min", 0) if unix_s else 0

    def day(self) -> int:
        """Local days since 1970; 0 while the time is not known."""
        return self._minutes() // DAY_MIN

    def quiet(self) -> bool:
        """Whether it is quiet hours; they may pass midnight. Never while the time is not known."""
        start = self._settings.get("quiet_from_min", 0)
        end = self._settings.get("quiet_until_min", 0)
        minutes = self._minutes()
        if start == end or not minutes:
            return False
        return (minutes - start) % DAY_MIN < (end - start) % DAY_MIN
